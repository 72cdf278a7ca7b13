package io.tally.perf.load;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * How long messages took that were due within the measured time, in nanoseconds from when they were due: until a
 * subscriber had them, and until the publisher had their last acknowledgement. Owned by the thread that drives the
 * load.
 */
final class Latencies {
    /** Longer ones are counted as this. */
    static final long LATENCY_NS_MAX = 600_000_000_000L;

    private static final int DIGITS = 3;

    final Histogram acknowledged = newHistogram();

    /** Until they were sent, of those that waited for nothing but the driver. */
    final Histogram late = newHistogram();

    final List<Histogram> intervals = new ArrayList<>();
    private Histogram interval = newHistogram();
    private long fromNs = Long.MAX_VALUE;
    private long untilNs = Long.MAX_VALUE;

    static Histogram newHistogram() {
        return new Histogram(LATENCY_NS_MAX, DIGITS);
    }

    /** Messages due from now on are measured. */
    void open(long nowNs, long epochMs) {
        fromNs = nowNs;
        interval.setStartTimeStamp(epochMs);
    }

    /** Messages due from now on are not measured any more. */
    void close(long nowNs) {
        untilNs = nowNs;
    }

    /** Ends an interval and begins the next. */
    void endInterval(long epochMs) {
        interval.setEndTimeStamp(epochMs);
        intervals.add(interval);
        interval = newHistogram();
        interval.setStartTimeStamp(epochMs);
    }

    /** Of all intervals that have ended; not for the measured time, in which it would hold up what is due. */
    Histogram received() {
        Histogram all = newHistogram();
        intervals.forEach(all::add);
        return all;
    }

    void onSent(long dueNs, long nowNs) {
        if (dueNs >= fromNs && dueNs < untilNs) {
            late.recordValue(Math.min(Math.max(nowNs - dueNs, 0), LATENCY_NS_MAX));
        }
    }

    void onReceived(long dueNs, long nowNs) {
        if (dueNs >= fromNs && dueNs < untilNs) {
            interval.recordValue(Math.min(Math.max(nowNs - dueNs, 0), LATENCY_NS_MAX));
        }
    }

    void onAcknowledged(long dueNs, long nowNs) {
        if (dueNs >= fromNs && dueNs < untilNs) {
            acknowledged.recordValue(Math.min(Math.max(nowNs - dueNs, 0), LATENCY_NS_MAX));
        }
    }
}
