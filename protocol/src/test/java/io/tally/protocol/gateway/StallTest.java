package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Clients that hold memory and don't go on. Time is the test's. */
class StallTest {
    private static final int TIMEOUT_MS = 60_000;

    /** From the deadline to the look at it, and the tick of the timers. */
    private static final int LATE_MS = TIMEOUT_MS / 4 + 1_000;

    private final GatewayConfig.Builder config = GatewayConfig.builder().stallTimeoutMs(TIMEOUT_MS);
    private TestLoop loop = new TestLoop(config.build());
    private final List<MemoryOutput> outs = new ArrayList<>();

    private MqttConnection connect(ConnectEncoder packet) {
        MemoryOutput out = new MemoryOutput();
        out.budget = loop.context.output;
        outs.add(out);
        MqttConnection connection = loop.open(out);
        loop.receive(connection, Packets.connect(packet));
        loop.settle();
        out.take();
        return connection;
    }

    /** A client without keep alive. */
    private MqttConnection connect() {
        return connect(Packets.terse(5, "c").cleanStart(true));
    }

    private MemoryOutput out(int index) {
        return outs.get(index);
    }

    /** Lets time pass as it does, in iterations. */
    private void pass(long ms) {
        for (long passed = 0; passed < ms; passed += 500) {
            loop.advanceMs(Math.min(500, ms - passed));
            loop.iterate();
        }
    }

    private void sendTo(MqttConnection connection) {
        loop.engine.ack(connection.id, PacketType.PUBACK, 1, 0);
        loop.iterate();
    }

    private long stalls() {
        return loop.context.counters.value(Counter.STALL_TIMEOUTS);
    }

    // ---- output ----

    @Test
    void aClientThatTakesNothingIsClosedWhateverItsKeepAlive() {
        MqttConnection c = connect();
        out(0).isWritable = false;
        sendTo(c);
        pass(TIMEOUT_MS - 1_000);
        assertFalse(out(0).isEnded());
        pass(LATE_MS);
        assertTrue(out(0).isEnded());
        assertEquals(1, stalls());
        assertEquals(List.of("DISCONNECTED 1 will last 0"), loop.takeCommands());
        assertTrue(out(0).take().endsWith("e00197"));
        pass(3_000);
        assertTrue(out(0).isClosed, "closed though the DISCONNECT cannot go out");
    }

    @Test
    void aClientThatTakesAByteNowAndThenIsKept() {
        MqttConnection c = connect();
        out(0).isWritable = false;
        sendTo(c);
        for (int i = 0; i < 10; i++) {
            pass(TIMEOUT_MS - 1_000);
            out(0).take(1);
            sendTo(c);
        }
        assertFalse(out(0).isEnded());
    }

    @Test
    void thePatienceBeginsWhenOutputBeginsToWait() {
        MqttConnection c = connect();
        pass(10 * TIMEOUT_MS);
        out(0).isWritable = false;
        sendTo(c);
        pass(TIMEOUT_MS - 1_000);
        out(0).take(out(0).stuckBytes);
        pass(10 * TIMEOUT_MS);
        sendTo(c);
        pass(TIMEOUT_MS - 1_000);
        assertFalse(out(0).isEnded());
        pass(LATE_MS);
        assertTrue(out(0).isEnded());
    }

    @Test
    void keepAliveStillHoldsForAClientWhoseOutputMoves() {
        connect(Packets.terse(5, "c").keepAliveSeconds(10));
        out(0).isWritable = false;
        sendTo(loop.context.connections.get(1));
        for (int i = 0; i < 20; i++) {
            pass(1_000);
            out(0).take(out(0).stuckBytes == 0 ? 0 : 1);
        }
        assertEquals(1, loop.context.counters.value(Counter.KEEP_ALIVE_TIMEOUTS));
    }

    @Test
    void keepAliveRestsWhileAClientWeDoNotReadFromTakesItsOutputThoughMoreIsAdded() {
        config.outputBytesMax(4096);
        loop = new TestLoop(config.build());
        MqttConnection c = connect(Packets.terse(5, "c").keepAliveSeconds(10));
        out(0).isWritable = false;
        byte[][] pings = new byte[3000][];
        Arrays.fill(pings, Packets.PINGREQ);
        loop.receive(c, Packets.join(pings));
        loop.iterate();
        assertFalse(out(0).isReading);
        for (int i = 0; i < 100; i++) {
            pass(1_000);
            out(0).take(2);
            sendTo(c);
        }
        assertFalse(out(0).isEnded());
    }

    // ---- output of all ----

