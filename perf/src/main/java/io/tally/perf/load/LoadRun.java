package io.tally.perf.load;

import io.tally.perf.load.LoadResult.Interval;
import io.tally.perf.load.LoadResult.Measured;
import io.tally.perf.load.LoadResult.Totals;
import io.tally.perf.load.LoadResult.Usage;
import io.tally.protocol.topic.TopicFilters;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One run: connect, warm up, measure, drain. A single thread owns all of it and drives every connection. In an open
 * loop it spins, since a selector wakes up by the millisecond only.
 */
public final class LoadRun implements AutoCloseable {
    private static final long NS_PER_SECOND = 1_000_000_000;
    private static final long NS_PER_MS = 1_000_000;
    private static final int INTERVALS_MAX = 300;
    private static final long HELD_BACK_NS_MAX = 200 * NS_PER_MS;
    private static final long SPIN_BELOW_NS = 2 * NS_PER_MS;

    private final Workload workload;
    private final LoadState state;
    private final Handshake handshake;
    private final String prefix;
    private final ProcessUsage broker;
    private final ProcessUsage load = ProcessUsage.ofThisProcess();
    private final Selector selector;
    private final Buffers buffers;
    private final long originNs = System.nanoTime();
    private final List<Publisher> publishers = new ArrayList<>();
    private final List<Subscriber> subscribers = new ArrayList<>();
    private final List<Sequences> receivers = new ArrayList<>();
    private final @Nullable TakeOvers takeOvers;
    private final List<Interval> intervals = new ArrayList<>();
    private final Consumer<SelectionKey> onReady = this::onReady;
    private long nowNs;
    private boolean hasMore = true;
    private long heldBackReceived;
    private long heldBackSinceNs;
    private long residentKb;
    private @Nullable String failure;
    private @Nullable Backlog backlog;

    /**
     * Prepares a run; nothing is connected yet.
     *
     * @param brokerPids processes of the broker, none = its CPU time and memory are not measured
     */
    public LoadRun(Target target, Workload workload, List<Long> brokerPids) throws IOException {
        this.workload = workload;
        int run = ThreadLocalRandom.current().nextInt(1 << 16);
        state = new LoadState(workload, target.version(), run);
        handshake = new Handshake(target);
        prefix = "bench-" + HexFormat.of().toHexDigits((short) run) + "-";
        broker = new ProcessUsage(brokerPids);
        takeOvers = workload.takeOvers() > 0 ? new TakeOvers(target, prefix + "one", workload.takeOvers()) : null;
        selector = Selector.open();
        buffers = new Buffers(workload.payloadBytes() + (128 << 10));
    }

    /** A backlog that is drained at the same time: what is measured begins and, at the latest, ends with it. */
    public LoadRun meanwhile(Backlog drained) {
        backlog = drained;
        return this;
    }

    /** Does all of it. */
    public LoadResult run() throws IOException {
        connectSubscribers();
        connectPublishers();
        nowNs = clockNs();
        state.schedule.start(nowNs);
        if (takeOvers != null) {
            takeOvers.start();
        }
        runUntil(nowNs + ns(workload.phases().warmup()));
        Moment begin = moment();
        state.latencies.open(nowNs, System.currentTimeMillis());
        if (backlog != null) {
            backlog.resume(selector, buffers, nowNs);
        }
        measure(begin);
        Moment end = moment();
        state.latencies.close(nowNs);
        state.schedule.stop(nowNs);
        if (takeOvers != null) {
            takeOvers.stop();
        }
        drain();
        state.latencies.endInterval(System.currentTimeMillis());
        return result(begin, end);
    }

    private void connectSubscribers() throws IOException {
        boolean isShared = TopicFilters.isShared(workload.filter());
        for (int i = 0; i < workload.subscribers(); i++) {
            if (i == 0 || !isShared) {
                receivers.add(receiver(workload.filterOf(i), !isShared));
            }
            SocketChannel channel = handshake.connect(subscriberId(i), workload.persistent());
            handshake.subscribe(channel, workload.filterOf(i), workload.subscriberQos());
            Link link = new Link(channel, selector, buffers);
            Subscriber subscriber = new Subscriber(link, receivers.get(receivers.size() - 1), state);
            link.attach(subscriber);
            subscribers.add(subscriber);
        }
    }

    private String subscriberId(int index) {
        return prefix + "s" + index;
    }

