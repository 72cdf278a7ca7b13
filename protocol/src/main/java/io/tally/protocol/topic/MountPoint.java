package io.tally.protocol.topic;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * What the broker puts in front of all topics of some clients, and takes away from what it sends to them. {@code $SYS}
 * is the same for all. Immutable, for any thread. Allocates nothing.
 */
public final class MountPoint {
    public static final MountPoint NONE = new MountPoint("");

    private static final int LENGTH_MAX = 65_535;

    private final byte[] prefix;

    /** @param prefix a topic name that ends with a slash; empty = none */
    public MountPoint(String prefix) {
        if (!prefix.isEmpty() && !(TopicNames.isValid(prefix) && prefix.endsWith("/"))) {
            throw new IllegalArgumentException("not a topic name that ends with a slash: " + prefix);
        }
        this.prefix = prefix.getBytes(StandardCharsets.UTF_8);
    }

    public boolean isNone() {
        return prefix.length == 0;
    }

    /** Writes a topic name with the prefix. Answers the length, or −1 when it is longer than MQTT allows. */
    public int mountName(DirectBuffer b, int offset, int length, MutableDirectBuffer to, int at) {
        return mount(b, offset, 0, length, to, at);
    }

    /** As {@link #mountName} a topic filter; in a shared one the prefix stands behind {@code $share/NAME/}. */
    public int mountFilter(DirectBuffer b, int offset, int length, MutableDirectBuffer to, int at) {
        return mount(b, offset, Math.max(0, TopicFilters.sharePrefixLength(b, offset, length)), length, to, at);
    }

    private int mount(DirectBuffer b, int offset, int head, int length, MutableDirectBuffer to, int at) {
        boolean isOfBroker = TopicNames.isOfBroker(b, offset + head, length - head);
        int added = isOfBroker ? 0 : prefix.length;
        if (length + added > LENGTH_MAX) {
            return -1;
        }
        to.putBytes(at, b, offset, head);
        to.putBytes(at + head, prefix, 0, added);
        to.putBytes(at + head + added, b, offset + head, length - head);
        return length + added;
    }

    /**
     * Bytes of a topic name that its clients do not see; −1 when they see nothing of it, as of what would look to them
     * like a topic that begins with {@code $}: a wildcard could bring it ([MQTT-4.7.2-1]).
     */
    public int hiddenLength(DirectBuffer topic, int offset, int length) {
        if (prefix.length == 0 || TopicNames.isOfBroker(topic, offset, length)) {
            return 0;
        }
        if (length <= prefix.length || topic.getByte(offset + prefix.length) == '$') {
            return -1;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (topic.getByte(offset + i) != prefix[i]) {
                return -1;
            }
        }
        return prefix.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MountPoint that && Arrays.equals(prefix, that.prefix);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(prefix);
    }

    @Override
    public String toString() {
        return new String(prefix, StandardCharsets.UTF_8);
    }
}
