package io.tally.protocol.command;

/** The kinds of command, as written in the first byte of each. On disk: numbers never change their meaning. */
public final class CommandType {
    /** A CONNECT that the gateway has accepted. Layout: {@link ConnectCommand}. */
    public static final int CONNECT = 1;

    /** A connection is gone, by DISCONNECT or otherwise. Layout: {@link DisconnectedCommand}. */
    public static final int DISCONNECTED = 2;

    /** A PUBLISH of any QoS. Layout: {@link PublishCommand}. */
    public static final int PUBLISH = 3;

    /** PUBACK, PUBREC, PUBREL and PUBCOMP of one connection, in order of arrival. Layout: {@link AcksCommand}. */
    public static final int ACKS = 4;

    /** A SUBSCRIBE. Layout: {@link SubscribeCommand}. */
    public static final int SUBSCRIBE = 5;

    /** An UNSUBSCRIBE. Layout: {@link SubscribeCommand}. */
    public static final int UNSUBSCRIBE = 6;

    /** Time has passed a deadline that the engine waits for. Header only. */
    public static final int TICK = 7;

    /** A broker process has started: all connections of before are gone. Layout: {@link RestartedCommand}. */
    public static final int RESTARTED = 8;

    /** Messages in an old journal file are to be kept apart from it. Layout: {@link CleanCommand}. */
    public static final int CLEAN = 9;

    private CommandType() {}
}
