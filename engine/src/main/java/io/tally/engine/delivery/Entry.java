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

    private static final int PUBLISHED_QOS_SHIFT = 6;
    private static final int PUBLISHED_RETAIN = 256;

    /** A retained message, for a new subscription. */
    public static final int RETAINED = 512;

    private static final int IDS_SHIFT = 16;

    private Entry() {}

    /** Whether there is still a message to deliver, and it is one that is kept. */
    static boolean holdsKept(int meta) {
        return (meta & (KEPT | RELEASED | DONE)) == KEPT;
    }

    /** Index (0 = none) of the subscription identifiers in {@link SubscriptionIds}. */
    static int ids(int meta) {
        return meta >>> IDS_SHIFT;
    }

    /** The bits of a new entry, without subscription identifiers. */
    public static int of(int qos, boolean retain, boolean kept) {
        return qos | (retain ? RETAIN : 0) | (kept ? KEPT : 0);
    }

    /** For a message that may pass from one queue to another: QoS and RETAIN that it was published with. */
    public static int withPublished(int meta, int qos, boolean retain) {
        return meta | qos << PUBLISHED_QOS_SHIFT | (retain ? PUBLISHED_RETAIN : 0);
    }

    public static int publishedQos(int meta) {
        return meta >>> PUBLISHED_QOS_SHIFT & QOS_MASK;
    }

    public static boolean publishedRetain(int meta) {
        return (meta & PUBLISHED_RETAIN) != 0;
    }

    static int withIds(int meta, int ids) {
        return meta | ids << IDS_SHIFT;
    }
}
