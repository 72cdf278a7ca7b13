package io.tally.engine.session;

/**
 * How far the retained messages for one subscription have been delivered.
 *
 * @param since position of the SUBSCRIBE: what was retained behind it has been queued as any other message
 * @param after the topic behind which to go on
 */
public record RetainedWanted(long since, String after) {
    public RetainedWanted goOnBehind(String topic) {
        return new RetainedWanted(since, topic);
    }
}
