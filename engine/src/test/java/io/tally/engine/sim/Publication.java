package io.tally.engine.sim;

import io.tally.protocol.command.PublishCommand;
import org.agrona.DirectBuffer;

/**
 * One message as the model has routed it.
 *
 * @param position of its command, 0 for one that is not journaled
 * @param isWill of the CONNECT at its position
 * @param size of the command in bytes
 * @param expiresAtMs epoch milliseconds, {@link Long#MAX_VALUE} = never
 */
record Publication(
        long position,
        String publisher,
        String topic,
        String payload,
        int qos,
        boolean retain,
        boolean isWill,
        int size,
        long expirySeconds,
        long expiresAtMs) {

    static Publication of(String publisher, long position, long timeMs, DirectBuffer buffer, int offset) {
        PublishCommand p = new PublishCommand().wrap(buffer, offset);
        String topic = buffer.getStringWithoutLengthUtf8(p.topicOffset(), p.topicLength());
        String payload = buffer.getStringWithoutLengthUtf8(p.payloadOffset(), p.payloadLength());
        long expirySeconds = p.expires() ? p.expirySeconds() : Packet.NONE;
        Publication read = new Publication(
                position,
                publisher,
                topic,
                payload,
                p.qos(),
                p.retain(),
                offset != 0,
                p.length(),
                expirySeconds,
                Long.MAX_VALUE);
        return read.at(timeMs);
    }

    /** As if it were published then: wills live from the moment at which they are published. */
    Publication at(long timeMs) {
        long expires = expirySeconds == Packet.NONE ? Long.MAX_VALUE : timeMs + expirySeconds * 1000;
        return new Publication(position, publisher, topic, payload, qos, retain, isWill, size, expirySeconds, expires);
    }

    boolean isExpired(long nowMs) {
        return nowMs >= expiresAtMs;
    }

    boolean hasContent(String otherTopic, String otherPayload) {
        return topic.equals(otherTopic) && payload.equals(otherPayload);
    }
}
