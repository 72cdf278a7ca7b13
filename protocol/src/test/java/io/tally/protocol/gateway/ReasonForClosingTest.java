package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.codec.PacketType;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever we close a connection for, a 5.0 client is told in a DISCONNECT (before CONNACK in that), an older one is
 * closed without a word, and the engine learns that the will is due.
 */
class ReasonForClosingTest {
    private final GatewayConfig config = GatewayConfig.builder()
            .packetBytesMax(100_000)
            .retainAvailable(false)
            .receiveMaximum(2)
            .filtersPerPacketMax(1)
            .heldBytesOfLoopMax(50_000)
            .outputBytesMax(1 << 12)
            .build();
    private final TestLoop loop = new TestLoop(config);
    private final MemoryOutput out = new MemoryOutput();
    private final MqttConnection connection = loop.open(out);

    private void connect(int version) {
        loop.receive(
                connection,
                Packets.connect(Packets.terse(version, "c").cleanStart(true).keepAliveSeconds(60)));
        loop.settle();
        out.take();
    }

    private void expectClosed(int version, String code) {
        loop.iterate();
        String sent = out.take();
        if (version == 5) {
            assertEquals("e001" + code, sent.substring(Math.max(0, sent.length() - 6)));
            assertTrue(out.isClosedGently);
        } else {
            assertEquals("", sent);
            assertTrue(out.isClosed);
        }
        List<String> commands = loop.takeCommands();
        assertEquals("DISCONNECTED 1 will last 0", commands.get(commands.size() - 1));
    }

    /** The last column is the same in 3.1.1, where it can be said there. */
    @ParameterizedTest
    @CsvSource(nullValues = "-", delimiter = '|', textBlock = """
            remaining length of five bytes            | 81 | 30 ff ff ff ff 01            | 30 ff ff ff ff 01
            remaining length longer than necessary    | 81 | c0 80 00                     | -
            flags of PINGREQ                          | 81 | c1 00                        | c1 00
            flags of SUBSCRIBE                        | 81 | 80 07 0001 00 0001 61 00     | 80 06 0001 0001 61 00
            packet type 0                             | 81 | 00 00                        | 00 00
            PUBLISH with QoS 3                        | 81 | 36 06 0001 61 0001 00        | 36 05 0001 61 0001
            PUBLISH with DUP and QoS 0                | 81 | 38 04 0001 61 00             | 38 03 0001 61
            PUBLISH that ends in its topic            | 81 | 30 03 0005 61                | 30 03 0005 61
            topic that is not UTF-8                   | 81 | 30 04 0001 ff 00             | 30 03 0001 ff
            topic with U+0000                         | 81 | 30 04 0001 00 00             | 30 03 0001 00
            topic with a wildcard                     | 90 | 30 04 0001 23 00             | 30 03 0001 23
            no topic and no alias                     | 82 | 30 03 0000 00                | 30 02 0000
            packet id 0                               | 82 | 32 06 0001 61 0000 00        | 32 05 0001 61 0000
            property that PUBLISH has not             | 81 | 3009000161051100000001       | -
            subscription identifier from a client     | 82 | 30 06 0001 61 02 0b 01       | -
            property given twice                      | 82 | 30080001610401010100         | -
            unknown property                          | 81 | 30 06 0001 61 02 7f 01       | -
            alias 0                                   | 94 | 30 07 0001 61 03 23 0000     | -
            alias above the maximum                   | 94 | 30 07 0001 61 03 23 000b     | -
            alias that was never set                  | 94 | 30 06 0000 03 23 0001        | -
            retained message                          | 9a | 31 04 0001 61 00             | 31 03 0001 61
            packet above the maximum                  | 95 | 30 a1 8d 06                  | 30 a1 8d 06
            SUBSCRIBE with packet id 0                | 82 | 82 07 0000 00 0001 61 00     | 82 06 0000 0001 61 00
            SUBSCRIBE without filter                  | 82 | 82 03 0001 00                | 82 02 0001
            SUBSCRIBE with QoS 3                      | 82 | 82 07 0001 00 0001 61 03     | 82 06 0001 0001 61 03
            reserved bits of subscription options     | 81 | 82 07 0001 00 0001 61 40     | 82 06 0001 0001 61 40
            Retain Handling 3                         | 82 | 82 07 0001 00 0001 61 30     | -
            No Local of a shared subscription         | 82 | 8210000100000a2473686172652f672f6104 | -
            subscription identifier 0                 | 82 | 82090001020b0000016100       | -
            filter with # in the middle               | 8f | 82090001000003232f6100       | 82 08 0001 0003 232f61 00
            shared filter without a filter            | 8f | 820e00010000082473686172652f6700 | -
            more filters than allowed                 | 97 | 820b0001000001610000016200   | -
            UNSUBSCRIBE without filter                | 82 | a2 03 0001 00                | a2 02 0001
            PUBACK with a reason it has not           | 82 | 40 03 0001 01                | -
            PUBREL with packet id 0                   | 82 | 62 02 0000                   | 62 02 0000
            second CONNECT | 82 | 100e00044d5154540502000000000163 | 100d00044d51545404020000000163
            CONNACK from a client                     | 82 | 20 03 00 00 00               | 20 02 0000
            PINGRESP from a client                    | 82 | d0 00                        | d0 00
            AUTH without a method                     | 82 | f0 00                        | f0 00
            DISCONNECT with a reason of servers       | 82 | e0 01 8b                     | -
            DISCONNECT that revives a session         | 82 | e0 07 00 05 11 00000001      | -
            """)
    void packets(String what, String code, String bytes, String bytesOf311) {
        int version = 5;
        connect(version);
        loop.receive(connection, Packets.hex(bytes));
        expectClosed(version, code);
        if (bytesOf311 != null) {
            ReasonForClosingTest older = new ReasonForClosingTest();
            older.connect(4);
            older.loop.receive(older.connection, Packets.hex(bytesOf311));
            older.expectClosed(4, code);
        }
    }

