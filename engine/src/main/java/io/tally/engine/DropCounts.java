package io.tally.engine;

/**
 * Messages that full queues have cost since the process began.
 *
 * @param newest not queued for a session whose queue was full
 * @param oldest given up to make room for newer ones
 * @param rejected PUBLISHes refused, as they did not fit for some session
 * @param unread not queued for a connected session that ends with its connection and does not keep up
 */
public record DropCounts(long newest, long oldest, long rejected, long unread) {
    /** What has come since. */
    public DropCounts minus(DropCounts before) {
        return new DropCounts(
                newest - before.newest, oldest - before.oldest, rejected - before.rejected, unread - before.unread);
    }

    public long sum() {
        return newest + oldest + rejected + unread;
    }
}
