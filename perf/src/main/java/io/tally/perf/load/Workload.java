package io.tally.perf.load;

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
 * @param topic of a publisher; {@code %p} stands for its number
 * @param filter of a subscriber; {@code %s} stands for its number; {@code $share/…} makes all of them one group
 * @param takeOvers connections per second with one and the same client id, each ending the one before; 0 = none
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
        String filter,
        double takeOvers,
        Phases phases) {

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
        require(takeOvers >= 0, "take-overs", takeOvers);
        require(phases.warmup >= 0, "warmup", phases.warmup);
        require(phases.measured > 0, "seconds", phases.measured);
        require(phases.drain >= 0, "drain", phases.drain);
    }

    private static void require(boolean condition, String name, Object value) {
        if (!condition) {
            throw new IllegalArgumentException(name + " " + value + " is out of range");
        }
    }

    boolean isOpenLoop() {
        return rate > 0;
    }

    String topicOf(int publisher) {
        return topic.replace("%p", Integer.toString(publisher));
    }

    String filterOf(int subscriber) {
        return filter.replace("%s", Integer.toString(subscriber));
    }
}
