package io.tally.engine.routing;

import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All subscriptions, by the levels of their filters. Matching walks level by level, without recursion. Owned by the
 * engine thread.
 */
public final class SubscriptionTree {
    private final Node root = new Node(null, "");
    private final Function<String, SharedGroup> groups;
    private long version = 1;
    private long count;

    /** @param groups the group of a shared filter, new if there is none */
    public SubscriptionTree(Function<String, SharedGroup> groups) {
        this.groups = groups;
    }

    private static final class Node {
        final @Nullable Node parent;
        final String level;

        @Nullable
        Map<String, Node> children;

        @Nullable
        Node plus;

        @Nullable
        Node hash;

        /** By session; made for one and for very many alike. */
        Map<Session, Subscription> subscriptions = Map.of();

        /** By share name, sorted: the order of delivery is the same however they came about. */
        @Nullable
        Map<String, SharedGroup> groups;

        Node(@Nullable Node parent, String level) {
            this.parent = parent;
            this.level = level;
        }

        void add(Subscription subscription) {
            if (subscriptions.isEmpty()) {
                subscriptions = Map.of(subscription.session(), subscription);
                return;
            }
            if (subscriptions.size() == 1) {
                subscriptions = new LinkedHashMap<>(subscriptions);
            }
            subscriptions.put(subscription.session(), subscription);
        }

        void remove(Subscription subscription) {
            if (subscriptions.size() > 1) {
                subscriptions.remove(subscription.session());
            } else if (subscriptions.containsKey(subscription.session())) {
                subscriptions = Map.of();
            }
        }

        boolean isUnused() {
            return subscriptions.isEmpty()
                    && (groups == null || groups.isEmpty())
                    && (children == null || children.isEmpty())
                    && plus == null
                    && hash == null;
        }
    }

    /** Changes with every change of what a topic could match. */
    public long version() {
        return version;
    }

    public long count() {
        return count;
    }

    public void add(Subscription subscription) {
        Node node = root;
        for (String level : levels(subscription.filter())) {
            node = childFor(node, level);
        }
        String shareName = subscription.shareName();
        if (shareName != null) {
            Map<String, SharedGroup> groups = node.groups;
            if (groups == null) {
                groups = new TreeMap<>();
                node.groups = groups;
            }
            groups.computeIfAbsent(shareName, name -> this.groups.apply(subscription.fullFilter()))
                    .add(subscription);
        } else {
            node.add(subscription);
        }
        version++;
        count++;
    }

    public void remove(Subscription subscription) {
        Node node = root;
        for (String level : levels(subscription.filter())) {
            Node next = child(node, level);
            if (next == null) {
                return;
            }
            node = next;
        }
        removeAt(node, subscription);
        version++;
        count--;
        while (node.parent != null && node.isUnused()) {
            Node parent = node.parent;
            unlink(parent, node);
            node = parent;
        }
    }

    private static void removeAt(Node node, Subscription subscription) {
        String shareName = subscription.shareName();
        Map<String, SharedGroup> groups = node.groups;
        if (shareName == null) {
            node.remove(subscription);
            return;
        }
        SharedGroup group = groups == null ? null : groups.get(shareName);
        if (groups != null && group != null) {
            group.remove(subscription);
            if (group.isEmpty()) {
                groups.remove(shareName);
            }
        }
    }

    private static void unlink(Node parent, Node node) {
        if (node == parent.plus) {
            parent.plus = null;
        } else if (node == parent.hash) {
            parent.hash = null;
        } else if (parent.children != null) {
            parent.children.remove(node.level);
        }
    }

    private static @Nullable Node child(Node node, String level) {
        return switch (level) {
            case "+" -> node.plus;
            case "#" -> node.hash;
            default -> node.children == null ? null : node.children.get(level);
        };
    }

    private static Node childFor(Node node, String level) {
        Node present = child(node, level);
        if (present != null) {
            return present;
        }
        Node made = new Node(node, level);
        switch (level) {
            case "+" -> node.plus = made;
            case "#" -> node.hash = made;
            default -> {
                Map<String, Node> children = node.children;
                if (children == null) {
                    children = new HashMap<>(2);
                    node.children = children;
                }
                children.put(level, made);
            }
        }
        return made;
    }

    /** Finds everyone the topic goes to. */
    Match match(String topic, byte[] topicBytes) {
        List<String> levels = levels(topic);
        List<Node> found = new ArrayList<>();
        ArrayDeque<Node> current = new ArrayDeque<>();
        current.add(root);
        // A filter that begins with a wildcard does not match a topic that begins with '$' [MQTT-4.7.2-1].
        boolean wildcards = !topic.startsWith("$");
        for (String level : levels) {
            for (int n = current.size(); n > 0; n--) {
                step(current.remove(), level, wildcards, current, found);
            }
            wildcards = true;
        }
        for (Node node : current) {
            found.add(node);
            if (node.hash != null) {
                found.add(node.hash);
            }
        }
        return merge(topicBytes, found);
    }

    private static void step(Node node, String level, boolean wildcards, ArrayDeque<Node> next, List<Node> found) {
        if (wildcards && node.hash != null) {
            found.add(node.hash);
        }
        if (wildcards && node.plus != null) {
            next.add(node.plus);
        }
        Node exact = node.children == null ? null : node.children.get(level);
        if (exact != null) {
            next.add(exact);
        }
    }

    private Match merge(byte[] topicBytes, List<Node> found) {
        Map<Session, List<Subscription>> bySession = new LinkedHashMap<>();
        List<SharedGroup> groups = new ArrayList<>();
        for (Node node : found) {
            for (Subscription s : node.subscriptions.values()) {
                bySession.computeIfAbsent(s.session(), k -> new ArrayList<>(1)).add(s);
            }
            if (node.groups != null) {
                groups.addAll(node.groups.values());
            }
        }
        List<Target> targets = new ArrayList<>(bySession.size());
        bySession.forEach((session, subscriptions) -> targets.add(new Target(session, subscriptions)));
        targets.sort(Comparator.comparingLong(t -> t.session.id));
        return new Match(topicBytes, version, targets, groups);
    }

    private static List<String> levels(String filter) {
        List<String> levels = new ArrayList<>(8);
        int from = 0;
        for (int slash = filter.indexOf('/'); slash >= 0; slash = filter.indexOf('/', from)) {
            levels.add(filter.substring(from, slash));
            from = slash + 1;
        }
        levels.add(filter.substring(from));
        return levels;
    }
}
