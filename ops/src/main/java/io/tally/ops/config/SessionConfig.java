package io.tally.ops.config;

import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.Limits;

/**
 * What one session may hold. 0 = no limit where a limit is a number.
 *
 * @param queuedMessagesMax messages queued for one session; further ones are not queued for it
 * @param queuedBytesMax bytes queued for one session; as above
 * @param expirySecondsMax longest life of a session without a connection, {@link ConnectCommand#EXPIRY_NEVER} = any
 * @param sessionsMax sessions in all, connected or not; further CONNECTs are refused
 * @param subscriptionsMax subscriptions of one session, 1 to {@link #SUBSCRIPTIONS_MAX}; further ones are refused
 * @param retainAvailable whether retained messages are kept
 * @param qos0Queued whether QoS 0 messages are queued for an absent persistent session
 */
public record SessionConfig(
        long queuedMessagesMax,
        long queuedBytesMax,
        long expirySecondsMax,
        long sessionsMax,
        int subscriptionsMax,
        boolean retainAvailable,
        boolean qos0Queued) {
    /** A delivery with an identifier of each of so many subscriptions fits into any effect ring. */
    public static final int SUBSCRIPTIONS_MAX = 16_000;

    /** No queue limited but by the disk: it never loses a message by default. */
    public static final SessionConfig DEFAULT =
            new SessionConfig(0, 0, ConnectCommand.EXPIRY_NEVER, 0, 10_000, true, false);

    public SessionConfig {
        Range.check(queuedMessagesMax, 0, Long.MAX_VALUE, "max_queued_messages");
        Range.check(queuedBytesMax, 0, Long.MAX_VALUE, "max_queued_bytes");
        Range.check(expirySecondsMax, 1, ConnectCommand.EXPIRY_NEVER, "persistent_client_expiration");
        Range.check(sessionsMax, 0, Long.MAX_VALUE, "global_max_clients");
        Range.check(subscriptionsMax, 1, SUBSCRIPTIONS_MAX, "max_subscriptions_per_session");
    }

    /** What the engine is told. */
    public Limits limits() {
        return new Limits(
                queuedMessagesMax,
                queuedBytesMax,
                expirySecondsMax,
                sessionsMax,
                subscriptionsMax,
                retainAvailable,
                qos0Queued);
    }
}
