package io.tally.engine.session;

import io.tally.engine.delivery.SessionQueue;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;

/** What the broker remembers of a client. Owned by the engine thread. */
public final class Session {
    /** Deadline that never comes. */
    public static final long NEVER = Long.MAX_VALUE;

    private static final IntHashSet NO_IDS = new IntHashSet(1);

    public final long id;
    public final String clientId;

    /** Ends with its connection; its deliveries are not journaled. */
    public final boolean isVolatile;

    public final SessionQueue queue;
    public final Map<String, Subscription> subscriptions = new HashMap<>(2);

    /** 0 = not connected. */
    public long connection;

    /** Its connection found it present. Not kept: only answers depend on it. */
    public boolean isResumed;

    public int gateway;
    public int protocolVersion;
    public long expirySeconds;

    /** When the session ends unless the client returns; {@link #NEVER} while it is connected. */
    public long expiryDeadlineMs = NEVER;

    /** Position of the CONNECT that holds the will; 0 = no will. */
    public long willPosition;

    public long willDelaySeconds;

    /** When the will of a gone connection is published. */
    public long willDeadlineMs = NEVER;

    /** It is no longer among the sessions. */
    public boolean isEnded;

    private @Nullable IntHashSet inboundQos2;
    private long filterBytes;
    private @Nullable Map<String, String> retainedWanted;

    // ---- of the checkpoint ----

    public boolean isDirty;

    /** A row of it is in the state store or in a batch on its way there. */
    public boolean isStored;

    /** Filters whose rows have to be written or deleted; null = none. */
    public @Nullable Map<String, Boolean> dirtyFilters;

    public Session(long id, String clientId, boolean isVolatile, SessionQueue queue) {
        this.id = id;
        this.clientId = clientId;
        this.isVolatile = isVolatile;
        this.queue = queue;
    }

    public boolean isConnected() {
        return connection != 0;
    }

    /** QoS 2 ids of the client between PUBLISH and PUBREL [MQTT-4.3.3-10]. */
    public IntHashSet inboundQos2() {
        IntHashSet ids = inboundQos2;
        return ids == null ? NO_IDS : ids;
    }

    /** False when the id was there already. */
    public boolean addInbound(int packetId) {
        IntHashSet ids = inboundQos2;
        if (ids == null) {
            ids = new IntHashSet(8);
            inboundQos2 = ids;
        }
        return ids.add(packetId);
    }

    public boolean removeInbound(int packetId) {
        IntHashSet ids = inboundQos2;
        return ids != null && ids.remove(packetId);
    }

    /**
     * Filters whose retained messages are still to be delivered, in the order of subscribing, each with the topic
     * behind which to go on.
     */
    public Map<String, String> retainedWanted() {
        Map<String, String> wanted = retainedWanted;
        return wanted == null ? Map.of() : wanted;
    }

    /** What the filter matches is to be delivered, after that of the filters before. */
    public void wantRetained(String filter, String after) {
        Map<String, String> wanted = retainedWanted;
        if (wanted == null) {
            wanted = new LinkedHashMap<>(2);
            retainedWanted = wanted;
        }
        wanted.remove(filter);
        wanted.put(filter, after);
    }

    public void goOnBehind(String filter, String after) {
        if (retainedWanted != null) {
            retainedWanted.replace(filter, after);
        }
    }

    public void wantNoRetained(String filter) {
        if (retainedWanted != null && retainedWanted.remove(filter) != null && retainedWanted.isEmpty()) {
            retainedWanted = null;
        }
    }

    /** Characters of all filters. */
    public long filterBytes() {
        return filterBytes;
    }

    /** Answers the subscription that it takes the place of. */
    public @Nullable Subscription put(Subscription subscription) {
        Subscription old = subscriptions.put(subscription.fullFilter(), subscription);
        filterBytes += old == null ? subscription.fullFilter().length() : 0;
        return old;
    }

    public @Nullable Subscription remove(String fullFilter) {
        Subscription old = subscriptions.remove(fullFilter);
        filterBytes -= old == null ? 0 : fullFilter.length();
        return old;
    }

    /** The filter's row changes with the next checkpoint; {@code existed} = there was a subscription before. */
    public void filterChanged(String fullFilter, boolean existed) {
        Map<String, Boolean> dirty = dirtyFilters;
        if (dirty == null) {
            dirty = new HashMap<>(2);
            dirtyFilters = dirty;
        }
        dirty.putIfAbsent(fullFilter, existed);
    }
}
