package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import io.tally.protocol.listener.ClientRules;
import io.tally.protocol.listener.RateLimits;
import io.tally.protocol.topic.MountPoint;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How much a client may send in a time, and how often clients may come. Time is what the test says. */
class RateLimitTest {
    private static final byte[] X = Packets.text("x");

    private String host = "192.0.2.1";
    private MemoryOutput out = new MemoryOutput();
    private TestLoop loop = loop(RateLimits.NONE);

    private static TestLoop loop(RateLimits rates) {
        return new TestLoop(GatewayConfig.builder().rates(rates).build());
    }

    private MemoryOutput newOutput() {
        MemoryOutput output = new MemoryOutput();
        output.peer().address(new InetSocketAddress(host, 40_000));
        return output;
    }

    private MqttConnection connect(int version, String id) {
        out = newOutput();
        MqttConnection connection = loop.open(out);
        loop.receive(connection, Packets.connect(version, id, true));
        loop.settle();
        return connection;
    }

    private String answer(int version, String id) {
        connect(version, id);
        String sent = out.take();
        return version == 5 && sent.startsWith("20") ? sent.substring(6, 8) : sent;
    }

    private void publish(MqttConnection connection, int count) {
        byte[][] packets = new byte[count][];
        for (int i = 0; i < count; i++) {
            packets[i] = Packets.publish(5, 0, 0, "a", X);
        }
        loop.receive(connection, Packets.join(packets));
        loop.settle();
    }

    private long published() {
        return loop.context.counters.value(Counter.PUBLISHES_IN);
    }

    private void advanceMs(long ms) {
        for (long left = ms; left > 0; left -= 500) {
            loop.advanceMs(Math.min(left, 500));
            loop.settle();
        }
    }

