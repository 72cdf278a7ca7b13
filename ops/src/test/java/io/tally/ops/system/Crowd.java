package io.tally.ops.system;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;

/**
 * Publishers, subscribers and their ledger on one load loop. The publishers are of MQTT 3.1.1 and 5.0 and of QoS 1 and
 * 2 in turn; the groups of subscribers are added one by one and each is entitled to everything. Called by the test's
 * thread.
 */
final class Crowd implements AutoCloseable {
    private final String name;
    private final LoadLoop loop;
    private final Ledger ledger;
    private final List<LedgerPublisher> publishers = new ArrayList<>();
    private final List<LedgerSubscriber> subscribers = new ArrayList<>();
    private final List<LoadConnection> subscriberConnections = new ArrayList<>();
    private final int publisherCount;
    private int payloadBytes;

    /** Names must differ between crowds on one broker: client ids and topics begin with them. */
    Crowd(String name, int port, int publisherCount, int groups) throws IOException {
        this.name = name;
        loop = new LoadLoop(port);
        loop.start();
        ledger = new Ledger(publisherCount, groups);
        this.publisherCount = publisherCount;
    }

    /**
     * Three groups: QoS 2 with MQTT 5, QoS 2 with 3.1.1, QoS 1 with MQTT 5; and a fourth, shared by two members at
     * QoS 2.
     */
    static Crowd mixed(String name, int port, int publisherCount, double ratePerS)
            throws IOException, InterruptedException {
        Crowd crowd = new Crowd(name, port, publisherCount, 4);
        crowd.subscriber(0, 5, 2);
        crowd.subscriber(1, 4, 2);
        crowd.subscriber(2, 5, 1);
        crowd.sharedSubscriber(3, "a");
        crowd.sharedSubscriber(3, "b");
        crowd.awaitSubscribed();
        crowd.publishers(20, 200, ratePerS / publisherCount);
        return crowd;
    }

    /** Starts all publishers: versions 4 and 5 and QoS 1 and 2 in all combinations. */
    void publishers(int window, int bytes, double ratePerS) throws InterruptedException {
        for (int i = 0; i < publisherCount; i++) {
            int version = 4 + i / 2 % 2;
            publisher(new LedgerPublisher.Plan(version, 1 + i % 2, window, 3, bytes, ratePerS), Long.MAX_VALUE);
        }
    }

    /** Starts the next publisher. */
    void publisher(LedgerPublisher.Plan plan, long messages) throws InterruptedException {
        int index = publishers.size();
        payloadBytes = plan.bytes();
        LedgerPublisher publisher = new LedgerPublisher(name, index, plan, ledger);
        publisher.limit(messages);
        publishers.add(publisher);
        loop.call(() -> {
            ledger.publishedQos(index, plan.qos());
            return index;
        });
        loop.add(publisher);
    }

    /** Starts a subscriber of everything that makes up a group by itself. */
    LedgerSubscriber subscriber(int group, int version, int qos) throws InterruptedException {
        String clientId = name + "-s" + group;
        return add(new LedgerSubscriber.Plan(clientId, version, qos, group, name + "/#"));
    }

    /** Starts a member of a shared subscription of MQTT 5 and QoS 2. */
    void sharedSubscriber(int group, String member) throws InterruptedException {
        String filter = "$share/g" + group + "/" + name + "/#";
        add(new LedgerSubscriber.Plan(name + "-s" + group + member, 5, 2, group, filter));
    }

    void awaitSubscribed() {
        Await.until(
                "all subscribed",
                Duration.ofSeconds(20),
                () -> ask(() -> {
                    return subscribers.stream().allMatch(LedgerSubscriber::isSubscribed);
                }));
    }

    /** Connects or disconnects the subscriber that was added as the n-th. */
    void subscriberWanted(int n, boolean wanted) throws InterruptedException {
        loop.call(() -> {
            subscribers.get(n).wanted(wanted);
            if (!wanted) {
                subscriberConnections.get(n).send(Packets.disconnect());
                subscriberConnections.get(n).close();
            }
            return wanted;
        });
    }

    /** Breaks the n-th subscriber's connection without a word; it comes back by itself. */
    void cutSubscriber(int n) throws InterruptedException {
        loop.call(() -> {
            subscriberConnections.get(n).close();
            return n;
        });
    }

    /** Told the latency of every message that the n-th subscriber gets, on the loop's thread. */
    void latencyTo(int n, LongConsumer consumer) throws InterruptedException {
        loop.call(() -> {
            subscribers.get(n).latencyTo(consumer);
            return n;
        });
    }

    long accepted() {
        return ask(ledger::acceptedCount);
    }

    long received() {
        return ask(ledger::receivedCount);
    }

    long refused() {
        return ask(ledger::refusedCount);
    }

    /** The broker will refuse messages of these publishers, and may die before they hear of it. */
    void publishersMayBeRefused() throws InterruptedException {
        loop.call(() -> {
            publishers.forEach(LedgerPublisher::mayBeRefused);
            return 0;
        });
    }

    /** Waits until the broker has accepted this many more messages. */
    void awaitAccepted(long more, Duration limit) {
        long goal = accepted() + more;
        Await.until("accepted messages to reach " + goal, limit, () -> accepted() >= goal);
    }

    /** Waits until no acknowledgement has come for a while: the broker is stopped and the sockets are empty. */
    void awaitSilence() {
        awaitProgress(Duration.ofMillis(200), () -> false);
    }

    /** Where the last accepted message ends in the journal of the broker, which must not run. */
    JournalTail journalTail(Path journal) throws IOException, InterruptedException {
        return loop.call(
                () -> JournalTail.find(journal, payloadBytes, m -> ledger.isAccepted(m.publisher(), m.sequence())));
    }

    /** Waits until every publisher has sent all it may and nothing is unacknowledged. */
    void awaitPublished(Duration stall) {
        awaitProgress(stall, () -> publishers.stream().allMatch(LedgerPublisher::isDone));
    }

    /** Ends publishing, waits until nothing is missing or nothing moves any more, and for late repetitions. */
    LedgerReport finish(Duration stall) throws InterruptedException {
        loop.call(() -> {
            publishers.forEach(LedgerPublisher::stop);
            return 0;
        });
        awaitPublished(stall);
        awaitProgress(stall, () -> ledger.missing() == 0);
        Await.pass(Duration.ofMillis(300));
        return report();
    }

    LedgerReport report() throws InterruptedException {
        return loop.call(ledger::report);
    }

    @Override
    public void close() throws IOException {
        loop.close();
    }

    /** Waits until it is done, or until nothing has been accepted or received for the given time. */
    private void awaitProgress(Duration stall, Callable<Boolean> done) {
        long[] last = {-1};
        long[] since = {0};
        Await.until("an end or a standstill", Duration.ofHours(2), () -> {
            long sum = accepted() + received() + refused();
            if (sum != last[0]) {
                last[0] = sum;
                since[0] = System.nanoTime();
            }
            return ask(done) || System.nanoTime() - since[0] > stall.toNanos();
        });
    }

    private LedgerSubscriber add(LedgerSubscriber.Plan plan) throws InterruptedException {
        LedgerSubscriber subscriber = new LedgerSubscriber(plan, ledger);
        subscribers.add(subscriber);
        subscriberConnections.add(loop.add(subscriber));
        return subscriber;
    }

    /** Asks something on the loop's thread, which owns the clients and the ledger. */
    <T> T ask(Callable<T> question) {
        try {
            return loop.call(question);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
