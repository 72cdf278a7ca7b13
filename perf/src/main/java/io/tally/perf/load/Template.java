package io.tally.perf.load;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.PublishEncoder;
import java.nio.charset.StandardCharsets;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** The PUBLISH of one publisher, ready but for packet id, sequence and time. */
final class Template {
    private final UnsafeBuffer packet;
    private final int payloadOffset;
    private final int packetIdOffset;

    /** Of this workload's size, QoS and topic; the payload behind the stamp is zeros. */
    Template(Workload workload, int version, int publisher, int run) {
        UnsafeBuffer payload = new UnsafeBuffer(new byte[workload.payloadBytes()]);
        Stamp.writeFixed(payload, 0, publisher, run);
        UnsafeBuffer topic = new UnsafeBuffer(workload.topicOf(publisher).getBytes(StandardCharsets.UTF_8));
        PublishEncoder encoder = new PublishEncoder()
                .begin(version, workload.qos(), 1)
                .topic(topic, 0, topic.capacity())
                .payload(payload, 0, payload.capacity());
        packet = new UnsafeBuffer(new byte[encoder.encodedLength()]);
        encoder.encode(packet, 0);
        payloadOffset = packet.capacity() - payload.capacity();
        int idLength = workload.qos() == 0 ? 0 : Short.BYTES;
        packetIdOffset = payloadOffset - idLength - (version == ProtocolVersion.V5 ? 1 : 0);
    }

    int length() {
        return packet.capacity();
    }

    /** Writes one message; the packet id is not looked at at QoS 0. Returns the index behind it. */
    int copy(MutableDirectBuffer b, int index, int packetId, int sequence, long timeNs) {
        b.putBytes(index, packet, 0, packet.capacity());
        if (packetIdOffset < payloadOffset && packetId != 0) {
            b.putShort(index + packetIdOffset, (short) packetId, BIG_ENDIAN);
        }
        Stamp.write(b, index + payloadOffset, sequence, timeNs);
        return index + packet.capacity();
    }
}
