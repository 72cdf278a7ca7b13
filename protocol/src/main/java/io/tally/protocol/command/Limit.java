package io.tally.protocol.command;

/** What {@link Limits} consists of; switches are 0 or 1. On disk: an index never changes its meaning. */
public enum Limit {
    /** Messages queued for one session, 0 = no limit; {@link FullQueue} says what happens then. */
    QUEUED_MESSAGES(0),

    /** Bytes of commands queued for one session, 0 = no limit; as above. */
    QUEUED_BYTES(1),

    /** Longest life of a session without a connection; longer wishes are cut. */
    SESSION_EXPIRY_SECONDS(2),

    /** Sessions in all, 0 = no limit; further CONNECTs are refused with Quota exceeded. */
    SESSIONS(3),

    /** Subscriptions of one session, 0 = no limit; further ones are refused with Quota exceeded. */
    SUBSCRIPTIONS(4),

    /** Switch: retained messages are kept. */
    RETAIN_AVAILABLE(5),

    /** Switch: QoS 0 messages are queued for persistent sessions that are not connected. */
    QUEUE_QOS0(6),

    /** Switch: overlapping subscriptions of a session get a copy each, not one for all of them. */
    DUPLICATES(7),

    /** Switch: a delivery has the QoS of its subscription, even if the message was published with a lower one. */
    UPGRADE_QOS(8),

    /** Retained messages in all, 0 = no limit; one more is not retained, with QoS > 0 of 5.0 refused as a whole. */
    RETAINED_MESSAGES(9),

    /** Bytes of retained messages in all, 0 = no limit; as above. */
    RETAINED_BYTES(10),

    /** The code of a {@link FullQueue}. */
    FULL_QUEUE(11),

    /** Which member of a shared group gets a message: index of a {@link SharedStrategy}. */
    SHARED_STRATEGY(12),

    /** Shared subscriptions of one session, 0 = no limit; they count as {@link #SUBSCRIPTIONS} as well. */
    SHARED_SUBSCRIPTIONS(13);

    final int index;

    Limit(int index) {
        this.index = index;
    }
}
