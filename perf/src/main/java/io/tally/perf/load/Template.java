package io.tally.perf.load;

import static java.nio.ByteOrder.BIG_ENDIAN;

import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.PublishEncoder;
import java.nio.charset.StandardCharsets;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The PUBLISH of one publisher, ready but for packet id, number of the topic, sequence and time: one packet for each
 * length that the number can have. Allocates nothing once it is made.
 */
final class Template {
    private static final int TEN = 10;

    private final int topics;

    /** By the digits of the topic's number, less one. */
    private final Variant[] variants;

    private record Variant(UnsafeBuffer packet, int packetIdOffset, int numberOffset, int payloadOffset) {}

    /** Of this workload's size, QoS and topic; the payload behind the stamp is zeros. */
    Template(Workload workload, int version, int publisher, int run) {
        topics = workload.topics();
        variants = new Variant[Integer.toString(topics - 1).length()];
        for (int i = 0; i < variants.length; i++) {
            variants[i] = variant(workload, version, publisher, run, "0".repeat(i + 1));
        }
    }

    private static Variant variant(Workload workload, int version, int publisher, int run, String number) {
        UnsafeBuffer payload = new UnsafeBuffer(new byte[workload.payloadBytes()]);
        Stamp.writeFixed(payload, 0, publisher, run);
        UnsafeBuffer topic = new UnsafeBuffer(utf8(workload.topicOf(publisher, number)));
        PublishEncoder encoder = new PublishEncoder()
                .begin(version, workload.qos(), 1)
                .topic(topic, 0, topic.capacity())
                .payload(payload, 0, payload.capacity());
        UnsafeBuffer packet = new UnsafeBuffer(new byte[encoder.encodedLength()]);
        encoder.encode(packet, 0);
        int payloadOffset = packet.capacity() - payload.capacity();
        int idLength = workload.qos() == 0 ? 0 : Short.BYTES;
        int packetIdOffset = payloadOffset - idLength - (version == ProtocolVersion.V5 ? 1 : 0);
        String before = workload.topic().split("%t", 2)[0].replace("%p", Integer.toString(publisher));
        int numberOffset = packetIdOffset - topic.capacity() + utf8(before).length;
        return new Variant(packet, packetIdOffset, numberOffset, payloadOffset);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Writes one message; the packet id is not looked at at QoS 0. Returns the index behind it. */
    int copy(MutableDirectBuffer b, int index, int packetId, int sequence, long timeNs) {
        Variant variant = variants[0];
        if (topics > 1) {
            int number = sequence % topics;
            variant = variants[digits(number) - 1];
            b.putBytes(index, variant.packet, 0, variant.packet.capacity());
            for (int at = index + variant.numberOffset + digits(number) - 1; number > 0; at--, number /= TEN) {
                b.putByte(at, (byte) ('0' + number % TEN));
            }
        } else {
            b.putBytes(index, variant.packet, 0, variant.packet.capacity());
        }
        if (packetId != 0) {
            b.putShort(index + variant.packetIdOffset, (short) packetId, BIG_ENDIAN);
        }
        Stamp.write(b, index + variant.payloadOffset, sequence, timeNs);
        return index + variant.packet.capacity();
    }

    private static int digits(int number) {
        int digits = 1;
        for (int left = number; left >= TEN; left /= TEN) {
            digits++;
        }
        return digits;
    }
}
