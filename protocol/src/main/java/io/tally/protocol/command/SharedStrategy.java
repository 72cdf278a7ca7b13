package io.tally.protocol.command;

/** Which member of a shared group gets a message. On disk: the order never changes. */
public enum SharedStrategy {
    /** Each connected member in turn; one whose receive window is full is passed over. */
    ROUND_ROBIN,

    /** One connected member until it goes away. */
    STICKY,

    /** Messages of one topic to the same member, so that they keep their order. */
    HASH_TOPIC;

    private static final SharedStrategy[] ALL = values();

    public static SharedStrategy of(Limits limits) {
        return ALL[(int) limits.of(Limit.SHARED_STRATEGY)];
    }
}
