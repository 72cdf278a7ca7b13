package io.tally.perf.load;

import io.tally.protocol.topic.TopicFilters;
import java.io.IOException;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Publishers, and the subscribers of what they publish, with an account of their messages. Owned by the thread that
 * drives the load.
 */
final class Party {
    private static final long NS_PER_MS = 1_000_000;
    private static final long HELD_BACK_NS_MAX = 200 * NS_PER_MS;

    /** Stands for a topic's number that no filter names. */
    private static final String ANY_NUMBER = "\u00B6";

    final LoadState state;
    final List<Publisher> publishers = new ArrayList<>();
    final List<Subscriber> subscribers = new ArrayList<>();

    private final Workload workload;
    private final Handshake handshake;
    private final Selector selector;
    private final Buffers buffers;
    private final String prefix;
    private final KeepAlive keepAlive;
    private final List<Sequences> receivers = new ArrayList<>();

    /** By the filters that their members have. */
    private final Map<List<String>, Sequences> groups = new HashMap<>();

    /** By publisher, which number each of its topics has; only of those whose topics do not all go the same way. */
    private final Map<Integer, Map<String, Integer>> topicNumbers = new HashMap<>();

    private boolean hasMore = true;
    private long heldBackReceived;
    private long heldBackSinceNs;

    /** Nobody is connected yet; client ids begin with the prefix. */
    Party(
            LoadState state,
            Handshake handshake,
            Selector selector,
            Buffers buffers,
            String prefix,
            KeepAlive keepAlive) {
        this.state = state;
        this.handshake = handshake;
        this.selector = selector;
        this.buffers = buffers;
        this.prefix = prefix;
        this.keepAlive = keepAlive;
        workload = state.workload;
    }

    String subscriberId(int index) {
        return prefix + "s" + index;
    }

    String publisherId(int index) {
        return prefix + "p" + index;
    }

    void connectSubscribers() throws IOException {
        for (int i = 0; i < workload.subscribers(); i++) {
            List<String> filters = workload.filtersOf(i);
            Sequences receiver =
                    workload.isShared() ? groups.computeIfAbsent(filters, this::receiver) : receiver(filters);
            Wire wire = handshake.connect(subscriberId(i), workload.persistent());
            handshake.subscribe(wire, filters, workload.subscriberQos());
            Link link = new Link(wire, selector, buffers);
            Subscriber subscriber = new Subscriber(link, receiver, state);
            link.attach(subscriber);
            subscribers.add(subscriber);
            keepAlive.add(link, handshake.keepAliveSeconds());
        }
    }

    private Sequences receiver(List<String> filters) {
        Sequences receiver =
                new Sequences(workload.publishers(), workload.topics(), !workload.isShared(), state.counts);
        receivers.add(receiver);
        Set<String> exact =
                filters.stream().filter(filter -> !isPattern(filter)).collect(Collectors.toSet());
        List<String> patterns = filters.stream().filter(Party::isPattern).toList();
        for (int p = 0; p < workload.publishers(); p++) {
            if (matches(patterns, workload.topicOf(p, ANY_NUMBER))) {
                receiver.expect(p);
                continue;
            }
            BitSet topics = new BitSet();
            Map<String, Integer> numbers = topicNumbers.computeIfAbsent(p, this::topicNumbers);
            for (String topic : exact) {
                Integer number = numbers.get(topic);
                if (number != null) {
                    topics.set(number);
                }
            }
            if (!patterns.isEmpty()) {
                numbers.forEach((topic, number) -> topics.set(number, matches(patterns, topic) || topics.get(number)));
            }
            if (topics.cardinality() == workload.topics()) {
                receiver.expect(p);
            } else if (!topics.isEmpty()) {
                receiver.expect(p, topics);
            }
        }
        return receiver;
    }

    private Map<String, Integer> topicNumbers(int publisher) {
        Map<String, Integer> numbers = new HashMap<>();
        for (int t = 0; t < workload.topics(); t++) {
            numbers.put(workload.topicOf(publisher, Integer.toString(t)), t);
        }
        return numbers;
    }

    private static boolean isPattern(String filter) {
        return filter.contains("+") || filter.contains("#") || filter.startsWith("$");
    }

    private static boolean matches(List<String> patterns, String topic) {
        return patterns.stream().anyMatch(pattern -> TopicFilters.matches(pattern, topic));
    }

