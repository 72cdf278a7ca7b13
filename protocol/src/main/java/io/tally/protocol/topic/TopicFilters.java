package io.tally.protocol.topic;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Topic filters: validity (section 4.7 of MQTT 5.0), shared subscriptions ({@code $share/NAME/FILTER}, section 4.8.2)
 * and matching. What takes bytes allocates nothing. Shared filters are recognised for every protocol version.
 */
public final class TopicFilters {
    /** Levels that a filter may have unless configured otherwise: 200 separators, as in Mosquitto. */
    public static final int LEVELS_MAX_DEFAULT = 201;

    /** Not well-formed UTF-8, or with U+0000. */
    public static final int NOT_UTF8 = -1;

    /** A wildcard in a wrong place, nothing to subscribe to, or {@code $share} without a name or a filter. */
    public static final int MISPLACED = -2;

    private static final String SHARE = "$share";
    private static final byte[] SHARE_BYTES = SHARE.getBytes(StandardCharsets.US_ASCII);

    private TopicFilters() {}

    /** Whether the bytes are a topic filter, shared or not, of at most {@code levelsMax} levels. */
    public static boolean isValid(DirectBuffer buffer, int offset, int length, int levelsMax) {
        int levels = check(buffer, offset, length);
        return levels > 0 && levels <= levelsMax;
    }

    /** Whether the bytes are a topic filter of at most {@link #LEVELS_MAX_DEFAULT} levels. */
    public static boolean isValid(DirectBuffer buffer, int offset, int length) {
        return isValid(buffer, offset, length, LEVELS_MAX_DEFAULT);
    }

