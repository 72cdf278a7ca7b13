package io.tally.perf.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.HdrHistogram.Histogram;

/**
 * Cuts connections and lets their clients come back: single ones, spread evenly over the measured time, and all of them
 * at once. A few connections are begun in each turn, so that the load beside them keeps its times. Owned by the thread
 * that drives the load.
 */
final class Reconnects {
    private static final int BEGUN_IN_A_TURN = 32;
    private static final int TIME_DIGITS = 3;

    /** From the cut until the CONNACK, in nanoseconds. */
    final Histogram times = new Histogram(TIME_DIGITS);

    /** From the cuts of a storm until the last CONNACK, in nanoseconds. */
    final List<Long> stormTimesNs = new ArrayList<>();

    private final InetSocketAddress address;
    private final List<Returning> all = new ArrayList<>();
    private final List<Returning> resuming = new ArrayList<>();
    private final Queue<Returning> waiting = new ArrayDeque<>();
    private int awayCount;
    private long stormSinceNs = -1;
    private long beginNs;
    private double resumeEveryNs;
    private double stormEveryNs;
    private int resumesDone;
    private int resumesMax;
    private int stormsDone;
    private int stormsMax;

    Reconnects(Target target) {
        address = new InetSocketAddress(target.host(), target.port());
    }

    /**
     * Knows a client that is connected.
     *
     * @param resumes whether it is cut off for itself too, not only in storms
     */
    void add(Returning client, boolean resumes) {
        all.add(client);
        if (resumes) {
            resuming.add(client);
        }
    }

    /** From now on clients are cut off, so many times each alone, and so many times together. */
    void start(long nowNs, double lengthNs, int resumes, int storms) {
        beginNs = nowNs;
        resumesMax = resumes * resuming.size();
        resumeEveryNs = lengthNs / Math.max(1, resumesMax);
        stormsMax = storms;
        stormEveryNs = lengthNs / (storms + 1);
    }

    /** Whether all that was to be cut off has been, and everybody is back. */
    boolean isDone() {
        return resumesDone == resumesMax && stormsDone == stormsMax && awayCount == 0;
    }

    /** Cuts off who is due, and begins some of the connections that wait. */
    void work(long nowNs) throws IOException {
        if (resumesDone < resumesMax && nowNs - beginNs >= (resumesDone + 0.5) * resumeEveryNs) {
            resume(resuming.get(resumesDone % resuming.size()), nowNs);
        }
        if (stormsDone < stormsMax && stormSinceNs < 0 && nowNs - beginNs >= (stormsDone + 1) * stormEveryNs) {
            stormSinceNs = nowNs;
            stormsDone++;
            for (Returning client : all) {
                cut(client, nowNs);
            }
        }
        for (int i = 0; i < BEGUN_IN_A_TURN && !waiting.isEmpty(); i++) {
            Returning client = waiting.remove();
            client.link().reopen(address, client);
        }
    }

    /** Cuts off this client, as soon as it is back from the last time. */
    private void resume(Returning client, long nowNs) throws IOException {
        if (client.isBack() || !client.link().isOpen()) {
            cut(client, nowNs);
            resumesDone++;
        }
    }

    private void cut(Returning client, long nowNs) throws IOException {
        if (client.isBack() && client.link().isOpen()) {
            client.link().cut();
            comeBack(client, nowNs);
        }
    }

    /** A client that is away connects. */
    void comeBack(Returning client, long nowNs) {
        client.onCut(nowNs);
        awayCount++;
        waiting.add(client);
    }

    void onBack(Returning client, long nowNs) {
        awayCount--;
        times.recordValue(nowNs - client.sinceNs());
        if (stormSinceNs >= 0 && awayCount == 0) {
            stormTimesNs.add(nowNs - stormSinceNs);
            stormSinceNs = -1;
        }
    }

    /** Clients that have not come back yet. */
    int awayCount() {
        return awayCount;
    }
}
