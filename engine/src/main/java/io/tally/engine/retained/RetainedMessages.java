package io.tally.engine.retained;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All retained messages, by the levels of their topics. Bodies are elsewhere. Owned by the engine thread. */
public final class RetainedMessages {
    private final Node root = new Node();
    private final Map<String, Boolean> dirtyTopics = new HashMap<>();
    private long count;

    private static final class Node {
        @Nullable
        RetainedMessage message;

        /** Sorted, so that every replica delivers in the same order. */
        @Nullable
        Map<String, Node> children;
    }

    public long count() {
        return count;
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
        for (String level : split(message.topic())) {
            Map<String, Node> children = node.children;
            if (children == null) {
                children = new TreeMap<>();
                node.children = children;
            }
            node = children.computeIfAbsent(level, k -> new Node());
        }
        RetainedMessage old = node.message;
        node.message = message;
        count += old == null ? 1 : 0;
        return old;
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
            count--;
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

    public List<RetainedMessage> all() {
        List<RetainedMessage> found = new ArrayList<>();
        collectAll(root, false, found);
        return found;
    }

    /** The messages whose topics match the filter, by ascending topic levels. */
    public List<RetainedMessage> matching(String filter) {
        List<RetainedMessage> found = new ArrayList<>();
        ArrayDeque<Node> current = new ArrayDeque<>();
        current.add(root);
        String[] levels = split(filter);
        for (int i = 0; i < levels.length; i++) {
            if (levels[i].equals("#")) {
                // "a/#" matches "a" too, but "#" does not match the empty root.
                current.forEach(node -> collectAll(node, node == root, found));
                return found;
            }
            for (int n = current.size(); n > 0; n--) {
                step(current.remove(), levels[i], i == 0, current);
            }
        }
        for (Node node : current) {
            if (node.message != null) {
                found.add(node.message);
            }
        }
        return found;
    }

    private static void step(Node node, String level, boolean first, ArrayDeque<Node> next) {
        if (node.children == null) {
            return;
        }
        if (!level.equals("+")) {
            Node exact = node.children.get(level);
            if (exact != null) {
                next.add(exact);
            }
            return;
        }
        node.children.forEach((name, child) -> {
            if (!first || !name.startsWith("$")) {
                next.add(child);
            }
        });
    }

    private static void collectAll(Node start, boolean atRoot, List<RetainedMessage> found) {
        ArrayDeque<Node> stack = new ArrayDeque<>();
        stack.push(start);
        boolean hideDollar = atRoot;
        while (!stack.isEmpty()) {
            Node node = stack.pop();
            if (node.message != null) {
                found.add(node.message);
            }
            if (node.children != null) {
                boolean hide = hideDollar;
                List<Node> children = new ArrayList<>();
                node.children.forEach((name, child) -> {
                    if (!hide || !name.startsWith("$")) {
                        children.add(child);
                    }
                });
                for (int i = children.size() - 1; i >= 0; i--) {
                    stack.push(children.get(i));
                }
            }
            hideDollar = false;
        }
    }

    private static String[] split(String topic) {
        return topic.split("/", -1);
    }
}