    private static RateLimits traffic(int messages, int bytes, boolean closing) {
        return new RateLimits(0, 0, messages, bytes, closing, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void aClientAboveItsMessagesWaitsAndLosesNothing() {
        loop = loop(traffic(10, 0, false));
        MqttConnection c = connect(5, "c");
        publish(c, 50);
        assertFalse(out.isReading);
        assertEquals(11, published());
        assertEquals(1, loop.context.counters.value(Counter.RATE_EXCEEDED));
        advanceMs(2000);
        assertTrue(published() >= 25 && published() <= 35, "after two seconds " + published());
        advanceMs(10_000);
        assertEquals(50, published());
        assertTrue(out.isReading);
    }

    @Test
    void aClientWithinItsMessagesIsNotHeldUp() {
        loop = loop(traffic(10, 0, false));
        MqttConnection c = connect(5, "c");
        for (int second = 0; second < 20; second++) {
            publish(c, 10);
            advanceMs(1000);
        }
        assertEquals(200, published());
        assertEquals(0, loop.context.counters.value(Counter.RATE_EXCEEDED));
    }

    @Test
    void aClientAboveItsBytesWaits() {
        loop = loop(traffic(0, 1000, false));
        MqttConnection c = connect(5, "c");
        byte[] large = Packets.publish(5, 0, 0, "a", new byte[3000]);
        loop.receive(c, large);
        loop.settle();
        assertFalse(out.isReading);
        advanceMs(1500);
        assertFalse(out.isReading);
        advanceMs(2000);
        assertTrue(out.isReading);
    }

    /** Not by what was read at once. */
    @Test
    void bytesAreCountedPacketByPacket() {
        loop = loop(traffic(0, 100, false));
        MqttConnection c = connect(5, "c");
        byte[][] packets = new byte[5][];
        Arrays.fill(packets, Packets.publish(5, 0, 0, "a", new byte[44])); // 50 bytes
        loop.receive(c, Packets.join(packets));
        loop.settle();
        assertEquals(3, published());
        assertFalse(out.isReading);
        advanceMs(2000);
        assertEquals(5, published());
    }

    @Test
    void waitingForItsRateDoesNotCostTheKeepAlive() {
        loop = loop(traffic(0, 1000, false));
        out = new MemoryOutput();
        MqttConnection c = loop.open(out);
        loop.receive(c, Packets.connect(Packets.terse(5, "c").keepAliveSeconds(2)));
        loop.settle();
        loop.receive(c, Packets.publish(5, 0, 0, "a", new byte[20_000]));
        advanceMs(15_000);
        assertFalse(out.isEnded());
        advanceMs(20_000);
        assertTrue(out.isEnded());
    }

    @Test
    void aClientAboveItsRateIsClosedWhereThatIsConfigured() {
        loop = loop(traffic(10, 0, true));
        MqttConnection c = connect(5, "c");
        out.take();
        publish(c, 12);
        assertEquals("e00196", out.take());
        assertEquals(11, published());
    }

    @Test
    void whatCameBeforeTheSocketClosedIsNotHeldUp() {
        loop = loop(traffic(1, 0, false));
        MqttConnection c = connect(5, "c");
        publish(c, 5);
        c.onTransportClosed();
        loop.settle();
        assertEquals(5, published());
        assertEquals(0, loop.context.connections.size());
    }

    @Test
    void connectsASecondAreLimitedInAll() {
        loop = loop(new RateLimits(2, 0, 0, 0, false, 0, 0, 0, 0, 0, 0));
        assertEquals("00", answer(5, "a"));
        assertEquals("00", answer(5, "b"));
        assertEquals("9f", answer(5, "c"));
        assertEquals("20020003", answer(4, "d"));
        assertEquals(2, loop.context.counters.value(Counter.CONNECTS_TOO_FAST));
        loop.advanceMs(1000);
        assertEquals("00", answer(5, "e"));
    }

    @Test
    void whoProvesNothingTakesNothingOfTheConnectsASecond() {
        ScriptedGatekeeper keeper = new ScriptedGatekeeper();
        RateLimits rates = new RateLimits(2, 0, 0, 0, false, 0, 0, 0, 0, 0, 0);
        loop = new TestLoop(
                GatewayConfig.builder().gatekeeper(keeper).rates(rates).build());
        for (int i = 0; i < 10; i++) {
            assertEquals("20020005", login(keeper, false));
        }
        assertEquals("20020000", login(keeper, true));
        assertEquals("20020000", login(keeper, true));
        assertEquals("20020003", login(keeper, true));
    }

    /** Neither another address nor who comes without a user name has to pay for them. */
    @Test
    void wrongPasswordsBanTheirAddressFromLoggingInForAWhile() {
        ScriptedGatekeeper keeper = new ScriptedGatekeeper();
        RateLimits rates = new RateLimits(0, 0, 0, 0, false, 0, 0, 0, 3, 10, 60);
        loop = new TestLoop(
                GatewayConfig.builder().gatekeeper(keeper).rates(rates).build());
        host = "192.0.2.66";
        assertEquals("20020005", login(keeper, false));
        loop.advanceMs(10_000);
        for (int i = 0; i < 3; i++) {
            assertEquals("20020000", login(keeper, true));
            assertEquals("20020005", login(keeper, false));
        }
        int asked = keeper.asked.size();
        assertEquals("8a", answerToLogin());
        assertEquals(asked, keeper.asked.size());
        assertEquals("00", answer(5, "anonymous"));
        host = "192.0.2.1";
        assertEquals("20020000", login(keeper, true));
        host = "192.0.2.66";
        loop.advanceMs(59_000);
        assertEquals("8a", answerToLogin());
        loop.advanceMs(1_000);
        assertEquals("20020000", login(keeper, true));
    }

    /** Neither the right password nor another wrong one is told apart by then. */
    @Test
    void guessesThatWaitTogetherAreNotAnsweredOnceTheirAddressIsBanned() {
        ScriptedGatekeeper keeper = new ScriptedGatekeeper();
        RateLimits rates = new RateLimits(0, 0, 0, 0, false, 0, 0, 0, 3, 10, 60);
        loop = new TestLoop(
                GatewayConfig.builder().gatekeeper(keeper).rates(rates).build());
        List<MemoryOutput> outputs = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            outputs.add(newOutput());
            loop.receive(
                    loop.open(outputs.get(i)),
                    Packets.connect(Packets.terse(5, "c").userName("u")));
        }
        for (int i = 0; i < 4; i++) {
            keeper.refuse();
        }
        keeper.accept("u", "");
        loop.settle();
        assertEquals(
                List.of("87", "87", "87", "8a", "8a"),
                outputs.stream().map(o -> o.take().substring(6, 8)).toList());
    }

    /** Answer to a CONNECT with a user name, when that is given before it is judged. */
    private String answerToLogin() {
        out = newOutput();
        loop.receive(loop.open(out), Packets.connect(Packets.terse(5, "c").userName("u")));
        loop.settle();
        return out.take().substring(6, 8);
    }

    /** Answer to a CONNECT whose password is right or wrong. */
    private String login(ScriptedGatekeeper keeper, boolean right) {
        out = newOutput();
        MqttConnection connection = loop.open(out);
        loop.receive(connection, Packets.connect(Packets.terse(4, "c").userName("u")));
        loop.settle();
        if (right) {
            keeper.accept("u", "");
        } else {
            keeper.refuse();
        }
        loop.settle();
        return out.take();
    }

    @Test
    void connectsASecondAreLimitedForEachAddress() {
        loop = loop(new RateLimits(0, 1, 0, 0, false, 0, 0, 0, 0, 0, 0));
        assertEquals("00", answer(5, "a"));
        assertEquals("9f", answer(5, "b"));
        loop.advanceMs(1000);
        assertEquals("00", answer(5, "c"));
    }

    /** Of which a client may have as many addresses as it likes. */
    @Test
    void anIpv6NetworkOf64BitsCountsAsOneAddress() {
        loop = loop(new RateLimits(0, 1, 0, 0, false, 0, 0, 0, 0, 0, 0));
        host = "2001:db8:1:2::1";
        assertEquals("00", answer(5, "a"));
        host = "2001:db8:1:2:ffff::1";
        assertEquals("9f", answer(5, "b"));
        host = "2001:db8:1:3::1";
        assertEquals("00", answer(5, "c"));
    }

    @Test
    void anIpv4AddressWrittenAsIpv6IsThatAddress() throws IOException {
        byte[] mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, (byte) 192, 0, 2, 7};
        Peer peer = newOutput().peer();
        peer.address(new InetSocketAddress(Inet6Address.getByAddress(null, mapped, -1), 1));
        assertArrayEquals(new byte[] {(byte) 192, 0, 2, 7}, peer.host());
    }