    private static Arguments row(String what, String code, BiConsumer<ReasonForClosingTest, Integer> cause) {
        return Arguments.of(what, code, cause);
    }

    static Stream<Arguments> events() {
        return Stream.of(
                row("keep alive over", "8d", (test, version) -> test.pass(90_500)),
                row("output that does not move", "97", ReasonForClosingTest::stall),
                row("packet that is not completed", "97", (test, version) -> {
                    test.loop.receive(test.connection, Packets.hex("30 0a 0001"));
                    test.pass(80_000);
                }),
                row("most of the heap", "97", (test, version) -> test.holdTooMuch()),
                row("more deliveries than packet ids", "97", (test, version) -> test.deliverTooMany()),
                row("shutting down", "8b", (test, version) -> test.close(0x8B)),
                row("session taken over", "8e", (test, version) -> test.close(0x8E)),
                row("quota of the engine", "97", (test, version) -> test.close(0x97)),
                row("not authorized any more", "87", (test, version) -> test.close(0x87)),
                row("closed by a person", "98", (test, version) -> test.close(0x98)));
    }

    @ParameterizedTest
    @MethodSource("events")
    void events(String what, String code, BiConsumer<ReasonForClosingTest, Integer> cause) {
        connect(5);
        cause.accept(this, 5);
        expectClosed(5, code);
        ReasonForClosingTest older = new ReasonForClosingTest();
        older.connect(4);
        cause.accept(older, 4);
        older.out.take();
        older.expectClosed(4, code);
    }

    private void pass(int ms) {
        for (int passed = 0; passed < ms; passed += 500) {
            loop.advanceMs(500);
            loop.iterate();
        }
    }

    private void stall(int version) {
        out.isWritable = false;
        for (int i = 0; i < 12; i++) {
            loop.receive(connection, Packets.PINGREQ);
            pass(7_000);
        }
    }

    private void holdTooMuch() {
        byte[] packet = Packets.publish(4, 0, 0, "a", new byte[90_000]);
        loop.receive(connection, Arrays.copyOf(packet, 30_000));
        loop.receive(connection, Arrays.copyOf(packet, 30_000));
    }

    private void deliverTooMany() {
        out.isWritable = false;
        for (int i = 0; i <= OutboundWindow.ENTRIES_MAX; i++) {
            loop.engine.deliver(connection.id, 1, i % OutboundWindow.ENTRIES_MAX + 1, 1L << 32);
            while (i % 1000 == 0 && loop.effects.size() > 0) {
                loop.iterate();
            }
        }
        loop.iterate();
    }

    private void close(int code) {
        loop.engine.close(connection.id, code);
    }

    @Test
    void receiveMaximumExceeded() {
        connect(5);
        for (int id = 1; id <= 3; id++) {
            loop.receive(connection, Packets.publish(5, 1, id, "a", new byte[0]));
        }
        expectClosed(5, "93");
    }

    /** A repetition is not one more. */
    @Test
    void moreOpenQosTwoIdsThanAnOldClientMayHave() {
        connect(4);
        for (int id = 1; id <= Publisher.OPEN_BEFORE_V5; id++) {
            loop.receive(connection, Packets.publish(4, 2, id, "a", new byte[0]));
            loop.settle();
        }
        loop.receive(connection, Packets.publish(4, 10, 1, "a", new byte[0]));
        loop.receive(connection, Packets.ack(4, PacketType.PUBREL, 1, 0));
        loop.settle();
        loop.receive(connection, Packets.publish(4, 2, 10_001, "a", new byte[0]));
        loop.settle();
        assertFalse(out.isEnded());
        loop.receive(connection, Packets.publish(4, 2, 10_002, "a", new byte[0]));
        assertTrue(out.isEnded());
    }

    /** There CONNACK says it, and the session has been asked for: the engine must hear of the end. */
    @Test
    void beforeConnackTheReasonIsInTheConnack() {
        loop.receive(connection, Packets.connect(5, "c", true));
        loop.receive(connection, Packets.hex("c1 00"));
        assertEquals("2003008100", out.take());
        assertTrue(out.isClosedGently);
        assertEquals(List.of("CONNECT 1 refusable", "DISCONNECTED 1 will last 0"), loop.takeCommands());
        loop.engine.connack(1, 0, false, 0);
        loop.iterate();
        assertEquals("", out.take());
    }

    @Test
    void theReasonGoesOutBehindWhatWasAnsweredBefore() {
        connect(5);
        loop.receive(connection, Packets.join(Packets.PINGREQ, Packets.hex("c1 00"), Packets.PINGREQ));
        assertEquals("d000" + "e00181", out.take());
        assertTrue(out.isClosedGently);
        loop.engine.ack(1, PacketType.PUBACK, 1, 0);
        loop.iterate();
        assertEquals("", out.take(), "nothing behind a DISCONNECT");
    }
}
