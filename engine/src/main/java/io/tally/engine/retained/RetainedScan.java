package io.tally.engine.retained;

import io.tally.engine.retained.RetainedMessages.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the retained messages that match a filter, a bounded part at a time, ascending by topic levels. Messages may
 * come and go between two parts. Owned by the engine thread.
 */
public final class RetainedScan {
    /** Where the first part begins. */
    public static final String START = "";

    /** A search begins at a name that no more nodes have: looking for it costs little of what it spares. */
    private static final int RARE_MAX = 64;

    /** What the first part may look for, at all levels together: often there is nothing, and no other is needed. */
    private static final int VISITS_AT_FIRST = 1_024;

    /** To find a node by its name and then to go up from it costs as much as to visit one for so many levels. */
    private static final int LEVELS_PER_VISIT = 16;

    private final RetainedMessages messages;
    private final List<RetainedMessage> found = new ArrayList<>();
    private final ArrayDeque<Iterator<Map.Entry<String, Node>>> open = new ArrayDeque<>();
    private final List<String> path = new ArrayList<>();
    private final List<Node> named = new ArrayList<>();
    private final List<Node> rare = new ArrayList<>();
    private String[] levels = {};
    private int visitsLeft;
    private int foundLeft;
    private long bytesLeft;

    public RetainedScan(RetainedMessages messages) {
        this.messages = messages;
    }

    /** Begins a piece of work: what all parts together may visit, in nodes and names, and find, in bytes. */
    public void begin(int visitsMax, long bytesMax) {
        visitsLeft = visitsMax;
        bytesLeft = bytesMax;
    }

    /** Whether nothing is left of the piece of work. */
    public boolean isSpent() {
        return visitsLeft <= 0 || bytesLeft <= 0;
    }

    /** What the last part has found. */
    public List<RetainedMessage> found() {
        return found;
    }

    /**
     * Takes the next part, of at most so many messages; answers behind which topic to go on, null at the end.
     *
     * @param after what the part before has answered, {@link #START} at first
     */
    public @Nullable String next(String filter, String after, int foundMax) {
        found.clear();
        path.clear();
        open.clear();
        levels = RetainedMessages.split(filter);
        foundLeft = foundMax;
        visitsLeft--;
        if (!messages.names().mayMatch(levels)) {
            return null;
        }
        String[] cursor = after.equals(START) ? new String[0] : RetainedMessages.split(after);
        int level = rareLevel(cursor.length == 0 ? VISITS_AT_FIRST / Math.max(1, namesBehindPlus()) : 0);
        if (level >= 0) {
            return nextFrom(level, cursor);
        }
        boolean onCursor = cursor.length > 0;
        open.push(children(messages.root(), 0, onCursor ? cursor[0] : null));
        return search(cursor, onCursor);
    }

    /**
     * Behind the first "+" the level whose name the fewest nodes have, which are in {@link #rare} then; -1 when many
     * have each of them.
     *
     * @param visitsEach what may be spent on each such level if there are more than some nodes
     */
    private int rareLevel(int visitsEach) {
        int level = -1;
        boolean isBehindPlus = false;
        for (int i = 0; isName(i) || isPlus(i); i++) {
            isBehindPlus |= isPlus(i);
            if (isBehindPlus && !isPlus(i)) {
                int affordable = Math.min(visitsEach, visitsLeft) * LEVELS_PER_VISIT / (i + 1);
                int max = level < 0 ? Math.max(RARE_MAX, affordable) : rare.size() - 1;
                named.clear();
                messages.names().find(i, levels[i], max, named);
                visitsLeft -= 1 + named.size() * (i + 1) / LEVELS_PER_VISIT;
                if (named.size() <= max) {
                    level = i;
                    rare.clear();
                    rare.addAll(named);
                }
            }
        }
        return level;
    }

    private int namesBehindPlus() {
        int count = 0;
        boolean isBehindPlus = false;
        for (int i = 0; isName(i) || isPlus(i); i++) {
            isBehindPlus |= isPlus(i);
            count += isBehindPlus && isName(i) ? 1 : 0;
        }
        return count;
    }

