package io.tally.protocol.gateway;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What one connection may publish and receive. Remembers the answer for the last topic each way, as most clients use
 * the same again. Owned by the I/O loop's thread. Allocates nothing while the rules stay.
 */
final class AccessChecks {
    /** A longer topic is looked up each time. */
    private static final int REMEMBERED_MAX = 256;

    private final AccessControl control;
    private final @Nullable String userName;
    private final String clientId;
    private byte @Nullable [] source;
    private int generation;
    private AccessRules rules;
    private @Nullable UnsafeBuffer willTopic;
    private final LastTopic published = new LastTopic();
    private final LastTopic received = new LastTopic();

    AccessChecks(AccessControl control, @Nullable String userName, String clientId) {
        this.control = control;
        this.userName = userName;
        this.clientId = clientId;
        generation = control.generation();
        rules = control.rulesFor(userName, clientId);
    }

    /** What {@link RetainSources} has to know later of a retained message of this client; empty = nothing. */
    byte[] source() {
        byte[] result = source;
        if (result == null) {
            result = RetainSources.encode(control.name(), clientId, userName);
            source = result;
        }
        return result;
    }

    /** Whether what goes with a retained message would be too long. */
    boolean isSourceTooLong() {
        return RetainSources.encode(control.name(), clientId, userName).length > RetainSources.LENGTH_MAX;
    }

    /** The topic asked for last. */
    private static final class LastTopic {
        byte[] bytes = new byte[0];
        int length = -1;
        boolean answer;

        boolean is(DirectBuffer topic, int offset, int asked) {
            if (asked != length) {
                return false;
            }
            for (int i = asked - 1; i >= 0; i--) {
                if (bytes[i] != topic.getByte(offset + i)) {
                    return false;
                }
            }
            return true;
        }

        boolean keep(DirectBuffer topic, int offset, int asked, boolean isAllowed) {
            length = -1;
            if (asked <= REMEMBERED_MAX) {
                if (bytes.length < asked) {
                    bytes = new byte[Math.min(REMEMBERED_MAX, Math.max(32, 2 * asked))];
                }
                topic.getBytes(offset, bytes, 0, asked);
                length = asked;
                answer = isAllowed;
            }
            return isAllowed;
        }
    }

    boolean mayPublish(DirectBuffer topic, int offset, int length) {
        followChanges();
        if (published.is(topic, offset, length)) {
            return published.answer;
        }
        return published.keep(topic, offset, length, rules.mayPublish(topic, offset, length));
    }

    boolean mayReceive(DirectBuffer topic, int offset, int length) {
        followChanges();
        if (received.is(topic, offset, length)) {
            return received.answer;
        }
        return received.keep(topic, offset, length, rules.mayReceive(topic, offset, length));
    }

    /** As {@link #mayPublish}; such a will is asked for once more by {@link #mayPublishWill}. */
    boolean mayLeaveWill(DirectBuffer topic, int offset, int length) {
        byte[] copy = new byte[length];
        topic.getBytes(offset, copy);
        willTopic = new UnsafeBuffer(copy);
        return rules.mayPublish(topic, offset, length);
    }

    /** Whether the client's will, if it has one, may still be published. */
    boolean mayPublishWill() {
        followChanges();
        UnsafeBuffer topic = willTopic;
        return topic == null || rules.mayPublish(topic, 0, topic.capacity());
    }

    private void followChanges() {
        int now = control.generation();
        if (now != generation) {
            generation = now;
            rules = control.rulesFor(userName, clientId);
            published.length = -1;
            received.length = -1;
        }
    }
}
