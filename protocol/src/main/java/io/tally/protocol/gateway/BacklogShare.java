package io.tally.protocol.gateway;

import java.util.concurrent.TimeUnit;

/**
 * How much of an I/O loop's time goes into putting out what clients find waiting that were away for long, while others
 * publish: a sixteenth. That is a quarter of what such messages cost, most is in their acknowledgements. So about three
 * quarters of a processor are left to those who publish now: their latency grows with all that stands before them. When
 * nobody publishes this limits nothing. A client that has kept up is not held back, however late its messages come.
 */
final class BacklogShare {
    /** A message that has waited for so long is in no hurry. */
    private static final long BEHIND_MS = 10_000;

    /** So long after a PUBLISH somebody still publishes. */
    private static final long LIVE_NS = TimeUnit.SECONDS.toNanos(1);

    private static final long SHARE = 16;

    /** Time that was not used may be made up for, up to this: behind a standstill, others have waited, too. */
    private static final long ARREARS_NS_MAX = TimeUnit.MILLISECONDS.toNanos(2);

    /** A turn counts for no more: the machine or the disk stood still. */
    private static final long SPENT_NS_MAX = TimeUnit.MILLISECONDS.toNanos(5);

    /** A few bytes that were taken say little of what the others cost. */
    private static final long TAKEN_SHARE_MIN = 4;

    private long liveUntilNs;
    private long openNs;

    BacklogShare(long nowNs) {
        liveUntilNs = nowNs;
        openNs = nowNs;
    }

    static boolean isBehind(long waitedMs) {
        return waitedMs >= BEHIND_MS;
    }

    void onPublish(long nowNs) {
        liveUntilNs = nowNs + LIVE_NS;
    }

    /** Whether messages that are behind may go out now. */
    boolean isOpen(long nowNs) {
        return nowNs - openNs >= 0 || !isLive(nowNs);
    }

    /** Whether somebody has just published. */
    boolean isLive(long nowNs) {
        return liveUntilNs - nowNs > 0;
    }

    /**
     * How long it takes until all of these bytes are in the socket that has taken some in this time: else a slow reader
     * would make sending look cheap, and get more.
     */
    static long whole(long spentNs, long bytes, long takenBytes) {
        long taken = Math.min(Math.max(takenBytes, bytes / TAKEN_SHARE_MIN), bytes);
        return taken == 0 ? spentNs : spentNs * bytes / taken;
    }

    /** So long has been spent on them. */
    void onSpent(long nowNs, long spentNs) {
        if (!isLive(nowNs)) {
            openNs = nowNs;
            return;
        }
        long from = nowNs - openNs > ARREARS_NS_MAX ? nowNs - ARREARS_NS_MAX : openNs;
        openNs = from + Math.min(spentNs, SPENT_NS_MAX) * SHARE;
    }
}
