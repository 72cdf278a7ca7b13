package io.tally.engine.routing;

import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The match of a topic, remembered from the last time it was asked for. A hit allocates nothing. Owned by the engine
 * thread.
 *
 * <p>Limit: {@link #TOPICS_MAX} topics are remembered; then a new one takes the place of an older one.
 */
public final class Router {
    static final int TOPICS_MAX = 1 << 16;

    /** A longer topic is matched each time. */
    static final int TOPIC_BYTES_MAX = 512;

    /** Estimate of what matches may take; when more has been remembered, all is forgotten. */
    private static final long BYTES_MAX = 64 << 20;

    private static final long BYTES_PER_MATCH = 80;
    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

    private final SubscriptionTree tree;
    private final @Nullable Match[] remembered = new Match[TOPICS_MAX];
    private long rememberedBytes;

    public Router(SubscriptionTree tree) {
        this.tree = tree;
    }

    /** Whom a message with this topic (UTF-8) goes to. */
    public Match match(DirectBuffer buffer, int offset, int length) {
        int slot = slot(buffer, offset, length);
        Match match = remembered[slot];
        if (match != null && tree.isCurrent(match) && isTopic(match, buffer, offset, length)) {
            return match;
        }
        Match found = tree.match(buffer, offset, length);
        remember(slot, found);
        return found;
    }

    private void remember(int slot, Match match) {
        long bytes = BYTES_PER_MATCH + match.topic.length;
        for (Target target : match.targets) {
            bytes += target.bytes();
        }
        if (match.topic.length > TOPIC_BYTES_MAX || bytes > BYTES_MAX) {
            return;
        }
        rememberedBytes += bytes;
        if (rememberedBytes > BYTES_MAX) {
            Arrays.fill(remembered, null);
            rememberedBytes = bytes;
        }
        remembered[slot] = match;
    }

    private static int slot(DirectBuffer buffer, int offset, int length) {
        long hash = length;
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            hash = (hash ^ buffer.getLong(offset + i)) * PRIME;
            hash ^= hash >>> 32;
        }
        for (; i < length; i++) {
            hash = (hash ^ buffer.getByte(offset + i)) * PRIME;
        }
        return (int) ((hash ^ hash >>> 29) >>> 13) & (TOPICS_MAX - 1);
    }

    private static boolean isTopic(Match match, DirectBuffer buffer, int offset, int length) {
        byte[] topic = match.topic;
        if (topic.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (topic[i] != buffer.getByte(offset + i)) {
                return false;
            }
        }
        return true;
    }
}
