package io.tally.engine.routing;

import io.tally.engine.session.Subscription;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A level at which the filters of several subscriptions are the same, and what follows it. What follows, a child, is
 * another node, or a single {@link Subscription} where no other has the same levels so far: its filter tells how it
 * goes on. Owned by the engine thread.
 */
final class Node {
    /** A level is a part of a filter of before, unless more than this would be kept in memory for its sake. */
    private static final int SPARE_CHARACTERS_MAX = 64;

    private static final int SESSION_PRIME = 0x9E37_79B9;

    /** Where the levels of children begin in their filters. */
    final int next;

    private final String text;
    private final int from;
    private @Nullable Slots<Object> children;
    private @Nullable Object plus;
    private @Nullable Object hash;

    /** Whose filters end here: null, a {@link Subscription} or {@link Slots} of them, by session. */
    private @Nullable Object subscribers;

    /** By share name, sorted: the order of delivery is the same however they came about. */
    private @Nullable Map<String, SharedGroup> groups;

    /** Makes the level of a filter that begins at {@code from}, and ends at {@code to}. */
    Node(String filter, int from, int to) {
        boolean isLong = filter.length() - (to - from) > SPARE_CHARACTERS_MAX;
        this.text = isLong ? filter.substring(from, to) : filter;
        this.from = isLong ? 0 : from;
        this.next = to + 1;
    }

    /** Makes the root. */
    Node() {
        this.text = "";
        this.from = 0;
        this.next = 0;
    }

    // ---- children ----

    @Nullable
    Object plus() {
        return plus;
    }

    @Nullable
    Object hash() {
        return hash;
    }

    /** The child for a level of a topic, which is neither "+" nor "#". */
    @Nullable
    Object child(String topic, int levelFrom, int levelTo, int levelHash) {
        Slots<Object> all = children;
        int slot = all == null ? -1 : find(all, topic, levelFrom, levelTo, levelHash);
        return all == null || slot < 0 ? null : all.at(slot);
    }

    /** The child for the level of a filter that begins at {@link #next}. */
    @Nullable
    Object child(String filter, int levelTo, int levelHash) {
        return switch (wildcard(filter, levelTo)) {
            case '+' -> plus;
            case '#' -> hash;
            default -> child(filter, next, levelTo, levelHash);
        };
    }

    /** Puts a child in the place of the one for the same level; null takes it away. */
    void setChild(String filter, int levelTo, int levelHash, @Nullable Object child) {
        switch (wildcard(filter, levelTo)) {
            case '+' -> plus = child;
            case '#' -> hash = child;
            default -> {
                Slots<Object> all = children;
                if (all == null) {
                    all = new Slots<>();
                    children = all;
                }
                int slot = find(all, filter, next, levelTo, levelHash);
                if (child == null) {
                    all.remove(slot);
                    children = all.count() == 0 ? null : all;
                } else if (slot < 0) {
                    all.add(levelHash, child);
                } else {
                    all.replace(slot, child);
                }
            }
        }
    }

    private char wildcard(String filter, int levelTo) {
        return levelTo == next + 1 ? filter.charAt(next) : 0;
    }

    private int find(Slots<Object> all, String text, int levelFrom, int levelTo, int levelHash) {
        int slot = all.find(levelHash, -1);
        while (slot >= 0 && !isLevel(all.at(slot), text, levelFrom, levelTo)) {
            slot = all.find(levelHash, slot);
        }
        return slot;
    }

    private boolean isLevel(Object child, String other, int otherFrom, int otherTo) {
        int length = otherTo - otherFrom;
        if (child instanceof Node node) {
            return node.next - 1 - next == length && node.text.regionMatches(node.from, other, otherFrom, length);
        }
        String filter = ((Subscription) child).filter();
        int end = next + length;
        return (end == filter.length() || (end < filter.length() && filter.charAt(end) == '/'))
                && filter.regionMatches(next, other, otherFrom, length);
    }

    boolean isWithoutChildren() {
        return children == null && plus == null && hash == null;
    }

    // ---- those whose filters end here ----

    @SuppressWarnings("unchecked")
    void add(Subscription subscription) {
        Object present = subscribers;
        if (present == null) {
            subscribers = subscription;
            return;
        }
        Slots<Subscription> all;
        if (present instanceof Subscription first) {
            all = new Slots<>();
            all.add(hashOf(first), first);
            subscribers = all;
        } else {
            all = (Slots<Subscription>) present;
        }
        all.add(hashOf(subscription), subscription);
    }

    /** Answers whether it was there. */
    @SuppressWarnings("unchecked")
    boolean remove(Subscription subscription) {
        Object present = subscribers;
        if (present == null || present instanceof Subscription) {
            subscribers = isSame(present, subscription) ? null : present;
            return present != null && subscribers == null;
        }
        Slots<Subscription> all = (Slots<Subscription>) present;
        int hash = hashOf(subscription);
        int slot = all.find(hash, -1);
        while (slot >= 0 && !isSame(all.at(slot), subscription)) {
            slot = all.find(hash, slot);
        }
        if (slot < 0) {
            return false;
        }
        all.remove(slot);
        if (all.count() == 1) {
            all.forEach(last -> subscribers = last);
        }
        return true;
    }

    private static boolean isSame(@Nullable Object present, Subscription subscription) {
        return present instanceof Subscription other && other.session() == subscription.session();
    }

    private static int hashOf(Subscription subscription) {
        long id = subscription.session().id;
        int mixed = (int) (id ^ id >>> 32) * SESSION_PRIME;
        return mixed ^ mixed >>> 15;
    }

    @SuppressWarnings("unchecked")
    void forEachSubscriber(Consumer<Subscription> visitor) {
        Object present = subscribers;
        if (present instanceof Subscription only) {
            visitor.accept(only);
        } else if (present != null) {
            ((Slots<Subscription>) present).forEach(visitor);
        }
    }

    /** For writing. */
    Map<String, SharedGroup> groupsOrNew() {
        Map<String, SharedGroup> all = groups;
        if (all == null) {
            all = new TreeMap<>();
            groups = all;
        }
        return all;
    }

    Map<String, SharedGroup> groups() {
        Map<String, SharedGroup> all = groups;
        return all == null ? Map.of() : all;
    }

    void remove(String shareName) {
        if (groups != null && groups.remove(shareName) != null && groups.isEmpty()) {
            groups = null;
        }
    }

    // ---- what takes the place of a node that is no longer needed ----

    /** Itself while several subscriptions go through it; else the one that is left, or null. */
    @Nullable
    Object reduced() {
        if (groups != null || subscribers instanceof Slots) {
            return this;
        }
        Slots<Object> all = children;
        int count = all == null ? 0 : all.count();
        count += (plus == null ? 0 : 1) + (hash == null ? 0 : 1) + (subscribers == null ? 0 : 1);
        if (count != 1) {
            return count == 0 ? null : this;
        }
        Object only = subscribers != null ? subscribers : plus != null ? plus : hash;
        if (all != null) {
            Object[] last = new Object[1];
            all.forEach(child -> last[0] = child);
            only = last[0];
        }
        return only instanceof Subscription ? only : this;
    }
}