    void connectPublishers() throws IOException {
        int receiversMax = 0;
        for (int i = 0; i < workload.publishers(); i++) {
            Wire wire = handshake.connect(publisherId(i), workload.hasPersistentPublishers());
            int window = Math.min(workload.window(), handshake.receiveMaximum());
            Link link = new Link(wire, selector, buffers);
            Template template = new Template(workload, state.version, i, state.run);
            Publisher publisher = new Publisher(i, link, template, state, window);
            int[] counts = receiversOf(i);
            for (int count : counts) {
                receiversMax = Math.max(receiversMax, count);
            }
            publisher.receivers(counts);
            link.attach(publisher);
            publishers.add(publisher);
            keepAlive.add(link, handshake.keepAliveSeconds());
        }
        if (workload.lag() > 0 && receiversMax > 0 && !workload.isOpenLoop()) {
            state.underWayMax((long) workload.lag() * receiversMax);
        }
    }

    /** By topic. */
    private int[] receiversOf(int publisher) {
        int[] counts = new int[workload.topics()];
        for (Sequences receiver : receivers) {
            receiver.addTo(counts, publisher);
        }
        return counts;
    }

    /** Some messages may be due: sends them. */
    void sendWhatIsDue(long nowNs, LoadRun run) {
        long newlyDue = state.schedule.advance(nowNs);
        if (state.isHeldBack) {
            onHeldBack(nowNs);
        }
        if (hasMore || newlyDue >= publishers.size()) {
            hasMore = false;
            for (Publisher publisher : publishers) {
                hasMore |= run.send(publisher);
            }
            return;
        }
        for (long age = newlyDue - 1; age >= 0; age--) {
            hasMore |= run.send(publishers.get(state.schedule.publisherOf(age)));
        }
    }

    /** A client could send at once. */
    void onMore() {
        hasMore = true;
    }

    boolean isBusy() {
        return hasMore && !state.isHeldBack;
    }

    /** Subscribers are behind: try again, and if nothing comes any more then what was under way is lost. */
    private void onHeldBack(long nowNs) {
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

    /** Whether a publisher has something to send, or waits for an answer. */
    boolean isSending() {
        for (Publisher publisher : publishers) {
            if (publisher.link().isOpen() && (publisher.isBehind() || publisher.inFlightCount() > 0)) {
                return true;
            }
        }
        return false;
    }

    /** Whether something may still arrive. */
    boolean isReceiving() {
        boolean mayBeLate = Math.min(workload.qos(), workload.subscriberQos()) > 0;
        long awaited = state.counts.underWay() + (mayBeLate ? state.counts.missing : 0);
        return awaited > 0
                && subscribers.stream().anyMatch(subscriber -> subscriber.link().isOpen());
    }

    /** Grows with everything that goes on. */
    long progress() {
        return state.counts.received + state.counts.acknowledged + state.counts.sent;
    }

    boolean hasPublishers() {
        return publishers.isEmpty()
                || publishers.stream().anyMatch(publisher -> publisher.link().isOpen());
    }

    long unacknowledged() {
        return publishers.stream().mapToLong(Publisher::inFlightCount).sum();
    }

    /**
     * Deliveries that never came of messages that were acknowledged, or sent at QoS 0; without those for subscribers,
     * or groups of them, with none of whom hands could be shaken when they came back.
     */
    long lost() {
        long lost = 0;
        Set<Sequences> absent = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<Sequences> present = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Subscriber subscriber : subscribers) {
            (subscriber.link().isLostInHandshake() ? absent : present).add(subscriber.sequences());
        }
        absent.removeAll(present);
        for (int p = 0; p < publishers.size(); p++) {
            Publisher publisher = publishers.get(p);
            BitSet excused = publisher.unacknowledged();
            for (Sequences receiver : receivers) {
                lost += absent.contains(receiver) ? 0 : receiver.lost(p, publisher.sentCount(), excused);
            }
        }
        return lost;
    }

    void close() {
        publishers.forEach(publisher -> publisher.link().close());
        subscribers.forEach(subscriber -> subscriber.link().close());
    }

    /** Ends all sessions that outlive their connections. */
    void endSessions() throws IOException {
        for (int i = 0; i < subscribers.size() && workload.persistent(); i++) {
            handshake.endSession(subscriberId(i));
        }
        for (int i = 0; i < publishers.size() && workload.hasPersistentPublishers(); i++) {
            handshake.endSession(publisherId(i));
        }
    }
}
