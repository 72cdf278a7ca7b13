package io.tally.perf.load;

import io.tally.perf.load.LoadResult.Interval;
import io.tally.perf.load.LoadResult.Measured;
import io.tally.perf.load.LoadResult.Special;
import io.tally.perf.load.LoadResult.Totals;
import io.tally.perf.load.LoadResult.Usage;
import io.tally.perf.load.Workload.Beside;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
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
    private static final long SPIN_BELOW_NS = 2 * NS_PER_MS;

    private final Workload workload;
    private final Target target;
    private final Handshake handshake;
    private final String prefix;
    private final ProcessUsage broker;
    private final ProcessUsage load = ProcessUsage.ofThisProcess();
    private final Selector selector;
    private final Buffers buffers;
    private final long originNs = System.nanoTime();
    private final LoadState state;
    private final KeepAlive keepAlive = new KeepAlive();
    private final Party party;
    private final @Nullable Party backlog;
    private final List<IdleClient> idle = new ArrayList<>();
    private final Reconnects reconnects;
    private final List<Returning> absent = new ArrayList<>();
    private final @Nullable TakeOvers takeOvers;
    private final List<Interval> intervals = new ArrayList<>();
    private final Consumer<SelectionKey> onReady = this::onReady;
    private long nowNs;
    private long residentKb;
    private double fillSeconds;
    private double drainSeconds;
    private int connectionsLost;
    private @Nullable String failure;
    private @Nullable Backlog drained;

    /**
     * Prepares a run; nothing is connected yet.
     *
     * @param brokerPids processes of the broker, none = its CPU time and memory are not measured
     */
    public LoadRun(Target target, Workload workload, List<Long> brokerPids) throws IOException {
        this.workload = workload;
        this.target = target;
        int run = ThreadLocalRandom.current().nextInt(1 << 15);
        handshake = new Handshake(target);
        prefix = "bench-" + HexFormat.of().toHexDigits((short) run) + "-";
        broker = new ProcessUsage(brokerPids);
        Beside beside = workload.beside();
        takeOvers = beside.takeOvers() > 0 ? new TakeOvers(target, prefix + "one", beside.takeOvers()) : null;
        selector = Selector.open();
        buffers = new Buffers(workload.payloadBytes() + (128 << 10));
        reconnects = new Reconnects(target);
        state = new LoadState(workload, target.version(), run, new Schedule(workload.publishers(), workload.rate()));
        party = new Party(state, handshake, selector, buffers, prefix, keepAlive);
        backlog = beside.backlog() > 0 ? backlog(run + (1 << 15)) : null;
    }

    private Party backlog(int run) {
        Workload filling = workload.ofBacklog();
        Schedule schedule = Schedule.of(filling.publishers(), workload.beside().backlog());
        LoadState filled = new LoadState(filling, target.version(), run, schedule);
        return new Party(filled, handshake, selector, buffers, prefix + "b", keepAlive);
    }

    /** A backlog that is drained at the same time: what is measured begins and, at the latest, ends with it. */
    public LoadRun meanwhile(Backlog backlogOfOthers) {
        drained = backlogOfOthers;
        return this;
    }

    /** Does all of it. */
    public LoadResult run() throws IOException {
        if (backlog != null) {
            fill(backlog);
        }
        connect();
        nowNs = clockNs();
        state.schedule.start(nowNs);
        if (takeOvers != null) {
            takeOvers.start();
        }
        warmUp();
        Moment begin = moment();
        state.latencies.open(nowNs, System.currentTimeMillis());
        Beside beside = workload.beside();
        reconnects.start(nowNs, workload.phases().measured() * NS_PER_SECOND, beside.resumes(), beside.storms());
        absent.forEach(client -> reconnects.comeBack(client, nowNs));
        if (drained != null) {
            drained.resume(selector, buffers, keepAlive, nowNs);
        }
        measure(begin);
        Moment end = moment();
        state.latencies.close(nowNs);
        state.schedule.stop(nowNs);
        if (takeOvers != null) {
            takeOvers.stop();
            failure = failure == null ? takeOvers.failure() : failure;
        }
        drain();
        state.latencies.endInterval(System.currentTimeMillis());
        return result(begin, end);
    }

    /** Publishes to subscribers that have subscribed and gone. */
    private void fill(Party filled) throws IOException {
        filled.connectSubscribers();
        for (int i = 0; i < filled.subscribers.size(); i++) {
            Subscriber subscriber = filled.subscribers.get(i);
            subscriber.link().cut();
            absent.add(returning(subscriber, filled.subscriberId(i), true));
        }
        filled.connectPublishers();
        long fromNs = clockNs();
        awaitProgress(filled::isSending);
        fillSeconds = (nowNs - fromNs) / (double) NS_PER_SECOND;
        filled.publishers.forEach(publisher -> publisher.link().close());
    }

    private void connect() throws IOException {
        party.connectSubscribers();
        for (int i = 0; i < party.subscribers.size(); i++) {
            Returning client = returning(party.subscribers.get(i), party.subscriberId(i), workload.persistent());
            reconnects.add(client, true);
        }
        party.connectPublishers();
        for (int i = 0; i < party.publishers.size(); i++) {
            boolean hasSession = workload.hasPersistentPublishers();
            reconnects.add(returning(party.publishers.get(i), party.publisherId(i), hasSession), false);
        }
        for (int i = 0; i < workload.beside().idle(); i++) {
            String id = prefix + "i" + i;
            IdleClient client = new IdleClient(new Link(handshake.connect(id, false), selector, buffers), state);
            client.link().attach(client);
            idle.add(client);
            keepAlive.add(client.link(), handshake.keepAliveSeconds());
            reconnects.add(returning(client, id, false), false);
        }
    }

    private Returning returning(Client client, String id, boolean hasSession) {
        byte[] connect = handshake.connectPacket(id, hasSession);
        return new Returning(client, reconnects, connect, hasSession, target.version());
    }

    /** Looks at the broker each second, as {@link #measure} does: the first time takes tens of milliseconds. */
    private void warmUp() throws IOException {
        Moment begin = moment();
        Moment last = begin;
        long untilNs = begin.timeNs + ns(workload.phases().warmup());
        while (last.timeNs < untilNs && (connectionsLost == 0 || party.hasPublishers())) {
            runUntil(Math.min(last.timeNs + NS_PER_SECOND, untilNs));
            Moment now = moment();
            interval(begin, last, now);
            broker.residentKb();
            last = now;
        }
    }

    private void measure(Moment begin) throws IOException {
        double length = Math.max(1, Math.ceil(workload.phases().measured() / INTERVALS_MAX));
        Moment last = begin;
        double end = 0;
        while (backlog == null ? end < workload.phases().measured() && mayGoOn() : drainSeconds == 0) {
            end = backlog == null ? Math.min(end + length, workload.phases().measured()) : end + length;
            if (backlog == null) {
                runUntil(begin.timeNs + ns(end));
            } else {
                fetch(backlog, begin.timeNs, begin.timeNs + ns(end));
            }
            Moment now = moment();
            intervals.add(interval(begin, last, now));
            state.latencies.endInterval(System.currentTimeMillis());
            residentKb = Math.max(residentKb, broker.residentKb());
            last = now;
        }
    }

    private boolean mayGoOn() {
        return party.hasPublishers() && (drained == null || !drained.isDone());
    }

    /** Until the backlog has arrived, or nothing of it comes any more. */
    private void fetch(Party filled, long sinceNs, long untilNs) throws IOException {
        while (nowNs < untilNs) {
            long before = filled.progress();
            long giveUpNs = nowNs + ns(workload.phases().drain());
            while (filled.progress() == before && filled.isReceiving() && nowNs < giveUpNs) {
                runUntil(nowNs + NS_PER_MS);
            }
            if (!filled.isReceiving() || filled.progress() == before) {
                drainSeconds = (nowNs - sinceNs) / (double) NS_PER_SECOND;
                return;
            }
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

    /** Until all has arrived, and all were cut off as planned and are back, or nothing has happened for some time. */
    private void drain() throws IOException {
        awaitProgress(() -> party.isSending() || party.isReceiving() || !reconnects.isDone());
    }

    private void awaitProgress(BooleanSupplier isUnderWay) throws IOException {
        nowNs = clockNs();
        long progressNs = nowNs;
        long progress = -1;
        while (isUnderWay.getAsBoolean()
                && nowNs - progressNs < ns(workload.phases().drain())) {
            runUntil(nowNs + NS_PER_MS);
            long made =
                    party.progress() + reconnects.times.getTotalCount() + (backlog == null ? 0 : backlog.progress());
            if (progress != made) {
                progress = made;
                progressNs = nowNs;
            }
        }
    }

    private void runUntil(long untilNs) throws IOException {
        nowNs = clockNs();
        while (nowNs < untilNs && (connectionsLost == 0 || party.hasPublishers())) {
            reconnects.work(nowNs);
            keepAlive.work();
            party.sendWhatIsDue(nowNs, this);
            if (backlog != null) {
                backlog.sendWhatIsDue(nowNs, this);
            }
            select(untilNs);
            nowNs = clockNs();
        }
    }

    private void select(long untilNs) throws IOException {
        long idleNs = Math.min(untilNs, state.schedule.nextNs()) - nowNs;
        if (party.isBusy() || (backlog != null && backlog.isBusy()) || idleNs < SPIN_BELOW_NS) {
            selector.selectNow(onReady);
        } else {
            selector.select(onReady, 1);
        }
    }

    private void onReady(SelectionKey key) {
        Client client = (Client) key.attachment();
        Link link = client.link();
        try {
            if (key.isConnectable()) {
                link.finishConnect(target.newTls());
                sendMore(client);
            } else if (key.isWritable() && !link.hasUnread()) {
                link.flushUnsent();
                sendMore(client);
            } else {
                int available = link.read();
                nowNs = clockNs();
                link.dispatch(client, available, nowNs);
                sendMore(client);
            }
            link.flush();
        } catch (IOException | BrokerError e) {
            onLost(link, e);
        }
    }

    private void sendMore(Client client) {
        if (client.send(nowNs)) {
            party.onMore();
            if (backlog != null) {
                backlog.onMore();
            }
        }
    }

    /** Lets it send; true if there is more to send right now. */
    boolean send(Publisher publisher) {
        try {
            boolean hasMore = publisher.send(nowNs);
            publisher.link().flush();
            return hasMore;
        } catch (IOException e) {
            onLost(publisher.link(), e);
            return false;
        }
    }

    private void onLost(Link link, Exception e) {
        link.close();
        buffers.drop();
        connectionsLost++;
        if (failure == null) {
            failure = e.getMessage() == null ? e.toString() : e.getMessage();
        }
    }

    private LoadResult result(Moment begin, Moment end) {
        return new LoadResult(
                new Measured(end.secondsSince(begin), end.in - begin.in, end.out - begin.out),
                totals(),
                special(),
                new Usage(
                        end.brokerCpuSeconds - begin.brokerCpuSeconds,
                        residentKb,
                        end.loadCpuSeconds - begin.loadCpuSeconds),
                state.latencies.received(),
                state.latencies.acknowledged,
                state.latencies.late,
                state.latencies.intervals,
                intervals,
                handshake.security(),
                failure);
    }

    /** Of the load, and of the backlog if there was one. */
    private Totals totals() {
        Counts all = new Counts();
        long unacknowledged = 0;
        long lost = 0;
        long receivedLeast = Long.MAX_VALUE;
        for (Party each : backlog == null ? List.of(party) : List.of(party, backlog)) {
            all.add(each.state.counts);
            unacknowledged += each.unacknowledged();
            lost += each.lost();
            for (Subscriber subscriber : each.subscribers) {
                receivedLeast = Math.min(receivedLeast, subscriber.received());
            }
        }
        return new Totals(
                all.sent,
                all.acknowledged,
                unacknowledged,
                all.refused,
                all.received,
                receivedLeast == Long.MAX_VALUE ? 0 : receivedLeast,
                lost,
                all.doubled,
                all.redelivered,
                all.reordered,
                all.idsInUse,
                all.foreign,
                connectionsLost,
                reconnects.awayCount());
    }

    private Special special() {
        long stormNs =
                reconnects.stormTimesNs.stream().mapToLong(ns -> ns).max().orElse(0);
        return new Special(
                takeOvers == null ? 0 : takeOvers.accepted(),
                takeOvers == null ? 0 : takeOvers.missed(),
                fillSeconds,
                drainSeconds,
                backlog == null ? 0 : backlog.state.counts.received,
                reconnects.times,
                reconnects.stormTimesNs.size(),
                stormNs / (double) NS_PER_SECOND);
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
                state.counts.received + (backlog == null ? 0 : backlog.state.counts.received),
                broker.isEmpty() ? Double.NaN : broker.cpuSeconds(),
                load.cpuSeconds());
    }

    private long clockNs() {
        return System.nanoTime() - originNs;
    }

    private static long ns(double seconds) {
        return (long) (seconds * NS_PER_SECOND);
    }

    /** Closes all connections and ends the sessions that outlive them. */
    @Override
    public void close() throws IOException {
        party.close();
        idle.forEach(client -> client.link().close());
        if (backlog != null) {
            backlog.close();
        }
        if (drained != null) {
            drained.close();
        }
        selector.close();
        if (takeOvers != null) {
            takeOvers.stop();
        }
        try {
            party.endSessions();
            if (backlog != null) {
                backlog.endSessions();
            }
        } catch (IOException | BrokerError e) {
            // The broker has gone: the run says so, or never began.
        }
    }
}
