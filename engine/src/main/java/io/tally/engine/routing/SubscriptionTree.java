package io.tally.engine.routing;

import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.protocol.Invariant;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * All subscriptions, by the levels of their filters. Matching walks level by level, without recursion. Owned by the
 * engine thread.
 *
 * <p>Filters without wildcards are in a table of their own. For the others there is a {@link Node} for a level only
 * where at least two subscriptions go through it, or a shared one: most have some levels of their own, and cost no more
 * there than a place in the table of the last node. So the tree is the same however the subscriptions came about.
 */
public final class SubscriptionTree {
    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;
    private static final int CHANGES = 1 << 12;
    private static final Target[] NO_TARGETS = {};
    private static final SharedGroup[] NO_GROUPS = {};
    private static final Comparator<Subscription> BY_SESSION =
            Comparator.<Subscription>comparingLong(s -> s.session().id).thenComparing(Subscription::filter);

    private final Node root = new Node();

    /** Filters without wildcards that are not shared. */
    private final ExactFilters exact;

    private final Function<String, SharedGroup> groups;
    private final long hashSeed;
    private final int hashMask;
    private long count;
    private long nodeCount;

    /** Changes of filters that may match topics that begin anyhow. */
    private long anyChanges;

    /** Changes of others, by hash: those without wildcards, and those whose first two levels have none. */
    private final long[] changes = new long[CHANGES];

    // ---- of the match being made ----
    private final List<Subscription> found = new ArrayList<>();
    private final List<SharedGroup> foundGroups = new ArrayList<>();
    private List<Node> current = new ArrayList<>();
    private List<Node> following = new ArrayList<>();

    /**
     * Makes an empty one.
     *
     * @param groups the group of a shared filter, new if there is none
     * @param hashSeed what clients cannot know, so that they cannot choose levels with equal hashes; no part of the
     *     state
     */
    public SubscriptionTree(Function<String, SharedGroup> groups, long hashSeed) {
        this(groups, hashSeed, -1);
    }

    /** Only these bits of hashes are used; for tests in which many are equal. */
    SubscriptionTree(Function<String, SharedGroup> groups, long hashSeed, int hashMask) {
        this.groups = groups;
        this.hashSeed = hashSeed;
        this.hashMask = hashMask;
        this.exact = new ExactFilters(hashSeed, hashMask);
    }

    public long count() {
        return count;
    }

    long nodeCount() {
        return nodeCount;
    }

    // ---- coming and going ----

    /** Its session must have none with the same filter. */
    public void add(Subscription subscription) {
        byte[] filter = subscription.filter().getBytes(StandardCharsets.UTF_8);
        if (isExact(subscription, filter)) {
            addExact(subscription, filter);
        } else {
            addBelowRoot(subscription);
        }
        onChange(filter);
        count++;
    }

    private static boolean isExact(Subscription subscription, byte[] filter) {
        return subscription.shareName() == null && !isWildcardIn(filter, filter.length);
    }

    private void addExact(Subscription subscription, byte[] filter) {
        int hash = exact.hash(filter, 0, filter.length);
        Object present = exact.find(filter, hash);
        if (present instanceof Node node) {
            node.add(subscription);
        } else if (present == null) {
            exact.set(filter, hash, subscription);
        } else {
            Node made = new Node(subscription.filter(), 0, subscription.filter().length());
            nodeCount++;
            made.add((Subscription) present);
            made.add(subscription);
            exact.set(filter, hash, made);
        }
    }

    private void addBelowRoot(Subscription subscription) {
        String filter = subscription.filter();
        boolean isShared = subscription.shareName() != null;
        Node node = root;
        while (node.next <= filter.length()) {
            int to = levelEnd(filter, node.next);
            int hash = hash(filter, node.next, to);
            Object child = node.child(filter, to, hash);
            if (child == null && !isShared) {
                node.setChild(filter, to, hash, subscription);
                break;
            }
            if (!(child instanceof Node)) {
                Node made = new Node(filter, node.next, to);
                nodeCount++;
                if (child != null) {
                    putBelow(made, (Subscription) child);
                }
                node.setChild(filter, to, hash, made);
                child = made;
            }
            node = (Node) child;
        }
        if (isShared) {
            addToGroup(node, subscription);
        } else if (node.next > filter.length()) {
            node.add(subscription);
        }
    }

    /** The first one below a new node. */
    private void putBelow(Node node, Subscription subscription) {
        String filter = subscription.filter();
        if (node.next > filter.length()) {
            node.add(subscription);
        } else {
            int to = levelEnd(filter, node.next);
            node.setChild(filter, to, hash(filter, node.next, to), subscription);
        }
    }

