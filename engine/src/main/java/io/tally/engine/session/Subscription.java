package io.tally.engine.session;

import io.tally.protocol.Invariant;
import org.jspecify.annotations.Nullable;

/**
 * One subscription of one session. Immutable.
 *
 * @param fullFilter as the client gave it, {@code $share/...} included
 * @param filter what topics are matched against
 * @param shareName null unless shared
 * @param options the options byte of MQTT 5: QoS, No Local, Retain As Published, Retain Handling
 * @param subscriptionId 0 = none
 */
public record Subscription(
        Session session,
        String fullFilter,
        String filter,
        @Nullable String shareName,
        int options,
        int subscriptionId) {
    private static final String SHARE_PREFIX = "$share/";

    /** Takes a filter that the gateway has found valid apart. */
    public static Subscription of(Session session, String fullFilter, int options, int subscriptionId) {
        if (!fullFilter.startsWith(SHARE_PREFIX)) {
            return new Subscription(session, fullFilter, fullFilter, null, options, subscriptionId);
        }
        int slash = fullFilter.indexOf('/', SHARE_PREFIX.length());
        Invariant.check(slash > 0, "a shared filter without a topic filter reached the engine");
        String shareName = fullFilter.substring(SHARE_PREFIX.length(), slash);
        return new Subscription(
                session, fullFilter, fullFilter.substring(slash + 1), shareName, options, subscriptionId);
    }

    public int qos() {
        return options & 3;
    }

    public boolean noLocal() {
        return (options & 4) != 0;
    }

    public boolean retainAsPublished() {
        return (options & 8) != 0;
    }

    /** 0 = send retained messages, 1 = only if the subscription is new, 2 = never. */
    public int retainHandling() {
        return options >>> 4 & 3;
    }
}