    private Sequences receiver(String filter, boolean isOrdered) {
        Sequences receiver = new Sequences(workload.publishers(), isOrdered, state.counts);
        for (int p = 0; p < workload.publishers(); p++) {
            if (TopicFilters.matches(filter, workload.topicOf(p))) {
                receiver.expect(p);
            }
        }
        return receiver;
    }

    private void connectPublishers() throws IOException {
        int receiversMax = 0;
        for (int i = 0; i < workload.publishers(); i++) {
            SocketChannel channel = handshake.connect(prefix + "p" + i, false);
            int window = Math.min(workload.window(), handshake.receiveMaximum());
            Link link = new Link(channel, selector, buffers);
            Template template = new Template(workload, state.version, i, state.run);
            Publisher publisher = new Publisher(i, link, template, state, window);
            int receiverCount = receiversOf(i);
            receiversMax = Math.max(receiversMax, receiverCount);
            publisher.receivers(receiverCount);
            link.attach(publisher);
            publishers.add(publisher);
        }
        if (workload.lag() > 0 && receiversMax > 0 && !workload.isOpenLoop()) {
            state.underWayMax((long) workload.lag() * receiversMax);
        }
    }

    private int receiversOf(int publisher) {
        int count = 0;
        for (Sequences receiver : receivers) {
            count += receiver.isExpected(publisher) ? 1 : 0;
        }
        return count;
    }

    private void measure(Moment begin) throws IOException {
        double length = Math.max(1, Math.ceil(workload.phases().measured() / INTERVALS_MAX));
        Moment last = begin;
        double end = 0;
        while (end < workload.phases().measured() && hasPublishers() && (backlog == null || !backlog.isDone())) {
            end = Math.min(end + length, workload.phases().measured());
            runUntil(begin.timeNs + ns(end));
            Moment now = moment();
            intervals.add(interval(begin, last, now));
            state.latencies.endInterval(System.currentTimeMillis());
            residentKb = Math.max(residentKb, broker.residentKb());
            last = now;
        }
    }

    private Interval interval(Moment begin, Moment last, Moment now) {
        double seconds = now.secondsSince(last);
        return new Interval(
                now.secondsSince(begin),
                (now.in - last.in) / seconds,
                (now.out - last.out) / seconds,
                (now.brokerCpuSeconds - last.brokerCpuSeconds) / seconds);
    }

    /** Until everything has arrived, or nothing has for some time. */
    private void drain() throws IOException {
        long progressNs = nowNs;
        long progress = -1;
        while (isUnderWay() && nowNs - progressNs < ns(workload.phases().drain())) {
            runUntil(nowNs + NS_PER_MS);
            if (progress != state.counts.received + state.counts.acknowledged + state.counts.sent) {
                progress = state.counts.received + state.counts.acknowledged + state.counts.sent;
                progressNs = nowNs;
            }
        }
    }

    private boolean isUnderWay() {
        for (Publisher publisher : publishers) {
            if (publisher.link().isOpen() && (publisher.isBehind() || publisher.inFlightCount() > 0)) {
                return true;
            }
        }
        boolean mayBeLate = Math.min(workload.qos(), workload.subscriberQos()) > 0;
        long awaited = state.counts.underWay() + (mayBeLate ? state.counts.missing : 0);
        return awaited > 0 && hasOpenSubscriber();
    }

    private boolean hasOpenSubscriber() {
        return subscribers.stream().anyMatch(subscriber -> subscriber.link().isOpen());
    }

    private boolean hasPublishers() {
        return publishers.isEmpty()
                || publishers.stream().anyMatch(publisher -> publisher.link().isOpen());
    }

    private void runUntil(long untilNs) throws IOException {
        nowNs = clockNs();
        while (nowNs < untilNs && (state.counts.connectionsLost == 0 || hasPublishers())) {
            sendWhatIsDue();
            select(untilNs);
            nowNs = clockNs();
        }
    }

    private void sendWhatIsDue() {
        long newlyDue = state.schedule.advance(nowNs);
        if (state.isHeldBack) {
            onHeldBack();
        }
        if (hasMore || newlyDue >= publishers.size()) {
            hasMore = false;
            for (Publisher publisher : publishers) {
                send(publisher);
            }
            return;
        }
        for (long age = newlyDue - 1; age >= 0; age--) {
            send(publishers.get(state.schedule.publisherOf(age)));
        }
    }

