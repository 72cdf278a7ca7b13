package io.tally.protocol.command;

/** Which member of a shared group gets a message. On disk: a code never changes its meaning. */
public enum SharedStrategy {
    /** Each connected member in turn; one whose receive window is full is passed over. */
    ROUND_ROBIN(0),

    /** One connected member until it goes away. */
    STICKY(1),

    /** Messages of one topic to the same member, so that they keep their order. */
    HASH_TOPIC(2);

    private static final SharedStrategy[] ALL = values();

    public final int code;

    SharedStrategy(int code) {
        this.code = code;
    }

    public static SharedStrategy of(Limits limits) {
        return ALL[(int) limits.of(Limit.SHARED_STRATEGY)];
    }
}