    private void addToGroup(Node node, Subscription subscription) {
        String shareName = Invariant.present(subscription.shareName(), "a shared subscription has a share name");
        node.groupsOrNew()
                .computeIfAbsent(shareName, name -> groups.apply(subscription.fullFilter()))
                .add(subscription);
    }

    public void remove(Subscription subscription) {
        byte[] filter = subscription.filter().getBytes(StandardCharsets.UTF_8);
        boolean isRemoved =
                isExact(subscription, filter) ? removeExact(subscription, filter) : removeBelowRoot(subscription);
        if (isRemoved) {
            onChange(filter);
            count--;
        }
    }

    private boolean removeExact(Subscription subscription, byte[] filter) {
        int hash = exact.hash(filter, 0, filter.length);
        Object present = exact.find(filter, hash);
        if (!(present instanceof Node node)) {
            boolean isRemoved = present != null && ((Subscription) present).session() == subscription.session();
            if (isRemoved) {
                exact.set(filter, hash, null);
            }
            return isRemoved;
        }
        boolean isRemoved = node.remove(subscription);
        Object reduced = node.reduced();
        if (reduced != node) {
            exact.set(filter, hash, reduced);
            nodeCount--;
        }
        return isRemoved;
    }

    private boolean removeBelowRoot(Subscription subscription) {
        String filter = subscription.filter();
        List<Node> path = current;
        path.clear();
        Object child = root;
        while (child instanceof Node node) {
            path.add(node);
            if (node.next > filter.length()) {
                break;
            }
            int to = levelEnd(filter, node.next);
            child = node.child(filter, to, hash(filter, node.next, to));
        }
        Node last = path.get(path.size() - 1);
        boolean isRemoved = last.next > filter.length()
                ? removeAt(last, subscription)
                : child instanceof Subscription leaf && removeLeaf(last, leaf, subscription);
        if (isRemoved) {
            reduce(path, filter);
        }
        path.clear();
        return isRemoved;
    }

    private static boolean removeAt(Node node, Subscription subscription) {
        String shareName = subscription.shareName();
        if (shareName == null) {
            return node.remove(subscription);
        }
        SharedGroup group = node.groups().get(shareName);
        if (group == null || !group.remove(subscription)) {
            return false;
        }
        if (group.isEmpty()) {
            node.remove(shareName);
        }
        return true;
    }

    private boolean removeLeaf(Node node, Subscription leaf, Subscription subscription) {
        if (leaf.session() != subscription.session() || !leaf.fullFilter().equals(subscription.fullFilter())) {
            return false;
        }
        setChild(node, leaf.filter(), null);
        return true;
    }

    private void reduce(List<Node> path, String filter) {
        for (int i = path.size() - 1; i > 0; i--) {
            Object reduced = path.get(i).reduced();
            if (reduced == path.get(i)) {
                return;
            }
            setChild(path.get(i - 1), filter, reduced);
            nodeCount--;
        }
    }

    private void setChild(Node node, String filter, @Nullable Object child) {
        int to = levelEnd(filter, node.next);
        node.setChild(filter, to, hash(filter, node.next, to), child);
    }

    // ---- what is still valid ----

    private void onChange(byte[] filter) {
        int second = prefixEnd(filter);
        if (!isWildcardIn(filter, filter.length)) {
            changes[changesOf(exact.hash(filter, 0, filter.length))]++;
        } else if (isWildcardIn(filter, second)) {
            anyChanges++;
        } else {
            changes[changesOf(exact.hash(filter, 0, second))]++;
        }
    }

    /** Whether nothing has changed since that could match its topic. */
    boolean isCurrent(Match match) {
        return match.version == version(match.ofPrefix, match.ofTopic);
    }

    private long version(int ofPrefix, int ofTopic) {
        return anyChanges + changes[ofPrefix] + changes[ofTopic];
    }

    private static int changesOf(int hash) {
        return hash & CHANGES - 1;
    }

    /** Where the second level ends, or the first if it is the only one. */
    private static int prefixEnd(byte[] text) {
        int levels = 0;
        for (int i = 0; i < text.length; i++) {
            levels += text[i] == '/' ? 1 : 0;
            if (levels == 2) {
                return i;
            }
        }
        return text.length;
    }

    private static boolean isWildcardIn(byte[] filter, int to) {
        for (int i = 0; i < to; i++) {
            if (filter[i] == '+' || filter[i] == '#') {
                return true;
            }
        }
        return false;
    }

    // ---- matching ----

