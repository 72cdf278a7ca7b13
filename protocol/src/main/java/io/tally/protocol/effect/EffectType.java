package io.tally.protocol.effect;

/** The kinds of effect, as written in the first byte of each. Never on disk. */
public final class EffectType {
    /** Layout: {@link ConnackEffect}. */
    public static final int CONNACK = 1;

    /** PUBACK, PUBREC, PUBREL or PUBCOMP. Layout: {@link AckEffect}. */
    public static final int ACK = 2;

    /** The message that the following DELIVERs without a position are made from. Layout: {@link BodyEffect}. */
    public static final int BODY = 3;

    /** One PUBLISH to one connection. Layout: {@link DeliverEffect}. */
    public static final int DELIVER = 4;

    /** Layout: {@link SubackEffect}. */
    public static final int SUBACK = 5;

    /** Layout: {@link SubackEffect}. */
    public static final int UNSUBACK = 6;

    /** Close a connection. Layout: {@link CloseEffect}. */
    public static final int CLOSE = 7;

    /**
     * A journal file is about to be deleted; nothing behind this effect refers to it. Layout: {@link
     * ReleaseEffect}.
     */
    public static final int RELEASE = 8;

    private EffectType() {}
}