    /** Connections 0 to n-1 have so many bytes waiting. */
    private void stick(int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            MqttConnection c = connect();
            out(i).isWritable = false;
            out(i).stuckBytes = bytes[i];
            c.touch();
        }
        loop.iterate();
    }

    private List<Integer> ended() {
        List<Integer> indexes = new ArrayList<>();
        for (int i = 0; i < outs.size(); i++) {
            if (outs.get(i).isClosed) {
                indexes.add(i);
            }
        }
        return indexes;
    }

    @Test
    void whoHoldsTheMostPaysWhenOutputIsScarce() {
        config.outputBytesOfLoopMax(1_000_000);
        loop = new TestLoop(config.build());
        stick(100_000, 500_000, 300_000, 400_000, 200_000);
        pass(500);
        assertEquals(List.of(), ended(), "a burst may pass");
        pass(1_000);
        assertEquals(List.of(1), ended());
        assertEquals(1, loop.context.counters.value(Counter.CLOSED_FOR_MEMORY));
        assertTrue(loop.takeCommands().contains("DISCONNECTED 2 will last 0"));
        pass(10_000);
        assertEquals(List.of(1), ended(), "no more than necessary");
    }

    @Test
    void whoIsClosedForAnotherReasonHoldsNoScarceMemoryMeanwhile() {
        config.outputBytesOfLoopMax(1_000_000);
        loop = new TestLoop(config.build());
        stick(900_000, 400_000);
        loop.receive(loop.context.connections.get(1), Packets.hex("c1 00"));
        assertEquals(List.of(0), ended());
        assertEquals(400_000, loop.context.output.taken());
        loop.context.connections.get(2).touch();
        loop.iterate();
        loop.receive(loop.context.connections.get(2), Packets.hex("c1 00"));
        assertTrue(out(1).isClosedGently, "now there is time to say why");
    }

    @Test
    void whoTakesAGoodPartDoesNotPay() {
        config.outputBytesOfLoopMax(1_000_000);
        loop = new TestLoop(config.build());
        stick(800_000, 600_000);
        for (int i = 0; i < 3; i++) {
            out(0).take(110_000);
            pass(500);
        }
        assertEquals(List.of(1), ended());
    }

    @Test
    void whenNothingGoesOutToAnybodyTheLargestPaysHoweverMuchItTakes() {
        config.outputBytesOfLoopMax(1_000_000);
        loop = new TestLoop(config.build());
        stick(1_900_000, 900_000);
        assertFalse(out(1).isReading, "who has much waiting is not to ask for more");
        for (int i = 0; i < 3; i++) {
            out(0).take(120_000);
            out(1).take(60_000);
            pass(500);
        }
        assertEquals(List.of(0), ended());
    }

    @Test
    void aHealthySubscriberIsServedAgain() {
        config.outputBytesOfLoopMax(1_000_000);
        loop = new TestLoop(config.build());
        stick(1_000_000, 900_000, 800_000);
        MqttConnection healthy = connect();
        loop.receive(healthy, Packets.subscribe(5, 1, "a", 0));
        loop.settle();
        byte[] message = Packets.publish(5, 0, 0, "a", Packets.text("x"));
        loop.receive(healthy, message);
        loop.settle();
        assertEquals(1, loop.context.counters.value(Counter.DROPPED_SLOW), "while memory is scarce");
        pass(1_500);
        assertEquals(List.of(0, 1), ended());
        out(3).take();
        loop.receive(healthy, message);
        loop.settle();
        assertEquals(Packets.hex(message), out(3).take());
    }

    // ---- packets sent in part ----

    private static byte[] publish(int payloadBytes) {
        return Packets.publish(5, 0, 0, "a", new byte[payloadBytes]);
    }

    private void receive(MqttConnection c, byte[] packet, int from, int to) {
        loop.receive(c, Arrays.copyOfRange(packet, from, to));
    }

    private long publishesIn() {
        return loop.context.counters.value(Counter.PUBLISHES_IN);
    }

    @Test
    void aPacketThatIsNotGoneOnWithEndsItsConnection() {
        MqttConnection c = connect();
        receive(c, publish(1000), 0, 10);
        pass(TIMEOUT_MS - 1_000);
        assertFalse(out(0).isEnded());
        pass(LATE_MS);
        assertEquals("e00197", out(0).take());
        assertTrue(out(0).isClosedGently);
        assertEquals(1, stalls());
    }

    @Test
    void anEndlessTrickleEndsInBoundedTime() {
        MqttConnection c = connect();
        byte[] packet = publish(1_000_000);
        int sent = 0;
        while (!out(0).isEnded()) {
            receive(c, packet, sent, ++sent);
            pass(1_000);
            assertTrue(sent * 1_000 <= TIMEOUT_MS + LATE_MS + 1_000, sent + " bytes");
        }
    }

    @Test
    void thinLinksCarryTheLargestPacket() {
        loop = new TestLoop(config.build(), 1 << 24);
        MqttConnection c = connect();
        byte[] packet = publish(1_999_900);
        for (int sent = 0; sent < packet.length; sent += 8_000) {
            assertFalse(out(0).isEnded(), "after " + sent);
            receive(c, packet, sent, Math.min(packet.length, sent + 8_000));
            pass(30_000);
        }
        assertEquals(1, publishesIn());
    }

    @Test
    void eachPacketHasItsOwnTime() {
        MqttConnection c = connect();
        byte[] packet = publish(50);
        byte[] shifted =
                Packets.join(Arrays.copyOfRange(packet, 20, packet.length), packet, Arrays.copyOfRange(packet, 0, 20));
        receive(c, packet, 0, 20);
        for (int i = 0; i < 20; i++) {
            pass(TIMEOUT_MS - 5_000);
            loop.receive(c, shifted);
            loop.takeCommands();
        }
        assertFalse(out(0).isEnded());
        assertEquals(40, publishesIn());
    }

    @Test
    void theTimeInWhichWeDoNotReadIsNotTheClients() {
        loop = new TestLoop(config.build(), 1 << 15);
        MqttConnection c = connect();
        loop.fillCommandRing();
        byte[] packet = publish(1000);
        loop.receive(c, Packets.join(packet, Arrays.copyOf(packet, 10)));
        pass(10 * TIMEOUT_MS);
        loop.emptyCommandRing();
        pass(TIMEOUT_MS - 1_000);
        assertFalse(out(0).isEnded());
        assertTrue(out(0).isReading);
        receive(c, packet, 10, packet.length);
        assertEquals(2, publishesIn());
        pass(10 * TIMEOUT_MS);
        assertFalse(out(0).isEnded());
    }

    // ---- heap of all ----

    private MqttConnection hold(int bytes) {
        MqttConnection c = connect();
        receive(c, publish(bytes + 1000), 0, bytes);
        return c;
    }

    @Test
    void whoHoldsTheMostOfAPacketPaysForTheNext() {
        config.heldBytesOfLoopMax(1_000_000);
        loop = new TestLoop(config.build(), 1 << 24);
        hold(300_000);
        hold(400_000);
        hold(250_000);
        MqttConnection honest = connect();
        byte[] packet = publish(200_000);
        receive(honest, packet, 0, 150_000);
        assertTrue(out(1).isEnded());
        assertEquals("e00197", out(1).take());
        receive(honest, packet, 150_000, packet.length);
        assertEquals(1, publishesIn());
        for (int i : new int[] {0, 2, 3}) {
            assertFalse(out(i).isEnded(), "connection " + i);
        }
        hold(700_000);
        assertEquals("e00197", out(4).take(), "nobody else holds more");
    }

    @Test
    void connectionsThatHaveNotConnectedPayToo() {
        config.heldBytesOfLoopMax(100_000);
        loop = new TestLoop(config.build());
        MemoryOutput loris = new MemoryOutput();
        MqttConnection c = loop.open(loris);
        receive(c, Packets.join(Packets.hex("10 80 80 06"), new byte[80_000]), 0, 80_000);
        assertFalse(loris.isClosed);
        MqttConnection honest = connect();
        byte[] packet = publish(60_000);
        receive(honest, packet, 0, 5_000);
        receive(honest, packet, 5_000, packet.length);
        assertTrue(loris.isClosed);
        assertEquals(1, publishesIn());
    }

    @Test
    void nothingIsHeldWhenAllHaveEnded() {
        config.heldBytesOfLoopMax(1_000_000);
        loop = new TestLoop(config.build());
        MqttConnection c = hold(300_000);
        MqttConnection d = connect();
        PropertyWriter alias = new PropertyWriter().add(Property.TOPIC_ALIAS, 1);
        loop.receive(d, Packets.publish(5, 0, 0, "topic", new byte[0], alias));
        assertEquals(300_000 + 5, loop.context.held.taken());
        c.onTransportClosed();
        d.onTransportClosed();
        assertEquals(0, loop.context.held.taken());
    }

    @Test
    void whoIsClosedWhileAnotherWaitsForTheRingStillTellsTheEngine() {
        config.heldBytesOfLoopMax(100_000);
        loop = new TestLoop(config.build(), 1 << 16);
        hold(98_000);
        MqttConnection waiting = connect();
        loop.fillCommandRing();
        PropertyWriter alias = new PropertyWriter().add(Property.TOPIC_ALIAS, 1);
        byte[] first = Packets.publish(5, 0, 0, "a", new byte[0]);
        byte[] second = Packets.publish(5, 0, 0, "t".repeat(3_000), new byte[0], alias);
        loop.receive(waiting, Packets.join(first, second));
        assertFalse(out(0).isEnded());
        loop.commands.read((type, b, offset, length) -> {}, 1);
        loop.iterate();
        assertTrue(out(0).isEnded());
        loop.emptyCommandRing();
        loop.iterate();
        assertTrue(loop.takeCommands().contains("DISCONNECTED 1 will last 0"));
    }
}