    /** Finds everyone a topic (UTF-8) goes to. */
    public Match match(DirectBuffer buffer, int offset, int length) {
        byte[] topic = new byte[length];
        buffer.getBytes(offset, topic);
        int hash = exact.hash(topic, 0, length);
        takeHere(exact.find(topic, hash));
        if (!root.isWithoutChildren()) {
            walk(new String(topic, StandardCharsets.UTF_8));
        }
        return merge(topic, hash);
    }

    /** From level to level, with all nodes at once that have the same as the topic. */
    private void walk(String topic) {
        current.add(root);
        // A filter that begins with a wildcard does not match a topic that begins with '$' [MQTT-4.7.2-1].
        boolean wildcards = !topic.startsWith("$");
        int to = -1;
        do {
            int from = to + 1;
            to = levelEnd(topic, from);
            int hash = hash(topic, from, to);
            for (int i = 0; i < current.size(); i++) {
                Node node = current.get(i);
                if (wildcards) {
                    takeHash(node);
                    take(node.plus(), node.next + 1, topic, to);
                }
                take(node.child(topic, from, to, hash), node.next + to - from, topic, to);
            }
            List<Node> done = current;
            current = following;
            following = done;
            following.clear();
            wildcards = true;
        } while (to < topic.length() && !current.isEmpty());
        for (int i = 0; i < current.size(); i++) {
            Node node = current.get(i);
            takeAll(node);
            takeHash(node);
        }
        current.clear();
    }

    /** A child has been found, for the levels of the topic that end at {@code topicTo}. */
    private void take(@Nullable Object child, int filterTo, String topic, int topicTo) {
        if (child instanceof Node node) {
            following.add(node);
        } else if (child instanceof Subscription leaf && isRestMatched(leaf.filter(), filterTo, topic, topicTo)) {
            found.add(leaf);
        }
    }

    /** "a/#" matches "a" and everything below, so there is nothing to compare. */
    private void takeHash(Node parent) {
        takeHere(parent.hash());
    }

    /** A child at which filters end has been found. */
    private void takeHere(@Nullable Object child) {
        if (child instanceof Node node) {
            takeAll(node);
        } else if (child != null) {
            found.add((Subscription) child);
        }
    }

    private void takeAll(Node node) {
        node.forEachSubscriber(found::add);
        foundGroups.addAll(node.groups().values());
    }

    /** Whether what follows a level of a filter matches what follows a level of a topic. */
    private static boolean isRestMatched(String filter, int filterTo, String topic, int topicTo) {
        int f = filterTo;
        int t = topicTo;
        while (f < filter.length()) {
            int filterEnd = levelEnd(filter, f + 1);
            boolean isOne = filterEnd == f + 2;
            if (isOne && filter.charAt(f + 1) == '#') {
                return true;
            }
            if (t == topic.length()) {
                return false;
            }
            int topicEnd = levelEnd(topic, t + 1);
            int length = topicEnd - t;
            boolean isPlus = isOne && filter.charAt(f + 1) == '+';
            if (!isPlus && (filterEnd - f != length || !filter.regionMatches(f, topic, t, length))) {
                return false;
            }
            f = filterEnd;
            t = topicEnd;
        }
        return t == topic.length();
    }

    private Match merge(byte[] topic, int hash) {
        int ofPrefix = changesOf(exact.hash(topic, 0, prefixEnd(topic)));
        int ofTopic = changesOf(hash);
        long version = version(ofPrefix, ofTopic);
        SharedGroup[] groups = foundGroups.isEmpty() ? NO_GROUPS : foundGroups.toArray(NO_GROUPS);
        Match match = new Match(topic, version, ofPrefix, ofTopic, mergedTargets(), groups);
        found.clear();
        foundGroups.clear();
        return match;
    }

    private Target[] mergedTargets() {
        if (found.size() == 1) {
            Subscription only = found.get(0);
            return new Target[] {new Target(only.session(), List.of(only))};
        }
        found.sort(BY_SESSION);
        List<Target> targets = new ArrayList<>(found.size());
        for (int i = 0; i < found.size(); ) {
            Session session = found.get(i).session();
            int end = i + 1;
            while (end < found.size() && found.get(end).session() == session) {
                end++;
            }
            targets.add(new Target(session, List.copyOf(found.subList(i, end))));
            i = end;
        }
        return targets.toArray(NO_TARGETS);
    }

    // ---- levels ----

    private static int levelEnd(String text, int from) {
        int slash = text.indexOf('/', from);
        return slash < 0 ? text.length() : slash;
    }

    private int hash(String text, int from, int to) {
        long hash = hashSeed;
        for (int i = from; i < to; i++) {
            hash = (hash ^ text.charAt(i)) * PRIME;
            hash ^= hash >>> 32;
        }
        return (int) (hash ^ hash >>> 29) & hashMask;
    }
}
