package io.tally.protocol.gateway;

import io.tally.protocol.Invariant;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Topic aliases in the PUBLISH packets to one client (3.3.2.3.4): the first topics sent get one each, and keep it as
 * long as the connection lives. Owned by the I/O loop's thread. Allocates nothing but what a new alias takes.
 */
final class TopicAliases {
    private static final int CAPACITY_MIN = 16;

    private final int aliasesMax;
    private final HeldMemory held;

    /** The topics by their hash, at most half full; the slot's alias stands beside it. */
    private byte[] @Nullable [] topics = new byte[CAPACITY_MIN] @Nullable [];

    private int[] aliases = new int[CAPACITY_MIN];
    private int count;

    /**
     * @param aliasesMax 1 to 65,535
     * @param held pays for the topics
     */
    TopicAliases(int aliasesMax, HeldMemory held) {
        this.aliasesMax = aliasesMax;
        this.held = held;
    }

    /** The alias of a topic, or 0 when it has none. */
    int find(DirectBuffer b, int offset, int length) {
        return aliases[slot(b, offset, length)];
    }

    /** The alias that {@link #add} will give next, or 0 when there is none left. */
    int next() {
        return count < aliasesMax ? count + 1 : 0;
    }

    /** Gives {@link #next} to a topic that has none; false when there is no memory for it. */
    boolean add(DirectBuffer b, int offset, int length) {
        Invariant.check(count < aliasesMax, "a topic alias is left");
        if (!held.tryTake(length)) {
            return false;
        }
        if (2 * (count + 1) > topics.length) {
            grow();
        }
        byte[] topic = new byte[length];
        b.getBytes(offset, topic);
        int slot = slot(b, offset, length);
        topics[slot] = topic;
        aliases[slot] = ++count;
        return true;
    }

    /** Of this topic, or a free one. */
    private int slot(DirectBuffer b, int offset, int length) {
        int mask = topics.length - 1;
        int slot = hash(b, offset, length) & mask;
        byte[] topic = topics[slot];
        while (topic != null && !isEqual(topic, b, offset, length)) {
            slot = (slot + 1) & mask;
            topic = topics[slot];
        }
        return slot;
    }

    private static int hash(DirectBuffer b, int offset, int length) {
        int hash = length;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + b.getByte(offset + i);
        }
        return hash ^ hash >>> 16;
    }

    private static int hash(byte[] topic) {
        int hash = topic.length;
        for (byte c : topic) {
            hash = 31 * hash + c;
        }
        return hash ^ hash >>> 16;
    }

    private static boolean isEqual(byte[] topic, DirectBuffer b, int offset, int length) {
        if (topic.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (topic[i] != b.getByte(offset + i)) {
                return false;
            }
        }
        return true;
    }

    private void grow() {
        byte[] @Nullable [] oldTopics = topics;
        int[] oldAliases = aliases;
        topics = new byte[2 * oldTopics.length] @Nullable [];
        aliases = new int[2 * oldTopics.length];
        for (int i = 0; i < oldTopics.length; i++) {
            byte[] topic = oldTopics[i];
            if (topic == null) {
                continue;
            }
            int slot = hash(topic) & (topics.length - 1);
            while (topics[slot] != null) {
                slot = (slot + 1) & (topics.length - 1);
            }
            topics[slot] = topic;
            aliases[slot] = oldAliases[i];
        }
    }
}