    /** As {@link #isValid(DirectBuffer, int, int)}; allocates. */
    public static boolean isValid(String filter) {
        if (!Strings.isValid(filter)) {
            return false;
        }
        byte[] bytes = filter.getBytes(StandardCharsets.UTF_8);
        return isValid(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    /**
     * The number of levels (1 and more; of a shared filter without {@code $share/NAME/}), else {@link #NOT_UTF8} or
     * {@link #MISPLACED}.
     */
    public static int check(DirectBuffer buffer, int offset, int length) {
        if (!Utf8.isValid(buffer, offset, length)) {
            return NOT_UTF8;
        }
        int prefix = sharePrefixLength(buffer, offset, length);
        return prefix < 0 ? MISPLACED : checkLevels(buffer, offset + prefix, offset + length);
    }

    private static int checkLevels(DirectBuffer buffer, int start, int end) {
        if (start == end) {
            return MISPLACED;
        }
        int levels = 1;
        for (int at = start; at < end; at++) {
            int b = buffer.getByte(at);
            if (b == '/') {
                levels++;
            } else if ((b == '#' || b == '+') && !isAlone(buffer, start, at, end)) {
                return MISPLACED;
            } else if (b == '#' && at + 1 < end) {
                return MISPLACED;
            }
        }
        return levels;
    }

    private static boolean isAlone(DirectBuffer buffer, int start, int at, int end) {
        return (at == start || buffer.getByte(at - 1) == '/') && (at + 1 == end || buffer.getByte(at + 1) == '/');
    }

    /**
     * Length of {@code $share/NAME/} in front of the filter proper: 0 when the filter is not shared, −1 when it starts
     * so but has no name, a wildcard in the name, or no separator behind it.
     */
    public static int sharePrefixLength(DirectBuffer buffer, int offset, int length) {
        if (!startsWithShare(buffer, offset, length)) {
            return 0;
        }
        int end = offset + length;
        int nameStart = offset + SHARE_BYTES.length + 1;
        for (int at = nameStart; at < end; at++) {
            int b = buffer.getByte(at);
            if (b == '/') {
                return at == nameStart ? -1 : at + 1 - offset;
            }
            if (b == '+' || b == '#') {
                return -1;
            }
        }
        return -1;
    }

    /** {@code $share} alone counts too: a topic of that name cannot be subscribed to. */
    private static boolean startsWithShare(DirectBuffer buffer, int offset, int length) {
        if (length < SHARE_BYTES.length) {
            return false;
        }
        for (int i = 0; i < SHARE_BYTES.length; i++) {
            if (buffer.getByte(offset + i) != SHARE_BYTES[i]) {
                return false;
            }
        }
        return length == SHARE_BYTES.length || buffer.getByte(offset + SHARE_BYTES.length) == '/';
    }

    /** Whether a valid filter is shared. */
    public static boolean isShared(String filter) {
        return filter.startsWith("$share/");
    }

    /** NAME of a valid {@code $share/NAME/FILTER}; empty for a filter that is not shared. */
    public static String shareName(String filter) {
        return isShared(filter) ? filter.substring(SHARE.length() + 1, nameEnd(filter)) : "";
    }

    /** FILTER of a valid {@code $share/NAME/FILTER}; the filter itself when it is not shared. */
    public static String withoutShare(String filter) {
        return isShared(filter) ? filter.substring(nameEnd(filter) + 1) : filter;
    }

    private static int nameEnd(String filter) {
        return filter.indexOf('/', SHARE.length() + 1);
    }

    /** Whether a valid filter has a wildcard. */
    public static boolean hasWildcard(String filter) {
        return filter.indexOf('+') >= 0 || filter.indexOf('#') >= 0;
    }

    /**
     * Whether a valid filter matches a valid topic name. A shared filter matches by what follows its share name. A
     * filter that begins with a wildcard matches no topic that begins with {@code $} ([MQTT-4.7.2-1]).
     */
    public static boolean matches(String filter, String topic) {
        String rest = withoutShare(filter);
        char first = rest.charAt(0);
        if (topic.charAt(0) == '$' && (first == '+' || first == '#')) {
            return false;
        }
        return matchesLevels(rest, topic);
    }

    /**
     * As {@link #matches(String, String)} for a filter that is not shared, over bytes: the whole of {@code filter}, and
     * a valid topic name. Allocates nothing.
     */
    public static boolean matches(DirectBuffer filter, DirectBuffer topic, int offset, int length) {
        byte first = filter.getByte(0);
        if ((first == '#' || first == '+') && topic.getByte(offset) == '$') {
            return false;
        }
        int filterEnd = filter.capacity();
        int end = offset + length;
        int f = 0;
        int t = offset;
        while (true) {
            int start = f < filterEnd ? filter.getByte(f) : 0;
            if (start == '#') {
                return true;
            }
            if (start == '+') {
                f++;
                t = levelEnd(topic, t, end);
            } else {
                for (; f < filterEnd && filter.getByte(f) != '/'; f++, t++) {
                    if (t == end || filter.getByte(f) != topic.getByte(t)) {
                        return false;
                    }
                }
            }
            if (t != end && topic.getByte(t) != '/') {
                return false;
            }
            if (f == filterEnd || t == end) {
                return f == filterEnd ? t == end : filterEnd - f == 2 && filter.getByte(f + 1) == '#';
            }
            f++;
            t++;
        }
    }

    private static int levelEnd(DirectBuffer topic, int start, int end) {
        int at = start;
        while (at < end && topic.getByte(at) != '/') {
            at++;
        }
        return at;
    }

    private static boolean matchesLevels(String filter, String topic) {
        int f = 0;
        int t = 0;
        while (true) {
            int filterEnd = levelEnd(filter, f);
            if (filterEnd - f == 1 && filter.charAt(f) == '#') {
                return true;
            }
            int topicEnd = levelEnd(topic, t);
            if (!levelMatches(filter, f, filterEnd, topic, t, topicEnd)) {
                return false;
            }
            boolean filterDone = filterEnd == filter.length();
            if (filterDone || topicEnd == topic.length()) {
                return filterDone ? topicEnd == topic.length() : filter.startsWith("/#", filterEnd);
            }
            f = filterEnd + 1;
            t = topicEnd + 1;
        }
    }

    private static boolean levelMatches(
            String filter, int filterStart, int filterEnd, String topic, int topicStart, int topicEnd) {
        int length = filterEnd - filterStart;
        if (length == 1 && filter.charAt(filterStart) == '+') {
            return true;
        }
        return length == topicEnd - topicStart && filter.regionMatches(filterStart, topic, topicStart, length);
    }

    private static int levelEnd(String text, int start) {
        int slash = text.indexOf('/', start);
        return slash < 0 ? text.length() : slash;
    }
}
