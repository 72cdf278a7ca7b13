package io.tally.engine.session;

import io.tally.engine.delivery.SessionQueue;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.agrona.collections.IntHashSet;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/** What the broker remembers of a client. Owned by the engine thread. */
public final class Session {
    /** Deadline that never comes. */
    public static final long NEVER = Long.MAX_VALUE;

    /** Of an entry that comes from no shared group. */
    public static final long NO_LANE = 0;

    private static final IntHashSet NO_IDS = new IntHashSet(1);
    private static final Long2LongHashMap NO_SHARED = new Long2LongHashMap(NO_LANE);

    public final long id;
    public final String clientId;

    /** Ends with its connection; its deliveries are not journaled unless it is a member of a shared group. */
    public final boolean isVolatile;

    public SessionQueue queue;

    /** What comes ahead of {@link #queue} and is no part of the state; null = nothing. */
    public @Nullable Former former;

    /** By filter; made for one and for very many alike. */
    private Map<String, Subscription> subscriptions = Map.of();

    /** 0 = not connected. */
    public long connection;

    /** Its connection found it present. Not kept: only answers depend on it. */
    public boolean isResumed;

    public int gateway;
    public int protocolVersion;
    public long expirySeconds;

    /** Of its client. */
    public int receiveMaximum;

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
    private int filterBytes;
    private @Nullable Map<String, RetainedWanted> retainedWanted;
    private @Nullable NavigableMap<String, Subscription> sharedSubscriptions;
    private @Nullable Long2LongHashMap shared;
    private @Nullable NavigableSet<String> fullIn;

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

    /** Filters whose retained messages are still to be delivered, in the order of subscribing. */
    public Map<String, RetainedWanted> retainedWanted() {
        Map<String, RetainedWanted> wanted = retainedWanted;
        return wanted == null ? Map.of() : wanted;
    }

    /** What the filter matches is to be delivered, after that of the filters before. */
    public void wantRetained(String filter, RetainedWanted from) {
        Map<String, RetainedWanted> wanted = retainedWanted;
        if (wanted == null) {
            wanted = new LinkedHashMap<>(2);
            retainedWanted = wanted;
        }
        wanted.remove(filter);
        wanted.put(filter, from);
    }

    public void wantNoRetained(String filter) {
        if (retainedWanted != null && retainedWanted.remove(filter) != null && retainedWanted.isEmpty()) {
            retainedWanted = null;
        }
    }

    /** Whether progress of its deliveries is part of the state. */
    public boolean isJournaled() {
        return queue.isDurable();
    }

    /** From here on progress is journaled, in this empty queue; what is under way comes to its end as it began. */
    public void journalIn(SessionQueue newQueue) {
        former = new Former(queue, retainedWanted());
        retainedWanted = null;
        queue = newQueue;
    }

    /** By filter, in their order. */
    public Collection<Subscription> sharedSubscriptions() {
        NavigableMap<String, Subscription> all = sharedSubscriptions;
        return all == null ? List.of() : all.values();
    }

    /** Messages of shared groups that it has and has not finished: sequence number to the lane they come from. */
    public Long2LongHashMap shared() {
        Long2LongHashMap present = shared;
        return present == null ? NO_SHARED : present;
    }

    public void addShared(long sequence, long lane) {
        Long2LongHashMap present = shared;
        if (present == null) {
            present = new Long2LongHashMap(NO_LANE);
            shared = present;
        }
        present.put(sequence, lane);
    }

    /** Answers the lane, {@link #NO_LANE} when the entry comes from none. */
    public long removeShared(long sequence) {
        return shared == null ? NO_LANE : shared.remove(sequence);
    }

    /** A shared group, by its filter, has found that the session takes no further message. */
    public void addFullIn(String fullFilter) {
        NavigableSet<String> all = fullIn;
        if (all == null) {
            all = new TreeSet<>();
            fullIn = all;
        }
        all.add(fullFilter);
    }

    /** Those groups. */
    public NavigableSet<String> fullIn() {
        NavigableSet<String> all = fullIn;
        return all == null ? Collections.emptyNavigableSet() : all;
    }

    /** The group may find that again. */
    public void removeFullIn(String fullFilter) {
        if (fullIn != null) {
            fullIn.remove(fullFilter);
        }
    }

    public void clearFullIn() {
        fullIn = null;
    }

    /** By filter. */
    public Map<String, Subscription> subscriptions() {
        return subscriptions;
    }

    /** Characters of all filters. */
    public int filterBytes() {
        return filterBytes;
    }

    /** Answers the subscription that it takes the place of. */
    public @Nullable Subscription put(Subscription subscription) {
        Subscription old = subscriptions.get(subscription.fullFilter());
        if (subscriptions.size() <= (old == null ? 0 : 1)) {
            subscriptions = Map.of(subscription.fullFilter(), subscription);
        } else {
            if (subscriptions.size() == 1) {
                subscriptions = new HashMap<>(subscriptions);
            }
            subscriptions.put(subscription.fullFilter(), subscription);
        }
        filterBytes += old == null ? subscription.fullFilter().length() : 0;
        if (subscription.shareName() != null) {
            NavigableMap<String, Subscription> all = sharedSubscriptions;
            if (all == null) {
                all = new TreeMap<>();
                sharedSubscriptions = all;
            }
            all.put(subscription.fullFilter(), subscription);
        }
        return old;
    }

    public @Nullable Subscription remove(String fullFilter) {
        Subscription old = subscriptions.get(fullFilter);
        if (old != null && subscriptions.size() == 1) {
            subscriptions = Map.of();
        } else if (old != null) {
            subscriptions.remove(fullFilter);
        }
        filterBytes -= old == null ? 0 : fullFilter.length();
        if (sharedSubscriptions != null) {
            sharedSubscriptions.remove(fullFilter);
        }
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