    @Test
    void aFlappingClientIsBannedForAWhileAndNoOther() {
        loop = loop(new RateLimits(0, 0, 0, 0, false, 3, 10, 60, 0, 0, 0));
        for (int i = 0; i < 3; i++) {
            assertEquals("00", answer(5, "flapping"));
        }
        assertEquals("8a", answer(5, "flapping"));
        assertEquals("20020005", answer(4, "flapping"));
        assertEquals("00", answer(5, "other"));
        assertEquals(2, loop.context.counters.value(Counter.CONNECTS_BANNED));
        loop.advanceMs(59_000);
        assertEquals("8a", answer(5, "flapping"));
        loop.advanceMs(1_000);
        assertEquals("00", answer(5, "flapping"));
    }

    /** And no other: each ban is told of once. */
    @Test
    void theLoginThatIsOneTooManyIsKnown() {
        Admission admission = new Admission(new RateLimits(0, 0, 0, 0, false, 0, 0, 0, 2, 10, 60), 0);
        Peer peer = newOutput().peer();
        assertFalse(admission.onLoginFailed(peer, 0));
        assertTrue(admission.onLoginFailed(peer, 0));
        assertFalse(admission.onLoginFailed(peer, 0));
    }

    /** CONNECTs that were let in before the ban are accepted after it. */
    @Test
    void aBanStandsWhateverConnectsAreUnderWay() {
        Admission admission = new Admission(new RateLimits(0, 0, 0, 0, false, 3, 10, 60, 0, 0, 0), 0);
        Peer peer = out.peer();
        for (int i = 0; i < 3; i++) {
            admission.onAccepted(peer, "flapping", 0);
        }
        assertEquals(ReasonCode.BANNED, admission.onProved(peer, "flapping", 0));
        for (int i = 0; i < 3; i++) {
            admission.onAccepted(peer, "flapping", 50_000_000_000L);
        }
        assertEquals(ReasonCode.BANNED, admission.onProved(peer, "flapping", 59_000_000_000L));
        assertEquals(ReasonCode.SUCCESS, admission.onProved(peer, "flapping", 60_000_000_000L));
    }

    @Test
    void whoHasItsUserNameForAClientIdIsBannedByThat() {
        ScriptedGatekeeper keeper = new ScriptedGatekeeper();
        RateLimits rates = new RateLimits(0, 0, 0, 0, false, 2, 10, 60, 0, 0, 0);
        loop = new TestLoop(
                GatewayConfig.builder().gatekeeper(keeper).rates(rates).build());
        for (int i = 0; i < 3; i++) {
            out = new MemoryOutput(new ClientRules(true, Set.of(4), 2, 10, 10, "", true, MountPoint.NONE));
            MqttConnection connection = loop.open(out);
            loop.receive(connection, Packets.connect(Packets.terse(4, "c" + i).userName("u")));
            loop.settle();
            keeper.accept("u", "");
            loop.settle();
            assertEquals(i < 2 ? "20020000" : "20020005", out.take());
        }
    }

    @Test
    void aClientThatComesNowAndThenIsNotBanned() {
        loop = loop(new RateLimits(0, 0, 0, 0, false, 3, 10, 60, 0, 0, 0));
        for (int i = 0; i < 10; i++) {
            assertEquals("00", answer(5, "c"));
            loop.advanceMs(6_000);
        }
    }

    @Test
    void countsOfManyKeysTakeNoMoreMemoryAndForgetTheOldest() {
        EventCounts counts = new EventCounts();
        for (long key = 1; key <= 1_000_000; key++) {
            counts.add(key * 0x9E37_79B9_7F4A_7C15L, 1 + key / 1000, 10);
        }
        assertEquals(2, counts.add(1_000_000 * 0x9E37_79B9_7F4A_7C15L, 1001, 10));
        assertEquals(1, counts.add(0x9E37_79B9_7F4A_7C15L, 1001, 10_000));
    }
}
