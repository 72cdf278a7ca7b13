package io.tally.engine.retained;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the retained messages that match a filter, a bounded part at a time, ascending by topic levels. Messages may
 * come and go between two parts. Owned by the engine thread.
 */
public final class RetainedScan {
    /** Where the first part begins. */
    public static final String START = "";

    private final RetainedMessages messages;
    private final List<RetainedMessage> found = new ArrayList<>();
    private final ArrayDeque<Iterator<Map.Entry<String, RetainedMessages.Node>>> open = new ArrayDeque<>();
    private final List<String> path = new ArrayList<>();
    private String[] levels = {};
    private int visitsLeft;
    private int foundLeft;
    private long bytesLeft;

    public RetainedScan(RetainedMessages messages) {
        this.messages = messages;
    }

    /** Begins a piece of work: what all parts together may visit, in nodes, and find, in bytes of messages. */
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
        if (!messages.mayMatch(levels)) {
            return null;
        }
        String[] cursor = after.equals(START) ? new String[0] : RetainedMessages.split(after);
        boolean onCursor = cursor.length > 0;
        open.push(children(messages.root(), 0, onCursor ? cursor[0] : null));
        while (!open.isEmpty()) {
            if (!open.element().hasNext()) {
                leave();
                continue;
            }
            Map.Entry<String, RetainedMessages.Node> child = open.element().next();
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

    private void visit(RetainedMessages.Node node, int depth) {
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
    private Iterator<Map.Entry<String, RetainedMessages.Node>> children(
            RetainedMessages.Node node, int depth, @Nullable String from) {
        NavigableMap<String, RetainedMessages.Node> all = node.children;
        boolean anyName = isBelowHash(depth) || (depth < levels.length && levels[depth].equals("+"));
        if (all == null || isHidden(depth) || (!anyName && depth >= levels.length)) {
            return Collections.emptyIterator();
        }
        if (anyName) {
            return (from == null ? all : all.tailMap(from, true)).entrySet().iterator();
        }
        RetainedMessages.Node exact = all.get(levels[depth]);
        return exact == null
                ? Collections.emptyIterator()
                : Map.of(levels[depth], exact).entrySet().iterator();
    }
}
