package io.tally.protocol.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.topic.TopicFilters;
import io.tally.protocol.topic.TopicNames;
import io.tally.protocol.topic.Utf8;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;
import java.util.function.IntSupplier;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** The paths of messages and acknowledgements allocate nothing. */
class AllocationTest {
    private static final int ROUNDS = 20_000;
    private static final String PROPERTIES = "26 0001 62 0001 32 02 00000005 01 01 23 0007";

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final UnsafeBuffer out = new UnsafeBuffer(new byte[1024]);
    private final UnsafeBuffer command = new UnsafeBuffer(new byte[1024]);
    private final UnsafeBuffer ids = new UnsafeBuffer(new byte[8]);
    private final PublishCommand view = new PublishCommand();
    private final PublishDecoder publishDecoder = new PublishDecoder(Direction.TO_SERVER);
    private final PublishEncoder publishEncoder = new PublishEncoder();
    private final AckDecoder ackDecoder = new AckDecoder(Direction.TO_SERVER);

    @Test
    void publishOf311() {
        UnsafeBuffer packet = Packets.ofHex("32 0d 0005 612f622f63 1234 70617921");
        assertAllocatesNothing(() -> forward(4, packet));
    }

    @Test
    void publishOf5WithoutProperties() {
        UnsafeBuffer packet = Packets.ofHex("32 0e 0005 612f622f63 1234 00 70617921");
        assertAllocatesNothing(() -> forward(5, packet));
    }

    @Test
    void publishOf5WithProperties() {
        UnsafeBuffer packet = Packets.ofHex("32 1f 0005 612f622f63 1234 11" + PROPERTIES + "70617921");
        assertAllocatesNothing(() -> forward(5, packet));
    }

    /** As the gateway does it: packet in, command, packet out. */
    private int forward(int version, UnsafeBuffer packet) {
        long frame = FrameDecoder.decode(packet, 0, packet.capacity());
        int header = FrameDecoder.headerLength(frame);
        int flags = packet.getByte(0) & 0xF;
        PublishDecoder in = publishDecoder;
        ReasonCode reason = in.wrap(version, flags, packet, header, FrameDecoder.remainingLength(frame));
        PublishCommand.writeFixed(command, 0, in.commandFlags(), version, in.packetId(), in.expirySeconds());
        PublishCommand.writeLengths(command, 0, in.topicLength(), in.forwardedPropertiesLength(), in.payloadLength());
        view.wrap(command, 0);
        command.putBytes(view.topicOffset(), packet, in.topicOffset(), in.topicLength());
        in.copyForwardedProperties(command, view.propertiesOffset());
        command.putBytes(view.payloadOffset(), packet, in.payloadOffset(), in.payloadLength());
        ids.putInt(0, 300, ByteOrder.LITTLE_ENDIAN);
        publishEncoder
                .begin(version, 1, 7)
                .message(view)
                .expirySeconds(view.expires() ? view.expirySeconds() : PublishDecoder.NO_EXPIRY)
                .subscriptionIds(ids, 0, 1);
        return publishEncoder.encodedLength() - publishEncoder.encode(out, 0) + reason.code();
    }

    @Test
    void acknowledgements() {
        UnsafeBuffer properties = Packets.ofHex("0001 97 05 1f0002 6e6f");
        assertAllocatesNothing(() -> {
            int result = 0;
            for (int type = PacketType.PUBACK; type <= PacketType.PUBCOMP; type++) {
                int length = AckEncoder.encode(5, type, 9, 0x92, out, 0);
                int allowed =
                        ackDecoder.wrap(5, out.getByte(0), out, 2, length - 2).code();
                result += type <= PacketType.PUBREC ? allowed - 0x82 : allowed;
                length = AckEncoder.encode(4, type, 9, 0, out, 0);
                result += ackDecoder.wrap(4, out.getByte(0), out, 2, length - 2).code();
            }
            return result
                    + ackDecoder
                            .wrap(5, 0x50, properties, 0, properties.capacity())
                            .code();
        });
    }

    @Test
    void pings() {
        assertAllocatesNothing(() -> {
            PingEncoder.encodeResponse(out, 0);
            return PingDecoder.check(5, 0xC0, 0).code();
        });
    }

