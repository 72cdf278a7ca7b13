package io.tally.protocol.command;

/**
 * What the engine allows. Part of the journal (in {@link RestartedCommand}), because a replay must decide as the
 * live run did.
 *
 * @param queuedMessagesMax messages queued for one session, 0 = no limit; further ones are not queued for it
 * @param queuedBytesMax bytes of commands queued for one session, 0 = no limit; as above
 * @param sessionExpirySecondsMax longest life of a session without a connection; longer wishes are cut
 * @param sessionsMax sessions in all, 0 = no limit; further CONNECTs are refused with Quota exceeded
 * @param retainAvailable whether retained messages are kept
 */
public record Limits(
        long queuedMessagesMax,
        long queuedBytesMax,
        long sessionExpirySecondsMax,
        long sessionsMax,
        boolean retainAvailable) {
    /** Nothing limited. */
    public static final Limits NONE = new Limits(0, 0, ConnectCommand.EXPIRY_NEVER, 0, true);
}