    private boolean isPlus(int level) {
        return level < levels.length && levels[level].equals("+");
    }

    /** Whether there is such a level, with a name by which nodes can be found. */
    private boolean isName(int level) {
        return level < levels.length
                && NodesByName.isFindable(level)
                && !levels[level].equals("#")
                && !levels[level].equals("+");
    }

    /** Searches only at and below the nodes that have the filter's name at a level. */
    private @Nullable String nextFrom(int level, String[] cursor) {
        NavigableMap<String[], Node> inOrder = new TreeMap<>(Arrays::compare);
        for (Node node : rare) {
            String[] names = node.path();
            if (isOnTheWay(names)) {
                inOrder.put(names, node);
            }
        }
        for (Map.Entry<String[], Node> start : inOrder.entrySet()) {
            String[] names = start.getKey();
            int same = Arrays.mismatch(names, cursor);
            boolean onCursor = same < 0 || same == names.length;
            boolean wasBefore = !onCursor && same < cursor.length && names[same].compareTo(cursor[same]) < 0;
            if (!wasBefore) {
                path.addAll(Arrays.asList(names).subList(0, level));
                open.push(Map.of(names[level], start.getValue()).entrySet().iterator());
                String next = search(cursor, onCursor);
                if (next != null) {
                    return next;
                }
                path.clear();
            }
        }
        return null;
    }

    private boolean isOnTheWay(String[] names) {
        for (int i = 0; i < names.length; i++) {
            if (!levels[i].equals("+") && !levels[i].equals(names[i])) {
                return false;
            }
        }
        return !names[0].startsWith("$") || names[0].equals(levels[0]);
    }

    private @Nullable String search(String[] cursor, boolean beginsOnCursor) {
        boolean onCursor = beginsOnCursor;
        while (!open.isEmpty()) {
            if (!open.element().hasNext()) {
                leave();
                continue;
            }
            Map.Entry<String, Node> child = open.element().next();
            path.add(child.getKey());
            int depth = path.size();
            // What leads to the topic that the part before ended with was visited then.
            onCursor = onCursor && depth <= cursor.length && child.getKey().equals(cursor[depth - 1]);
            if (!onCursor) {
                visit(child.getValue(), depth);
                if (isSpent() || foundLeft == 0) {
                    return String.join("/", path);
                }
            }
            open.push(children(child.getValue(), depth, onCursor && depth < cursor.length ? cursor[depth] : null));
        }
        return null;
    }

    private void leave() {
        open.pop();
        if (!path.isEmpty()) {
            path.remove(path.size() - 1);
        }
    }

    private void visit(Node node, int depth) {
        visitsLeft--;
        RetainedMessage message = node.message;
        if (message != null && (depth == levels.length || isBelowHash(depth)) && !isHidden(depth)) {
            found.add(message);
            foundLeft--;
            bytesLeft -= message.size();
        }
    }

    /** "a/#" matches "a" and everything below. */
    private boolean isBelowHash(int depth) {
        return levels[levels.length - 1].equals("#") && depth >= levels.length - 1;
    }

    /** Wildcards at the start see no topics that begin with "$" [MQTT-4.7.2-1]. */
    private boolean isHidden(int depth) {
        return depth > 0 && path.get(0).startsWith("$") && !path.get(0).equals(levels[0]);
    }

    /** The children that may lead to a match, from a level on. */
    private Iterator<Map.Entry<String, Node>> children(Node node, int depth, @Nullable String from) {
        NavigableMap<String, Node> all = node.children;
        boolean anyName = isBelowHash(depth) || (depth < levels.length && levels[depth].equals("+"));
        if (all == null || isHidden(depth) || (!anyName && depth >= levels.length)) {
            return Collections.emptyIterator();
        }
        if (anyName) {
            return (from == null ? all : all.tailMap(from, true)).entrySet().iterator();
        }
        // Names are compared on the way down a tree, each somewhere else in memory.
        visitsLeft -= Integer.SIZE - Integer.numberOfLeadingZeros(all.size());
        Node exact = all.get(levels[depth]);
        return exact == null
                ? Collections.emptyIterator()
                : Map.of(levels[depth], exact).entrySet().iterator();
    }
}
