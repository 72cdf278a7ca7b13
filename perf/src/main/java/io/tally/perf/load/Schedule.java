package io.tally.perf.load;

/**
 * Which messages are to be sent, and since when. Open loop: message {@code n} of all publishers is due at {@code start
 * + n / rate} and belongs to publisher {@code n % publishers}; a late one keeps the time at which it was due, so that
 * the wait for a slow broker is part of its latency. Closed loop: everything is due at once. Owned by the thread that
 * drives the load.
 */
final class Schedule {
    private final int publishers;
    private final double intervalNs;
    private long startNs;
    private long dueCount;
    private long announcedCount;
    private boolean isStopped;

    /** Closed loop: messages of all publishers together that are due in all. */
    private final long total;

    /** For so many messages per second; 0 = closed loop. */
    Schedule(int publishers, double rate) {
        this(publishers, rate, Long.MAX_VALUE);
    }

    private Schedule(int publishers, double rate, long total) {
        this.publishers = publishers;
        this.total = total;
        intervalNs = rate == 0 ? 0 : 1e9 / rate;
    }

    /** Closed loop, for so many messages of all publishers together. */
    static Schedule of(int publishers, long total) {
        return new Schedule(publishers, 0, total);
    }

    void start(long nowNs) {
        startNs = nowNs;
    }

    /** Nothing becomes due any more; in an open loop what is already due will still be sent. */
    void stop(long nowNs) {
        count(nowNs);
        isStopped = true;
    }

    /** Returns how many messages have become due since the last call: of as many publishers, up to the last one's. */
    long advance(long nowNs) {
        count(nowNs);
        long newly = dueCount - announcedCount;
        announcedCount = dueCount;
        return newly;
    }

    private void count(long nowNs) {
        if (!isStopped && intervalNs != 0) {
            dueCount = (long) ((nowNs - startNs) / intervalNs) + 1;
        }
    }

    /** How many messages this publisher should have sent by now. */
    long dueOf(int publisher) {
        if (intervalNs == 0) {
            return isStopped ? 0 : total == Long.MAX_VALUE ? Integer.MAX_VALUE : shareOf(publisher, total);
        }
        return shareOf(publisher, dueCount);
    }

    private long shareOf(int publisher, long count) {
        return (count - publisher + publishers - 1) / publishers;
    }

    /** The publisher of a message that has become due: 0 = the newest, 1 = the one before … */
    int publisherOf(long age) {
        return (int) ((dueCount - 1 - age) % publishers);
    }

    /** When the message was to be sent. */
    long dueNs(int publisher, long sequence, long nowNs) {
        return intervalNs == 0 ? nowNs : startNs + (long) ((sequence * publishers + publisher) * intervalNs);
    }

    /** When the next message becomes due; far away if none does. */
    long nextNs() {
        return isStopped || intervalNs == 0 ? Long.MAX_VALUE : startNs + (long) (dueCount * intervalNs);
    }
}
