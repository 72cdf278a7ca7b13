package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.effect.AckEffect;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackPressureTest {
    private static final byte[] X = Packets.text("x");

    private final GatewayConfig.Builder config = GatewayConfig.builder();
    private final MemoryOutput out = new MemoryOutput();
    private TestLoop loop = new TestLoop(config.build());

    private MqttConnection connect(ConnectEncoder packet) {
        loop = new TestLoop(config.build(), 1 << 15);
        MqttConnection connection = loop.open(out);
        loop.receive(connection, Packets.connect(packet));
        loop.settle();
        out.take();
        return connection;
    }

    private MqttConnection connect() {
        return connect(Packets.terse(4, "c").cleanStart(false));
    }

    private void expectCommands(String... words) {
        assertEquals(List.of(words), loop.takeCommands());
    }

    @Test
    void stopsReadingWhileTheRingIsFullAndLosesNothing() {
        MqttConnection c = connect();
        List<String> expected = new ArrayList<>();
        byte[][] packets = new byte[2000][];
        for (int i = 0; i < packets.length; i++) {
            packets[i] = Packets.publish(4, 1, i + 1, "a", X);
            expected.add("PUBLISH 1 q1 #" + (i + 1) + " a=x refusable");
        }
        loop.receive(c, Packets.join(packets));
        assertFalse(out.isReading);
        List<String> taken = new ArrayList<>();
        while (!out.isReading) {
            taken.addAll(loop.takeCommands());
            loop.iterate();
        }
        taken.addAll(loop.takeCommands());
        assertEquals(expected, taken);
        assertFalse(loop.context.isAnyWaitingForRing());
    }

    @Test
    void retriesAConnectThatFoundTheRingFull() {
        loop = new TestLoop(config.build(), 1 << 15);
        MqttConnection c = loop.open(out);
        loop.fillCommandRing();
        loop.receive(c, Packets.join(Packets.connect(4, "c", true), Packets.PINGREQ));
        loop.iterate();
        loop.emptyCommandRing();
        loop.iterate();
        expectCommands("CONNECT 1 refusable");
        loop.engine.connack(1, 0, false, 0);
        loop.iterate();
        assertEquals("20020000" + "d000", out.take());
        assertTrue(out.isReading);
    }

    @Test
    void keepsAcknowledgementsThatFoundTheRingFull() {
        MqttConnection c = connect();
        loop.fillCommandRing();
        loop.receive(c, Packets.ack(4, PacketType.PUBREL, 1, 0));
        assertFalse(out.isReading);
        loop.receive(c, Packets.ack(4, PacketType.PUBREL, 2, 0));
        loop.emptyCommandRing();
        loop.iterate();
        expectCommands("ACKS 1 6#1 refusable", "ACKS 1 6#2 refusable");
        assertTrue(out.isReading);
    }

    /** The client must not be closed for it: it is in its right. */
    @Test
    void whatIsReleasedAgainWaitsForTheRing() {
        MqttConnection c = connect();
        loop.fillCommandRing();
        loop.receive(c, Packets.ack(4, PacketType.PUBREL, 9, 0));
        loop.engine.ack(1, AckEffect.PUBREL_AGAIN, 7, 0);
        loop.engine.ack(1, AckEffect.PUBREL_AGAIN, 8, 0);
        loop.iterate();
        assertFalse(out.isReading);
        loop.emptyCommandRing();
        loop.iterate();
        expectCommands("ACKS 1 6#9 refusable", "ACKS 1 6#7 6#8");
        assertTrue(out.isReading);
    }

    @Test
    void writesDisconnectedOnceTheRingHasRoom() {
        MqttConnection c = connect();
        loop.fillCommandRing();
        c.onTransportClosed();
        loop.iterate();
        assertTrue(loop.context.isAnyWaitingForRing());
        loop.emptyCommandRing();
        loop.iterate();
        loop.iterate();
        expectCommands("DISCONNECTED 1 will last 0");
        assertFalse(loop.context.isAnyWaitingForRing());
    }

    @Test
    void whatCameBeforeTheSocketClosedStillCounts() {
        MqttConnection c = connect();
        loop.fillCommandRing();
        loop.receive(c, Packets.publish(4, 1, 1, "a", X));
        loop.receive(c, Packets.publish(4, 0, 0, "b", X));
        loop.receive(c, Packets.disconnect(4, 0));
        c.onTransportClosed();
        loop.emptyCommandRing();
        loop.iterate();
        expectCommands("PUBLISH 1 q1 #1 a=x refusable", "PUBLISH 1 q0 #0 b=x bypass", "DISCONNECTED 1 last 0");
    }

    @Test
    void closingAConnectionThatWaitsForTheRingStillWritesDisconnected() {
        MqttConnection c = connect();
        loop.fillCommandRing();
        loop.receive(c, Packets.publish(4, 1, 1, "a", X));
        loop.engine.close(c.id, 0x8E);
        loop.iterate();
        assertTrue(out.isClosed);
        loop.emptyCommandRing();
        loop.iterate();
        expectCommands("DISCONNECTED 1 will last 0");
    }

    @Test
    void keepAliveRestsWhileWeDoNotRead() {
        MqttConnection c = connect(Packets.terse(4, "c").cleanStart(false).keepAliveSeconds(1));
        loop.fillCommandRing();
        loop.receive(c, Packets.publish(4, 1, 1, "a", X));
        loop.advanceMs(60_000);
        loop.iterate();
        assertFalse(out.isEnded());
        loop.emptyCommandRing();
        loop.iterate();
        expectCommands("PUBLISH 1 q1 #1 a=x refusable");
        loop.advanceMs(60_000);
        loop.iterate();
        assertTrue(out.isEnded());
    }

    @Test
    void doesNotReadFromAClientThatDoesNotReadItsAnswers() {
        config.outputBytesMax(4096);
        MqttConnection c = connect();
        out.isWritable = false;
        byte[][] pings = new byte[3000][];
        Arrays.fill(pings, Packets.PINGREQ);
        loop.receive(c, Packets.join(pings));
        loop.iterate();
        assertFalse(out.isReading);
        assertEquals(1, loop.context.counters.value(Counter.SUSPENDED_OUTPUT_FULL));
        out.take();
        loop.receive(c, Packets.PINGREQ);
        loop.iterate();
        assertEquals("", out.take());
        out.isWritable = true;
        out.stuckBytes = 0;
        c.onWritable();
        loop.iterate();
        loop.iterate();
        assertTrue(out.isReading);
        assertEquals("d000", out.take());
    }

    /** What a socket tells of lies between its own two marks, and those are above ours while output is scarce. */
    @Test
    void readsOnWhenASocketTakesItsBytesWhileOutputIsScarce() {
        config.outputBytesOfLoopMax(1);
        MqttConnection c = connect();
        loop.context.output.take(2);
        out.stuckBytes = 10_000; // The socket is writable still, so it will not tell when they are gone.
        loop.receive(c, Packets.PINGREQ);
        loop.settle();
        assertTrue(out.isReading);
        out.isWritable = false;
        out.stuckBytes = 20_000;
        loop.receive(c, Packets.PINGREQ);
        loop.settle();
        assertFalse(out.isReading);
        out.isWritable = true;
        out.stuckBytes = 8_000;
        c.onWritable();
        loop.settle();
        assertTrue(out.isReading);
    }

    @Test
    void closesAClientWhoseOutputGrowsBeyondAllBounds() {
        config.outputBytesMax(4096).packetBytesMax(4096);
        MqttConnection c = connect();
        out.isWritable = false;
        for (int i = 0; i < 6000; i++) {
            loop.engine.ack(c.id, PacketType.PUBACK, 1, 0);
        }
        loop.iterate();
        assertTrue(out.isClosed);
        expectCommands("DISCONNECTED 1 will last 0");
    }

    @Test
    void aMessageAcceptedUnderALargerLimitIsNoReasonToClose() {
        config.outputBytesMax(4096).packetBytesMax(4096);
        MqttConnection c = connect();
        out.onSend = () -> out.isWritable = false;
        loop.engine.deliver(c.id, 1, 1, loop.engine.journal(1, publish(new byte[100_000], new PropertyWriter())));
        loop.iterate();
        assertTrue(out.stuckBytes > 100_000);
        assertFalse(out.isEnded());
        for (int i = 0; i < 6000; i++) {
            loop.engine.ack(c.id, PacketType.PUBACK, 1, 0);
        }
        loop.iterate();
        assertTrue(out.isClosed);
    }

    @Test
    void saysThatItDroppedMessagesOnceTheRingHasRoom() {
        MqttConnection c = connect();
        loop.fillCommandRing();
        byte[] expired = expiredPublish();
        for (int id = 1; id <= 600; id++) {
            loop.engine.deliver(c.id, 1, id, loop.engine.journal(1, expired));
        }
        loop.advanceMs(10_000);
        loop.iterate();
        List<String> taken = new ArrayList<>();
        loop.emptyCommandRing();
        for (int i = 0; i < 5; i++) {
            loop.iterate();
            taken.addAll(loop.takeCommands());
        }
        long dropped = taken.stream()
                .flatMap(words -> Arrays.stream(words.split(" ")))
                .filter(word -> word.startsWith("15#"))
                .distinct()
                .count();
        assertEquals(600, dropped);
    }

    private static byte[] expiredPublish() {
        return publish(X, new PropertyWriter().add(Property.MESSAGE_EXPIRY_INTERVAL, 1));
    }

    /** The command that a PUBLISH becomes. */
    private static byte[] publish(byte[] payload, PropertyWriter properties) {
        TestLoop publisher = new TestLoop(GatewayConfig.builder().build());
        MqttConnection p = publisher.open(new MemoryOutput());
        publisher.receive(p, Packets.connect(5, "p", true));
        publisher.receive(p, Packets.publish(5, 1, 1, "a", payload, properties));
        publisher.engine.poll();
        return publisher.engine.handled.get(1);
    }
}