    @Test
    void subscribeUntilItsFiltersBecomeStrings() {
        SubscribeDecoder decoder = new SubscribeDecoder();
        UnsafeBuffer packet = Packets.ofHex("0001 02 0b05 000c 2473686172652f672f612f62 2a 0001 61 14");
        assertAllocatesNothing(() -> {
            int reason = decoder.wrap(5, 2, packet, 0, packet.capacity()).code();
            int filters = decoder.filterCount();
            while (decoder.nextFilter()) {
                filters -= TopicFilters.isValid(packet, decoder.filterOffset(), decoder.filterLength()) ? 1 : 0;
            }
            return reason + filters;
        });
    }

    @Test
    void otherAnswers() {
        SubackEncoder encoder = new SubackEncoder();
        SubackDecoder suback = new SubackDecoder();
        ConnackDecoder connack = new ConnackDecoder();
        UnsafeBuffer accepted = Packets.ofHex("00 00 0b 21 0400 27 001e8480 22 000a");
        UnsafeBuffer codes = Packets.ofHex("00 01 02 87");
        assertAllocatesNothing(() -> {
            encoder.begin(5, PacketType.SUBACK, 7).reasonCodes(codes, 0, codes.capacity());
            int length = encoder.encodedLength() - 2;
            encoder.encode(out, 0);
            return suback.wrap(5, out.getByte(0), out, 2, length).code()
                    + suback.reasonCode(3)
                    - 0x87
                    + connack.wrap(5, 0, accepted, 0, accepted.capacity()).code();
        });
    }

    @Test
    void endsOfConnections() {
        DisconnectDecoder disconnect = new DisconnectDecoder(Direction.TO_SERVER);
        AuthDecoder auth = new AuthDecoder(Direction.TO_SERVER);
        UnsafeBuffer end = Packets.ofHex("04 05 11 00000007");
        UnsafeBuffer again = Packets.ofHex("19 04 15 0001 61");
        assertAllocatesNothing(
                () -> disconnect.wrap(5, 0, end, 0, end.capacity()).code()
                        + (int) disconnect.sessionExpirySeconds()
                        - 7
                        + auth.wrap(5, 0, again, 0, again.capacity()).code());
    }

    @Test
    void walksThroughProperties() {
        UnsafeBuffer properties = Packets.ofHex("26 0001 62 0001 32 02 00000005 01 01 23 0007");
        PropertyCursor cursor = new PropertyCursor();
        assertAllocatesNothing(() -> {
            int count = 0;
            cursor.wrap(properties, 0, properties.capacity());
            while (cursor.next()) {
                count++;
            }
            return count - 4;
        });
    }

    @Test
    void namesBeyondAscii() {
        UnsafeBuffer name = Packets.ofHex("c3a4 2f e282ac 2f f09f9880 61626364656667686970");
        assertAllocatesNothing(() -> (Utf8.isValid(name, 0, name.capacity()) ? 0 : 1)
                + TopicNames.check(name, 0, name.capacity())
                - 3
                + TopicFilters.check(name, 0, name.capacity())
                - 3);
    }

    @Test
    void reasonCodes() {
        assertAllocatesNothing(() -> {
            ReasonCode reason = ReasonCode.of(0x97);
            boolean allowed = ReasonCodes.isAllowed(Direction.TO_CLIENT, PacketType.DISCONNECT, 0x97);
            return reason == null || !allowed ? 1 : ReasonCodes.returnCode(reason) - 3;
        });
    }

    @Test
    void refusals() {
        UnsafeBuffer packet = Packets.ofHex("0001 74 02 0102");
        assertAllocatesNothing(() ->
                publishDecoder.wrap(5, 0, packet, 0, packet.capacity()).code() - ReasonCode.PROTOCOL_ERROR.code());
    }

    /** The path returns 0 when it has done what it should. */
    private void assertAllocatesNothing(IntSupplier path) {
        assertTrue(threads.isThreadAllocatedMemoryEnabled());
        long thread = Thread.currentThread().getId();
        assertEquals(0, path.getAsInt());
        long leastBytes = Long.MAX_VALUE;
        for (int attempt = 0; attempt < 5 && leastBytes > 0; attempt++) {
            long before = threads.getThreadAllocatedBytes(thread);
            int sum = 0;
            for (int i = 0; i < ROUNDS; i++) {
                sum += path.getAsInt();
            }
            leastBytes = Math.min(leastBytes, threads.getThreadAllocatedBytes(thread) - before);
            assertEquals(0, sum);
        }
        assertEquals(0, leastBytes);
    }
}
