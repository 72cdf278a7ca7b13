package io.tally.engine;

/** The reason codes of MQTT 5 that the engine gives by itself. */
final class ReasonCodes {
    static final int SUCCESS = 0;
    static final int NO_MATCHING_SUBSCRIBERS = 0x10;
    static final int NO_SUBSCRIPTION_EXISTED = 0x11;
    static final int FIRST_FAILURE = 0x80;
    static final int IMPLEMENTATION_SPECIFIC_ERROR = 0x83;
    static final int SERVER_BUSY = 0x89;
    static final int SESSION_TAKEN_OVER = 0x8E;
    static final int PACKET_IDENTIFIER_NOT_FOUND = 0x92;
    static final int QUOTA_EXCEEDED = 0x97;

    private ReasonCodes() {}
}
