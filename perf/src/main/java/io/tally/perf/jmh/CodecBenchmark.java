package io.tally.perf.jmh;

import io.tally.protocol.codec.AckDecoder;
import io.tally.protocol.codec.AckEncoder;
import io.tally.protocol.codec.Direction;
import io.tally.protocol.codec.FrameDecoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.PublishDecoder;
import io.tally.protocol.codec.PublishEncoder;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.topic.TopicNames;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A QoS 1 PUBLISH and its PUBACK from and to the wire. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CodecBenchmark {
    private static final int PACKET_ID = 4711;
    private static final int ACK_HEADER_BYTES = 2;

    @Param({"4", "5"})
    public int version;

    @Param({"16", "256", "4096"})
    public int payloadBytes;

    private final PublishDecoder decoder = new PublishDecoder(Direction.TO_SERVER);
    private final PublishEncoder encoder = new PublishEncoder();
    private final AckDecoder ackDecoder = new AckDecoder(Direction.TO_SERVER);
    private final UnsafeBuffer ack = new UnsafeBuffer(new byte[16]);
    private int ackLength;
    private final UnsafeBuffer topic = new UnsafeBuffer("site/17/meter/4711".getBytes(StandardCharsets.UTF_8));
    private UnsafeBuffer payload = new UnsafeBuffer(new byte[0]);
    private UnsafeBuffer packet = new UnsafeBuffer(new byte[0]);
    private UnsafeBuffer encoded = new UnsafeBuffer(new byte[0]);

    @Setup
    public void setUp() {
        payload = new UnsafeBuffer(new byte[payloadBytes]);
        packet = new UnsafeBuffer(new byte[payloadBytes + 64]);
        encoded = new UnsafeBuffer(new byte[payloadBytes + 64]);
        encode(packet);
        ackLength = AckEncoder.encode(version, PacketType.PUBACK, PACKET_ID, 0, ack, 0) - ACK_HEADER_BYTES;
    }

    private int encode(UnsafeBuffer target) {
        return encoder.begin(version, 1, PACKET_ID)
                .topic(topic, 0, topic.capacity())
                .payload(payload, 0, payload.capacity())
                .encode(target, 0);
    }

    @Benchmark
    public int encodePublish() {
        return encode(encoded);
    }

    @Benchmark
    public ReasonCode decodePublish() {
        long frame = FrameDecoder.decode(packet, 0, packet.capacity());
        int flags = packet.getByte(0) & 0xF;
        return decoder.wrap(
                version, flags, packet, FrameDecoder.headerLength(frame), FrameDecoder.remainingLength(frame));
    }

    @Benchmark
    public int encodePuback() {
        return AckEncoder.encode(version, PacketType.PUBACK, PACKET_ID, 0, encoded, 0);
    }

    @Benchmark
    public ReasonCode decodePuback() {
        return ackDecoder.wrap(version, ack.getByte(0), ack, ACK_HEADER_BYTES, ackLength);
    }

    /** As of each PUBLISH that comes in. */
    @Benchmark
    public int checkTopic() {
        return TopicNames.check(topic, 0, topic.capacity());
    }
}
