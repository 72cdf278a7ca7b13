package io.tally.engine.retained;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** All retained messages, by the levels of their topics. Bodies are elsewhere. Owned by the engine thread. */
public final class RetainedMessages {
    private final Node root = new Node(null, "");
    private final Map<String, Boolean> dirtyTopics = new HashMap<>();

    /** Those that expire, the next one first. */
    private final TreeSet<RetainedMessage> expiring =
            new TreeSet<>(Comparator.comparingLong(RetainedMessage::expiresAtMs).thenComparing(RetainedMessage::topic));

    private final NodesByName names;

    private long count;
    private long bytes;

    /** @param hashSeed what clients cannot know; no part of the state */
    public RetainedMessages(long hashSeed) {
        names = new NodesByName(hashSeed);
    }

    /** One level of topics. */
    static final class Node {
        @Nullable
        final Node parent;

        final String name;

        /** The ring in which {@link NodesByName} has it. */
        Node next = this;

        Node previous = this;

        @Nullable
        RetainedMessage message;

        /** Sorted, so that every replica delivers in the same order. */
        @Nullable
        NavigableMap<String, Node> children;

        Node(@Nullable Node parent, String name) {
            this.parent = parent;
            this.name = name;
        }

        /** The levels of its topic, down to this one. */
        String[] path() {
            ArrayDeque<String> names = new ArrayDeque<>();
            for (Node node = this; node.parent != null; node = node.parent) {
                names.push(node.name);
            }
            return names.toArray(new String[0]);
        }
    }

    public long count() {
        return count;
    }

    /** Of their commands. */
    public long bytes() {
        return bytes;
    }

    /** When the next one expires, epoch milliseconds; {@link Long#MAX_VALUE} = none does. */
    public long nextExpiryMs() {
        return expiring.isEmpty() ? Long.MAX_VALUE : expiring.first().expiresAtMs();
    }

    /** The topic of one that is expired; null when none is. */
    public @Nullable String expired(long nowMs) {
        return nextExpiryMs() > nowMs ? null : expiring.first().topic();
    }

    /**
     * Topics whose rows change with the next checkpoint, and whether there was a row at the last one; cleared by the
     * caller.
     */
    public Map<String, Boolean> dirtyTopics() {
        return dirtyTopics;
    }

    /** Puts the message in place and answers the one it replaces. */
    public @Nullable RetainedMessage put(RetainedMessage message) {
        RetainedMessage old = restore(message);
        dirtyTopics.putIfAbsent(message.topic(), old != null);
        return old;
    }

    /** As {@link #put}, for one read back from the state store. */
    public @Nullable RetainedMessage restore(RetainedMessage message) {
        Node node = root;
        String[] levels = split(message.topic());
        for (int level = 0; level < levels.length; level++) {
            node = child(node, level, levels[level]);
        }
        RetainedMessage old = node.message;
        node.message = message;
        counted(old, -1);
        counted(message, 1);
        return old;
    }

    private Node child(Node node, int level, String name) {
        NavigableMap<String, Node> children = node.children;
        if (children == null) {
            children = new TreeMap<>();
            node.children = children;
        }
        Node child = children.get(name);
        if (child == null) {
            child = new Node(node, name);
            children.put(name, child);
            names.add(child, level);
        }
        return child;
    }

    private void counted(@Nullable RetainedMessage message, int sign) {
        if (message == null) {
            return;
        }
        count += sign;
        bytes += (long) sign * message.size();
        if (message.expires() && sign > 0) {
            expiring.add(message);
        } else if (message.expires()) {
            expiring.remove(message);
        }
    }

    /** Removes the message of a topic and answers it. */
    public @Nullable RetainedMessage remove(String topic) {
        String[] levels = split(topic);
        Node node = node(levels);
        RetainedMessage old = node == null ? null : node.message;
        if (node != null && old != null) {
            node.message = null;
            counted(old, -1);
            dirtyTopics.putIfAbsent(topic, true);
            prune(node, levels.length - 1);
        }
        return old;
    }

    /** What leads to no message any more goes. */
    private void prune(Node last, int lastLevel) {
        Node node = last;
        int level = lastLevel;
        for (Node parent = node.parent; parent != null && isUnused(node); parent = node.parent) {
            if (parent.children != null) {
                parent.children.remove(node.name);
            }
            names.remove(node, level--);
            node = parent;
        }
    }

    private static boolean isUnused(Node node) {
        return node.message == null && (node.children == null || node.children.isEmpty());
    }

    public @Nullable RetainedMessage get(String topic) {
        Node node = node(split(topic));
        return node == null ? null : node.message;
    }

    private @Nullable Node node(String[] levels) {
        Node node = root;
        for (String level : levels) {
            Node next = node.children == null ? null : node.children.get(level);
            if (next == null) {
                return null;
            }
            node = next;
        }
        return node;
    }

    NodesByName names() {
        return names;
    }

    Node root() {
        return root;
    }

    public List<RetainedMessage> all() {
        List<RetainedMessage> all = new ArrayList<>();
        ArrayDeque<Node> open = new ArrayDeque<>();
        open.push(root);
        while (!open.isEmpty()) {
            Node node = open.pop();
            if (node.message != null) {
                all.add(node.message);
            }
            if (node.children != null) {
                open.addAll(node.children.values());
            }
        }
        return all;
    }

    static String[] split(String topic) {
        return topic.split("/", -1);
    }
}
