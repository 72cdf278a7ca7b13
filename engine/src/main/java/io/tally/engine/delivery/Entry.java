package io.tally.engine.delivery;

/** The 32 bits that a queue keeps beside position and size of a message. On disk: bits never change their meaning. */
public final class Entry {
    /** QoS of this delivery. */
    public static final int QOS_MASK = 3;

    /** RETAIN is set on delivery. */
    public static final int RETAIN = 4;

    /**
     * The message is held by reference count ({@link io.tally.engine.message.KeptMessages}), not by its journal
     * file.
     */
    public static final int KEPT = 8;

    /** QoS 2: PUBREC has come, PUBCOMP has not. */
    public static final int RELEASED = 16;

    /** Nothing is left to do. */
    public static final int DONE = 32;

    private static final int IDS_SHIFT = 16;

    private Entry() {}

    /** Index (0 = none) of the subscription identifiers in {@link SubscriptionIds}. */
    static int ids(int meta) {
        return meta >>> IDS_SHIFT;
    }

    /** The bits of a new entry, without subscription identifiers. */
    public static int of(int qos, boolean retain, boolean kept) {
        return qos | (retain ? RETAIN : 0) | (kept ? KEPT : 0);
    }

    static int withIds(int meta, int ids) {
        return meta | ids << IDS_SHIFT;
    }
}