    /** Subscribers are behind: try again, and if nothing comes any more then what was under way is lost. */
    private void onHeldBack() {
        state.isHeldBack = false;
        hasMore = true;
        if (heldBackReceived != state.counts.received) {
            heldBackReceived = state.counts.received;
            heldBackSinceNs = nowNs;
        } else if (nowNs - heldBackSinceNs > HELD_BACK_NS_MAX) {
            state.writeOff();
            heldBackSinceNs = nowNs;
        }
    }

    private void select(long untilNs) throws IOException {
        long idleNs = Math.min(untilNs, state.schedule.nextNs()) - nowNs;
        if ((hasMore && !state.isHeldBack) || idleNs < SPIN_BELOW_NS) {
            selector.selectNow(onReady);
        } else {
            selector.select(onReady, 1);
        }
    }

    private void onReady(SelectionKey key) {
        Client client = (Client) key.attachment();
        Link link = client.link();
        try {
            if (key.isWritable()) {
                link.flushUnsent();
                hasMore |= client.send(nowNs);
            } else {
                int available = link.read();
                nowNs = clockNs();
                link.dispatch(client, available, nowNs);
                hasMore |= client.send(nowNs);
            }
            link.flush();
        } catch (IOException | BrokerError e) {
            onLost(link, e);
        }
    }

    private void send(Publisher publisher) {
        try {
            hasMore |= publisher.send(nowNs);
            publisher.link().flush();
        } catch (IOException e) {
            onLost(publisher.link(), e);
        }
    }

    private void onLost(Link link, Exception e) {
        link.close();
        buffers.outLength = 0;
        state.counts.connectionsLost++;
        if (failure == null) {
            failure = e.getMessage() == null ? e.toString() : e.getMessage();
        }
    }

    private LoadResult result(Moment begin, Moment end) {
        Counts counts = state.counts;
        long unacknowledged = 0;
        long lost = 0;
        for (int p = 0; p < publishers.size(); p++) {
            Publisher publisher = publishers.get(p);
            unacknowledged += publisher.inFlightCount();
            BitSet excused = publisher.unacknowledged();
            for (Sequences receiver : receivers) {
                lost += receiver.lost(p, publisher.sentCount(), excused);
            }
        }
        return new LoadResult(
                new Measured(end.secondsSince(begin), end.in - begin.in, end.out - begin.out),
                new Totals(
                        counts.sent,
                        counts.acknowledged,
                        unacknowledged,
                        counts.refused,
                        counts.received,
                        lost,
                        counts.doubled,
                        counts.reordered,
                        counts.foreign,
                        counts.connectionsLost,
                        takeOvers == null ? 0 : takeOvers.accepted(),
                        takeOvers == null ? 0 : takeOvers.missed()),
                new Usage(
                        end.brokerCpuSeconds - begin.brokerCpuSeconds,
                        residentKb,
                        end.loadCpuSeconds - begin.loadCpuSeconds),
                state.latencies.received,
                state.latencies.acknowledged,
                state.latencies.intervals,
                intervals,
                failure);
    }

    /** Where the run stands at one moment. */
    private record Moment(long timeNs, long in, long out, double brokerCpuSeconds, double loadCpuSeconds) {
        double secondsSince(Moment earlier) {
            return (timeNs - earlier.timeNs) / (double) NS_PER_SECOND;
        }
    }

    private Moment moment() throws IOException {
        nowNs = clockNs();
        return new Moment(
                nowNs,
                workload.qos() == 0 ? state.counts.sent : state.counts.acknowledged,
                state.counts.received,
                broker.isEmpty() ? Double.NaN : broker.cpuSeconds(),
                load.cpuSeconds());
    }

    private long clockNs() {
        return System.nanoTime() - originNs;
    }

    private static long ns(double seconds) {
        return (long) (seconds * NS_PER_SECOND);
    }

    /** Closes all connections and ends the sessions of persistent subscribers. */
    @Override
    public void close() throws IOException {
        publishers.forEach(publisher -> publisher.link().close());
        subscribers.forEach(subscriber -> subscriber.link().close());
        if (backlog != null) {
            backlog.close();
        }
        selector.close();
        if (takeOvers != null) {
            takeOvers.stop();
        }
        try {
            for (int i = 0; i < subscribers.size() && workload.persistent(); i++) {
                handshake.endSession(subscriberId(i));
            }
        } catch (IOException | BrokerError e) {
            // The broker has gone: the run says so, or never began.
        }
    }
}
