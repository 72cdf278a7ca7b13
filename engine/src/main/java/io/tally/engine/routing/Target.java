package io.tally.engine.routing;

import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import java.util.Arrays;
import java.util.List;

/**
 * All subscriptions of one session that match a topic, made one: a message is delivered once, at the highest granted
 * QoS, with all identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-3].
 */
public final class Target {
    private static final int[] NO_IDS = new int[0];

    public final Session session;
    public final int qos;
    public final boolean retainAsPublished;
    public final int[] subscriptionIds;

    /** At least one of them has No Local. */
    public final boolean hasNoLocal;

    private final List<Subscription> subscriptions;

    Target(Session session, List<Subscription> subscriptions) {
        this.session = session;
        this.subscriptions = subscriptions;
        int highest = 0;
        boolean asPublished = false;
        boolean noLocal = false;
        for (Subscription s : subscriptions) {
            highest = Math.max(highest, s.qos());
            asPublished |= s.retainAsPublished();
            noLocal |= s.noLocal();
        }
        this.qos = highest;
        this.retainAsPublished = asPublished;
        this.hasNoLocal = noLocal;
        this.subscriptionIds = ids(subscriptions);
    }

    /** Each by itself, in an order that every replica has. */
    public List<Subscription> subscriptions() {
        return subscriptions;
    }

    /** Without the No Local subscriptions, for a message of the session itself [MQTT-3.8.3-3]; may be empty. */
    public List<Target> withoutNoLocal() {
        List<Subscription> rest =
                subscriptions.stream().filter(s -> !s.noLocal()).toList();
        return rest.isEmpty() ? List.of() : List.of(new Target(session, rest));
    }

    /** About what it takes on the heap, bytes. */
    int bytes() {
        return 80 + Long.BYTES * subscriptions.size() + Integer.BYTES * subscriptionIds.length;
    }

    private static int[] ids(List<Subscription> subscriptions) {
        int count = 0;
        for (Subscription s : subscriptions) {
            count += s.subscriptionId() == 0 ? 0 : 1;
        }
        if (count == 0) {
            return NO_IDS;
        }
        int[] ids = new int[count];
        for (Subscription s : subscriptions) {
            if (s.subscriptionId() != 0) {
                ids[--count] = s.subscriptionId();
            }
        }
        Arrays.sort(ids);
        return ids;
    }
}
