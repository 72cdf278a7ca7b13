package io.tally.engine.retained;

import io.tally.engine.retained.RetainedMessages.Node;
import java.util.List;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds nodes of topics by their name and level, whatever is above them. So it is known at once of many filters that
 * they match nothing, and others begin their search where a name is that few topics have. Owned by the engine thread.
 */
final class NodesByName {
    /** What is further down is not found here. */
    private static final int LEVELS_MAX = 16;

    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

    /** Nodes in a ring that have a name and a level in common, or at least the hash of both. */
    private final Int2ObjectHashMap<Node> rings = new Int2ObjectHashMap<>();

    private final int[] nodesAt = new int[LEVELS_MAX];
    private final long factor;

    NodesByName(long hashSeed) {
        factor = (hashSeed ^ PRIME) * PRIME | 1;
    }

    /** The node is new in its parent, which has this level: 0 = the root. */
    void add(Node node, int level) {
        if (level >= LEVELS_MAX) {
            return;
        }
        nodesAt[level]++;
        Node ring = rings.putIfAbsent(hash(level, node.name), node);
        if (ring != null) {
            node.next = ring.next;
            node.previous = ring;
            ring.next.previous = node;
            ring.next = node;
        }
    }

    /** The node is no longer in its parent, which has this level. */
    void remove(Node node, int level) {
        if (level >= LEVELS_MAX) {
            return;
        }
        nodesAt[level]--;
        int hash = hash(level, node.name);
        if (node.next == node) {
            rings.remove(hash);
            return;
        }
        if (rings.get(hash) == node) {
            rings.put(hash, node.next);
        }
        node.previous.next = node.next;
        node.next.previous = node.previous;
        node.next = node;
        node.previous = node;
    }

    /** False when there is a level of the filter that no topic has. */
    boolean mayMatch(String[] filter) {
        for (int i = 0; i < filter.length && i < LEVELS_MAX; i++) {
            if (filter[i].equals("#")) {
                return true;
            }
            if (filter[i].equals("+") ? nodesAt[i] == 0 : !occurs(i, filter[i])) {
                return false;
            }
        }
        return true;
    }

    private boolean occurs(int level, String name) {
        Node first = rings.get(hash(level, name));
        Node node = first;
        while (node != null && !isAt(node, level, name)) {
            node = node.next == first ? null : node.next;
        }
        return node != null;
    }

    /**
     * Adds the nodes with a name at a level, in any order, and one more than {@code max} at most. These many do not
     * depend on the seed.
     */
    void find(int level, String name, int max, List<Node> into) {
        if (level >= LEVELS_MAX) {
            return;
        }
        Node first = rings.get(hash(level, name));
        Node node = first;
        int left = max + 1;
        while (node != null && left > 0) {
            if (isAt(node, level, name)) {
                into.add(node);
                left--;
            }
            node = node.next == first ? null : node.next;
        }
    }

    static boolean isFindable(int level) {
        return level < LEVELS_MAX;
    }

    private static boolean isAt(Node node, int level, String name) {
        if (!node.name.equals(name)) {
            return false;
        }
        int above = 0;
        for (@Nullable Node parent = node.parent; parent != null; parent = parent.parent) {
            above++;
        }
        return above == level + 1;
    }

    /** Clients must not be able to have many names meet in one ring, as they can those with equal hash codes. */
    int hash(int level, String name) {
        long hash = (level + 1) * factor;
        hash ^= hash >>> 32;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * factor;
            hash ^= hash >>> 32;
        }
        return Long.hashCode(hash * factor);
    }
}
