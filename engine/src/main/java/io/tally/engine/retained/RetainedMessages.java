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
    private final Node root = new Node();
    private final Map<String, Boolean> dirtyTopics = new HashMap<>();

    /** Those that expire, the next one first. */
    private final TreeSet<RetainedMessage> expiring =
            new TreeSet<>(Comparator.comparingLong(RetainedMessage::expiresAtMs).thenComparing(RetainedMessage::topic));

    private final LevelNames names;

    private long count;
    private long bytes;

    /** @param hashSeed what clients cannot know; no part of the state */
    public RetainedMessages(long hashSeed) {
        names = new LevelNames(hashSeed);
    }

    static final class Node {
        @Nullable
        RetainedMessage message;

        /** Sorted, so that every replica delivers in the same order. */
        @Nullable
        NavigableMap<String, Node> children;
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
        for (String level : levels) {
            NavigableMap<String, Node> children = node.children;
            if (children == null) {
                children = new TreeMap<>();
                node.children = children;
            }
            node = children.computeIfAbsent(level, k -> new Node());
        }
        RetainedMessage old = node.message;
        node.message = message;
        if (old == null) {
            names.count(levels, 1);
        }
        counted(old, -1);
        counted(message, 1);
        return old;
    }

    private void counted(@Nullable RetainedMessage message, int sign) {
        if (message == null) {
            return;
        }
        count += sign;
        bytes += (long) sign * message.size();
        if (message.expirySeconds() >= 0 && sign > 0) {
            expiring.add(message);
        } else if (message.expirySeconds() >= 0) {
            expiring.remove(message);
        }
    }

    /** Removes the message of a topic and answers it. */
    public @Nullable RetainedMessage remove(String topic) {
        List<Node> path = new ArrayList<>();
        String[] levels = split(topic);
        Node node = root;
        for (String level : levels) {
            path.add(node);
            Node next = node.children == null ? null : node.children.get(level);
            if (next == null) {
                return null;
            }
            node = next;
        }
        RetainedMessage old = node.message;
        if (old != null) {
            node.message = null;
            names.count(levels, -1);
            counted(old, -1);
            dirtyTopics.putIfAbsent(topic, true);
            prune(path, levels, node);
        }
        return old;
    }

    private static void prune(List<Node> path, String[] levels, Node last) {
        Node node = last;
        for (int i = path.size() - 1; i >= 0; i--) {
            boolean unused = node.message == null && (node.children == null || node.children.isEmpty());
            Map<String, Node> siblings = path.get(i).children;
            if (!unused || siblings == null) {
                return;
            }
            siblings.remove(levels[i]);
            node = path.get(i);
        }
    }

    public @Nullable RetainedMessage get(String topic) {
        Node node = root;
        for (String level : split(topic)) {
            Node next = node.children == null ? null : node.children.get(level);
            if (next == null) {
                return null;
            }
            node = next;
        }
        return node.message;
    }

    /** False when it is clear without a search that no topic matches. */
    boolean mayMatch(String[] filter) {
        return names.mayMatch(filter);
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
