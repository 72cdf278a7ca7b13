package io.tally.protocol.command;

/**
 * What the engine allows. Part of the journal (in {@link RestartedCommand}), because a replay must decide as the live
 * run did.
 *
 * @param queuedMessagesMax messages queued for one session, 0 = no limit; further ones are not queued for it
 * @param queuedBytesMax bytes of commands queued for one session, 0 = no limit; as above
 * @param sessionExpirySecondsMax longest life of a session without a connection; longer wishes are cut
 * @param sessionsMax sessions in all, 0 = no limit; further CONNECTs are refused with Quota exceeded
 * @param subscriptionsMax subscriptions of one session, 0 = no limit; further ones are refused with Quota exceeded
 * @param retainAvailable whether retained messages are kept
 * @param queueQos0 whether QoS 0 messages are queued for persistent sessions that are not connected
 */
public record Limits(
        long queuedMessagesMax,
        long queuedBytesMax,
        long sessionExpirySecondsMax,
        long sessionsMax,
        long subscriptionsMax,
        boolean retainAvailable,
        boolean queueQos0) {
    /** Nothing limited. */
    public static final Limits NONE = new Limits(0, 0, ConnectCommand.EXPIRY_NEVER, 0, 0, true, false);

    private static final long RETAIN_AVAILABLE = 1;
    private static final long QUEUE_QOS0 = 2;

    /** The inverse of the accessors and {@link #flags}. */
    public static Limits of(
            long messages, long bytes, long expirySeconds, long sessions, long subscriptions, long flags) {
        boolean retainAvailable = (flags & RETAIN_AVAILABLE) != 0;
        boolean queueQos0 = (flags & QUEUE_QOS0) != 0;
        return new Limits(messages, bytes, expirySeconds, sessions, subscriptions, retainAvailable, queueQos0);
    }

    /** The switches as bits, as they stand on disk. */
    public long flags() {
        return (retainAvailable ? RETAIN_AVAILABLE : 0) | (queueQos0 ? QUEUE_QOS0 : 0);
    }
}
