package io.tally.perf.load;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is done to the broker.
 *
 * @param publishers number of publishing clients, at most {@link Stamp#PUBLISHERS_MAX}
 * @param subscribers number of subscribing clients
 * @param qos of publishing
 * @param subscriberQos of the subscriptions
 * @param payloadBytes of every message, at least {@link Stamp#LENGTH}
 * @param window most messages of one publisher that are not acknowledged yet; no effect at QoS 0
 * @param lag closed loop only: publishers pause while so many messages are under way to each subscriber; 0 = never
 * @param rate messages per second of all publishers together, sent when they are due whatever the broker does (open
 *     loop); 0 = each publisher sends as soon as its window allows (closed loop)
 * @param persistent whether subscribers have sessions that outlive their connections
 * @param topic of a publisher; {@code %p} stands for its number, {@code %t} for that of the topic
 * @param topics of each publisher, which it goes round
 * @param filter of a subscriber, or several with spaces between; {@code %s} stands for its number, {@code %t} for each
 *     of the topics' numbers. Either none or all are {@code $share/NAME/…}, with one name: then subscribers with the
 *     same filters are one group
 * @param beside what else happens
 * @param phases how long everything takes
 */
public record Workload(
        int publishers,
        int subscribers,
        int qos,
        int subscriberQos,
        int payloadBytes,
        int window,
        int lag,
        double rate,
        boolean persistent,
        String topic,
        int topics,
        String filter,
        Beside beside,
        Phases phases) {

    private static final int ABSENT_MAX = 50_000;
    private static final int FILLERS_MAX = 16;
    private static final String SHARED = "$share/";

    /**
     * What happens beside the load; 0 = does not.
     *
     * @param takeOvers connections per second with one and the same client id, each ending the one before
     * @param idle connections that do nothing
     * @param backlog messages that are sent before the load to sessions whose clients are away; these come back when
     *     the measurement begins, which then lasts until all of it has arrived
     * @param absent how many such sessions share the backlog
     * @param resumes how often each subscriber loses its connection in the measured time and resumes its session
     * @param storms how often all clients lose their connections at once and come back at once
     */
    public record Beside(double takeOvers, int idle, int backlog, int absent, int resumes, int storms) {
        public static final Beside NOTHING = new Beside(0, 0, 0, 1, 0, 0);
    }

    /**
     * Lengths in seconds.
     *
     * @param warmup load that is not measured
     * @param measured load that is
     * @param drain at the end, what is under way is given up when nothing has arrived for so long
     */
    public record Phases(double warmup, double measured, double drain) {}

    public Workload {
        require(publishers >= 0 && publishers <= Stamp.PUBLISHERS_MAX, "publishers", publishers);
        require(subscribers >= 0, "subscribers", subscribers);
        require(qos >= 0 && qos <= 2, "qos", qos);
        require(subscriberQos >= 0 && subscriberQos <= 2, "subscriber-qos", subscriberQos);
        require(payloadBytes >= Stamp.LENGTH && payloadBytes <= 256 << 20, "size", payloadBytes);
        require(window >= 1 && window <= 65_535, "window", window);
        require(lag >= 0, "lag", lag);
        require(rate >= 0, "rate", rate);
        require(topics >= 1, "topics", topics);
        require(topics == 1 || topic.contains("%t"), "topics needs %t in topic, which", topic);
        require(beside.takeOvers >= 0, "take-overs", beside.takeOvers);
        require(beside.idle >= 0, "idle", beside.idle);
        require(beside.backlog >= 0 && (beside.backlog == 0 || qos > 0), "backlog (QoS 1 and 2 only)", beside.backlog);
        require(beside.absent >= 1 && beside.absent <= ABSENT_MAX, "absent", beside.absent);
        require(
                beside.resumes >= 0 && (beside.resumes == 0 || persistent),
                "resume without persistent",
                beside.resumes);
        require(beside.storms >= 0 && (beside.storms == 0 || persistent), "storms without persistent", beside.storms);
        require(phases.warmup >= 0, "warmup", phases.warmup);
        require(phases.measured > 0, "seconds", phases.measured);
        require(phases.drain >= 0, "drain", phases.drain);
        if (filter.contains(SHARED)) {
            requireCountableGroups(filter, subscribers, topics);
        }
    }

    /** What a group has got is counted for all its members together, so these must have all their filters in common. */
    private static void requireCountableGroups(String filter, int subscribers, int topics) {
        Map<String, List<String>> groups = new HashMap<>();
        for (int i = 0; i < subscribers; i++) {
            List<String> filters = filtersOf(filter, i, topics);
            List<String> names =
                    filters.stream().map(Workload::shareName).distinct().toList();
            if (names.size() > 1) {
                String both = names.contains("") ? "shared and other filters" : "filters of several shared groups";
                throw new IllegalArgumentException("filter " + filter + " gives a subscriber " + both);
            }
            for (String each : filters) {
                if (!names.contains("")
                        && !groups.computeIfAbsent(each, first -> filters).equals(filters)) {
                    throw new IllegalArgumentException(
                            "filter " + filter + " makes a group of " + each + " whose members' other filters differ");
                }
            }
        }
    }

    /** Of its group; empty if it is not shared. */
    private static String shareName(String filter) {
        int end = filter.startsWith(SHARED) ? filter.indexOf('/', SHARED.length()) : 0;
        return end < 0 ? filter : filter.substring(0, end);
    }

    /** Throws IllegalArgumentException with a message for a person. */
    static void require(boolean condition, String name, Object value) {
        if (!condition) {
            throw new IllegalArgumentException(name + " " + value + " is out of range");
        }
    }

    boolean isOpenLoop() {
        return rate > 0;
    }

    String topicOf(int publisher, String number) {
        return topic.replace("%p", Integer.toString(publisher)).replace("%t", number);
    }

    boolean isShared() {
        return filter.startsWith(SHARED);
    }

    List<String> filtersOf(int subscriber) {
        return filtersOf(filter, subscriber, topics);
    }

    private static List<String> filtersOf(String filter, int subscriber, int topics) {
        List<String> filters = new ArrayList<>();
        for (String pattern : filter.replace("%s", Integer.toString(subscriber)).split(" +", -1)) {
            for (int t = 0; t < (pattern.contains("%t") ? topics : 1); t++) {
                filters.add(pattern.replace("%t", Integer.toString(t)));
            }
        }
        return filters;
    }

    /** Whether publishers keep their sessions too. */
    boolean hasPersistentPublishers() {
        return beside.storms > 0;
    }

    /** The load that makes the backlog: publishers that each go round all the absent sessions' topics. */
    Workload ofBacklog() {
        return new Workload(
                Math.max(1, Math.min(FILLERS_MAX, beside.backlog / beside.absent)),
                beside.absent,
                qos,
                subscriberQos,
                payloadBytes,
                window,
                0,
                0,
                true,
                "backlog/%t",
                beside.absent,
                "backlog/%s",
                Beside.NOTHING,
                phases);
    }
}
