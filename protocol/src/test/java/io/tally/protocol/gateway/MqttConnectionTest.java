package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.effect.AckEffect;
import io.tally.protocol.effect.EffectType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MqttConnectionTest {
    private static final byte[] X = Packets.text("x");

    private final GatewayConfig.Builder config = GatewayConfig.builder();
    private final MemoryOutput out = new MemoryOutput();
    private TestLoop loop = new TestLoop(config.build());

    private MqttConnection connect(int version, boolean clean) {
        return connect(Packets.terse(version, "c").cleanStart(clean));
    }

    /** A connection that is open, with nothing left in the rings. */
    private MqttConnection connect(ConnectEncoder packet) {
        loop = new TestLoop(config.build());
        MqttConnection connection = loop.open(out);
        loop.receive(connection, Packets.connect(packet));
        loop.settle();
        out.take();
        return connection;
    }

    private void expectCommands(String... words) {
        assertEquals(List.of(words), loop.takeCommands());
    }

    private void expectSent(String digits) {
        loop.iterate();
        assertEquals(digits.replace(" ", ""), out.take());
    }

    @Test
    void whatWasAnsweredBeforeACloseWithoutAReasonStillGoesOut() {
        loop = new TestLoop(config.build());
        MqttConnection c = loop.open(out);
        loop.receive(c, Packets.connect(Packets.terse(4, "c").cleanStart(true)));
        loop.iterate();
        loop.engine.poll();
        loop.engine.close(c.id, ReasonCode.SESSION_TAKEN_OVER.code());
        loop.iterate();
        assertEquals("20020000", out.take());
        assertTrue(out.isEnded());
    }

    // ---- PUBLISH ----

    @Test
    void qos0WithoutRetainBypassesTheJournal() {
        MqttConnection c = connect(4, true);
        loop.receive(c, Packets.publish(4, 0, 0, "a/b", X));
        loop.receive(c, Packets.publish(4, 4, 0, "a/b", X));
        loop.receive(c, Packets.publish(4, 1, 3, "a/b", X));
        loop.receive(c, Packets.publish(4, 2 | 8, 4, "a/b", X));
        expectCommands(
                "PUBLISH 1 q0 #0 a/b=x bypass",
                "PUBLISH 1 q0r #0 a/b=x refusable",
                "PUBLISH 1 q1 #3 a/b=x refusable",
                "PUBLISH 1 q2d #4 a/b=x refusable");
    }

    @Test
    void qos0IsJournaledWhenItMayBeQueued() {
        config.queueQos0Messages(true);
        MqttConnection c = connect(4, true);
        loop.receive(c, Packets.publish(4, 0, 0, "a", X));
        expectCommands("PUBLISH 1 q0 #0 a=x refusable");
    }

    @Test
    void takesPacketsBehindConnectAtOnceAndAnswersConnackFirst() {
        loop = new TestLoop(config.build());
        MqttConnection c = loop.open(out);
        loop.receive(c, Packets.join(Packets.connect(4, "c", true), Packets.publish(4, 1, 1, "a", X), Packets.PINGREQ));
        expectSent("");
        loop.settle();
        assertEquals("20020000" + "d000" + "40020001", out.take());
    }

    @Test
    void answersNothingBeforeConnack() {
        loop = new TestLoop(config.build());
        MqttConnection c = loop.open(out);
        byte[] denied = Packets.publish(5, 1, 1, "$SYS/a", X);
        loop.receive(c, Packets.join(Packets.connect(5, "c", true), denied, Packets.PINGREQ, denied));
        expectSent("");
        assertFalse(out.isReading, "what will be answered here waits where it is");
        loop.settle();
        String sent = out.take();
        assertTrue(sent.startsWith("20"), sent);
        assertTrue(sent.endsWith("d000" + "4003000187" + "4003000187"), sent);
        assertTrue(out.isReading);
    }

    @Test
    void whatWaitsForConnackStillCountsWhenTheSocketCloses() {
        loop = new TestLoop(config.build());
        MqttConnection c = loop.open(out);
        loop.receive(
                c,
                Packets.join(
                        Packets.connect(4, "c", true),
                        Packets.PINGREQ,
                        Packets.publish(4, 1, 1, "a", X),
                        Packets.disconnect(4, 0)));
        expectCommands("CONNECT 1 refusable");
        c.onTransportClosed();
        expectCommands("PUBLISH 1 q1 #1 a=x refusable", "DISCONNECTED 1 last 0");
    }

    @Test
    void resolvesTopicAliases() {
        MqttConnection c = connect(5, true);
        PropertyWriter alias = new PropertyWriter().add(Property.TOPIC_ALIAS, 10);
        loop.receive(c, Packets.publish(5, 0, 0, "long/topic", X, alias));
        loop.receive(c, Packets.publish(5, 0, 0, "", X, alias));
        expectCommands("PUBLISH 1 q0 #0 long/topic=x bypass", "PUBLISH 1 q0 #0 long/topic=x bypass");
        loop.receive(c, Packets.publish(5, 0, 0, "other", X, alias));
        loop.receive(c, Packets.publish(5, 0, 0, "", X, alias));
        expectCommands("PUBLISH 1 q0 #0 other=x bypass", "PUBLISH 1 q0 #0 other=x bypass");
    }

    @Test
    void refusesAliasesAboveTheMaximumOrNeverSet() {
        MqttConnection c = connect(5, true);
        loop.receive(c, Packets.publish(5, 0, 0, "a", X, new PropertyWriter().add(Property.TOPIC_ALIAS, 11)));
        assertEquals("e00194", out.take());
        expectCommands("DISCONNECTED 1 will last 0");
        MqttConnection d = connect(5, true);
        loop.receive(d, Packets.publish(5, 0, 0, "", X, new PropertyWriter().add(Property.TOPIC_ALIAS, 3)));
        assertEquals("e00194", out.take());
    }

    @Test
    void enforcesItsReceiveMaximumFor5Only() {
        config.receiveMaximum(2);
        MqttConnection c = connect(5, true);
        loop.receive(c, Packets.publish(5, 1, 1, "a", X));
        loop.receive(c, Packets.publish(5, 2, 2, "a", X));
        loop.engine.ack(1, PacketType.PUBACK, 1, 0);
        expectSent("40020001");
        loop.receive(c, Packets.publish(5, 1, 3, "a", X));
        loop.engine.ack(1, PacketType.PUBREC, 2, 0);
        expectSent("50020002");
        loop.receive(c, Packets.publish(5, 1, 4, "a", X));
        assertEquals("e00193", out.take());

        MqttConnection old = connect(4, true);
        for (int id = 1; id < 10; id++) {
            loop.receive(old, Packets.publish(4, 1, id, "a", X));
        }
        assertEquals(9, loop.takeCommands().size());
    }

    @Test
    void hasPublishesToSysAnsweredInTheirTurnAndHandsNothingOver() {
        MqttConnection c = connect(5, true);
        loop.receive(c, Packets.publish(5, 0, 0, "$SYS/a", X));
        loop.receive(c, Packets.publish(5, 1, 1, "$SYS", X));
        loop.receive(c, Packets.publish(5, 2, 2, "$SYS/b", X));
        loop.receive(c, Packets.publish(5, 0, 0, "$SYSTEM", X));
        expectCommands("PUBLISH 1 q1 #1 denied 87", "PUBLISH 1 q2 #2 denied 87", "PUBLISH 1 q0 #0 $SYSTEM=x bypass");
        expectSent("");
    }

    @Test
    void isUnavailableForWhoConnectsWhileItShutsDown() {
        loop = new TestLoop(config.build());
        MqttConnection c = loop.open(out);
        loop.receive(c, Packets.connect(5, "c", true));
        c.closeFor(ReasonCode.SERVER_SHUTTING_DOWN);
        expectSent("2003008800");
    }

    @Test
    void answersPublishesToSysBehindTheConnack() {
        loop = new TestLoop(config.build());
        MqttConnection c = loop.open(out);
        loop.receive(c, Packets.connect(5, "c", true));
        loop.receive(c, Packets.publish(5, 1, 1, "$SYS/a", X));
        loop.receive(c, Packets.publish(5, 2, 2, "$SYS/a", X));
        expectSent("");
        loop.settle();
        String sent = out.take();
        assertTrue(sent.startsWith("20"), sent);
        assertTrue(sent.endsWith("4003000187" + "5003000287"), sent);
    }

    @Test
    void refusesRetainWhereItIsNotAvailable() {
        config.retainAvailable(false);
        MqttConnection c = connect(5, true);
        loop.receive(c, Packets.publish(5, 4, 0, "a", X));
        assertEquals("e0019a", out.take());
    }

    @Test
    void refusesTopicsWithTooManyLevels() {
        MqttConnection c = connect(5, true);
        loop.receive(c, Packets.publish(5, 1, 1, "/".repeat(65_000), X));
        assertEquals("e00190", out.take());
        expectCommands("DISCONNECTED 1 will last 0");
    }

    @Test
    void closesV3ClientsWhosePublishIsRefused() {
        MqttConnection c = connect(4, true);
        loop.receive(c, Packets.publish(4, 1, 1, "a", X));
        loop.takeCommands();
        loop.engine.ack(1, PacketType.PUBACK, 1, 0x97);
        expectSent("");
        assertTrue(out.isClosed);
        expectCommands("DISCONNECTED 1 will last 0");
        MqttConnection five = connect(5, true);
        loop.receive(five, Packets.publish(5, 2, 1, "a", X));
        loop.engine.ack(1, PacketType.PUBREC, 1, 0x97);
        expectSent("5003000197");
    }

    @Test
    void refusesPacketsAboveTheMaximum() {
        config.packetBytesMax(1000);
        MqttConnection c = connect(5, true);
        loop.receive(c, Packets.hex("30 e6 07"));
        assertEquals("e00195", out.take());
        MqttConnection old = connect(4, true);
        loop.receive(old, Packets.hex("30 ff ff ff 7f"));
        assertEquals("", out.take());
        assertTrue(out.isClosed);
    }

    // ---- acknowledgements ----

    @Test
    void batchesAcknowledgementsOfOneRead() {
        MqttConnection c = connect(4, false);
        oweCompletions(1, 2, 4);
        loop.receive(c, Packets.publish(4, 2, 3, "a", X));
        loop.takeCommands();
        loop.engine.ack(1, PacketType.PUBREC, 3, 0);
        loop.iterate();
        loop.receive(
                c,
                Packets.join(
                        Packets.ack(4, PacketType.PUBCOMP, 1, 0),
                        Packets.ack(4, PacketType.PUBCOMP, 2, 0),
                        Packets.ack(4, PacketType.PUBREL, 3, 0),
                        Packets.ack(4, PacketType.PUBCOMP, 4, 0)));
        expectCommands("ACKS 1 7#1 7#2 6#3 7#4");
    }

    /** PUBRELs of deliveries of an earlier connection: the client owes their PUBCOMPs. */
    private void oweCompletions(int... packetIds) {
        for (int packetId : packetIds) {
            loop.engine.ack(1, PacketType.PUBREL, packetId, 0);
        }
        loop.iterate();
    }

    @Test
    void acknowledgementsThatAreOwedForNothingGoNoFurther() {
        MqttConnection c = connect(4, false);
        oweCompletions(7);
        loop.receive(
                c,
                Packets.join(
                        Packets.ack(4, PacketType.PUBACK, 1, 0),
                        Packets.ack(4, PacketType.PUBREC, 2, 0),
                        Packets.ack(4, PacketType.PUBCOMP, 3, 0),
                        Packets.ack(4, PacketType.PUBCOMP, 7, 0),
                        Packets.ack(4, PacketType.PUBCOMP, 7, 0)));
        expectCommands("ACKS 1 7#7");
    }

    @Test
    void pubrelGoesAheadOfALaterPublish() {
        MqttConnection c = connect(4, false);
        loop.receive(c, Packets.join(Packets.ack(4, PacketType.PUBREL, 3, 0), Packets.publish(4, 2, 3, "a", X)));
        expectCommands("ACKS 1 6#3 refusable", "PUBLISH 1 q2 #3 a=x refusable");
    }

    @Test
    void onlyWhatWasReceivedIsReleasedForCertainAndOnce() {
        MqttConnection c = connect(5, true);
        loop.receive(c, Packets.publish(5, 2, 3, "a", X));
        loop.receive(c, Packets.ack(5, PacketType.PUBREL, 3, 0));
        loop.engine.ack(1, PacketType.PUBREC, 3, 0);
        loop.iterate();
        for (int i = 0; i < 2; i++) {
            loop.receive(c, Packets.ack(5, PacketType.PUBREL, 3, 0));
        }
        expectCommands("PUBLISH 1 q2 #3 a=x refusable", "ACKS 1 6#3 refusable", "ACKS 1 6#3", "ACKS 1 6#3 refusable");
    }

    @Test
    void whatTheEngineHoldsOfAnEarlierConnectionIsReleasedAgainOnce() {
        MqttConnection c = connect(5, false);
        for (int i = 0; i < 3; i++) {
            loop.receive(c, Packets.ack(5, PacketType.PUBREL, 7, 0));
            expectCommands("ACKS 1 6#7 refusable");
        }
        for (int i = 0; i < 3; i++) {
            loop.engine.ack(1, AckEffect.PUBREL_AGAIN, 7, 0);
        }
        expectSent("");
        expectCommands("ACKS 1 6#7");
        loop.engine.ack(1, PacketType.PUBCOMP, 7, 0);
        expectSent("70 02 0007");
        loop.engine.ack(1, AckEffect.PUBREL_AGAIN, 7, 0);
        expectSent("");
        expectCommands("ACKS 1 6#7");
    }

    /** What is denied before 5.0 is acknowledged as if it were not, but nothing was received. */
    @Test
    void whatWasDeniedIsNotReleasedForCertain() {
        MqttConnection c = connect(4, true);
        loop.receive(c, Packets.publish(4, 2, 3, "$SYS/a", X));
        loop.engine.ack(1, PacketType.PUBREC, 3, 0);
        loop.iterate();
        loop.receive(c, Packets.ack(4, PacketType.PUBREL, 3, 0));
        expectCommands("PUBLISH 1 q2 #3 denied 87", "ACKS 1 6#3 refusable");
    }

    // ---- SUBSCRIBE ----

    @Test
    void passesFiltersOnAndRefusesThoseThatAreTooDeep() {
        MqttConnection c = connect(5, true);
        loop.receive(c, Packets.subscribe(5, 9, "a/+", 0x2D));
        loop.receive(c, Packets.subscribe(5, 10, "/".repeat(201), 1));
        loop.receive(c, Packets.unsubscribe(5, 11, "a/+"));
        expectCommands(
                "SUBSCRIBE 1 #9 a/+:45 refusable",
                "SUBSCRIBE 1 #10 " + "/".repeat(201) + ":1!143 refusable",
                "UNSUBSCRIBE 1 #11 a/+:0 refusable");
        loop.engine.suback(EffectType.SUBACK, 1, 9, List.of(1));
        loop.engine.suback(EffectType.SUBACK, 1, 10, List.of(0x8F));
        loop.engine.suback(EffectType.UNSUBACK, 1, 11, List.of(0x11));
        expectSent("90 04 0009 00 01" + "90 04 000a 00 8f" + "b0 04 000b 00 11");
    }

    @Test
    void answersV3SubscribersInTheirTerms() {
        MqttConnection c = connect(4, true);
        loop.engine.suback(EffectType.SUBACK, c.id, 9, List.of(2, 0x8F));
        loop.engine.suback(EffectType.UNSUBACK, c.id, 10, List.of(0x11));
        expectSent("90 04 0009 02 80" + "b0 02 000a");
    }

    @Test
    void refusesTooManyFilters() {
        config.filtersPerPacketMax(1);
        MqttConnection c = connect(5, true);
        loop.receive(c, Packets.hex("82 0b 0001 00 0001 61 00 0001 62 00"));
        assertEquals("e00197", out.take());
    }

    @Test
    void refusesInvalidFilters() {
        MqttConnection c = connect(5, true);
        loop.receive(c, Packets.hex("82 08 0001 00 0002 6123 00"));
        assertEquals("e0018f", out.take());
    }

    // ---- the end ----

    @Test
    void normalDisconnectDropsTheWill() {
        MqttConnection c = connect(4, true);
        loop.receive(c, Packets.disconnect(4, 0));
        assertTrue(out.isClosed);
        expectCommands("DISCONNECTED 1 last 0");
        c.onTransportClosed();
        expectCommands();
    }

    @Test
    void disconnectWithReason4KeepsTheWillAndMayChangeTheExpiry() {
        PropertyWriter expiry = new PropertyWriter().add(Property.SESSION_EXPIRY_INTERVAL, 100);
        MqttConnection c = connect(Packets.terse(5, "c").properties(expiry));
        loop.receive(c, Packets.hex("e0 07 04 05 11 00000007"));
        expectCommands("DISCONNECTED 1 will last 0 expiry 7");
        assertTrue(out.isClosed);
    }

    @Test
    void refusesToGiveAVolatileSessionALifeOfItsOwn() {
        MqttConnection c = connect(5, true);
        loop.receive(c, Packets.hex("e0 07 00 05 11 00000007"));
        assertEquals("e00182", out.take());
        expectCommands("DISCONNECTED 1 will last 0");
    }

    @Test
    void lostConnectionsPublishTheWill() {
        MqttConnection c = connect(4, true);
        c.onTransportClosed();
        expectCommands("DISCONNECTED 1 will last 0");
    }

    @Test
    void nothingIsOwedForAConnectionThatNeverConnected() {
        MqttConnection c = loop.open(out);
        c.onTransportClosed();
        expectCommands();
    }

    @Test
    void closeEffectSaysWhyTo5Only() {
        connect(5, true);
        loop.engine.close(1, 0x8E);
        expectSent("e0018e");
        assertTrue(out.isClosedGently);
        expectCommands("DISCONNECTED 1 will last 0");
        connect(4, true);
        loop.engine.close(1, 0x8E);
        expectSent("");
        assertTrue(out.isClosed);
    }

    @Test
    void bytesBehindTheEndAreIgnored() {
        MqttConnection c = connect(4, true);
        loop.receive(c, Packets.join(Packets.disconnect(4, 0), Packets.publish(4, 0, 0, "a", X)));
        loop.receive(c, Packets.publish(4, 0, 0, "a", X));
        expectCommands("DISCONNECTED 1 last 0");
    }

    @Test
    void effectsForAConnectionThatIsGoneAreSkipped() {
        MqttConnection c = connect(4, true);
        c.onTransportClosed();
        loop.engine.ack(1, PacketType.PUBACK, 1, 0);
        loop.engine.deliver(1, 1, 1, 99);
        loop.engine.close(1, 0x8E);
        expectSent("");
    }

    @Test
    void rejectsAuthAndPacketsOfServers() {
        MqttConnection c = connect(5, true);
        loop.receive(c, Packets.hex("f0 00"));
        assertEquals("e00182", out.take());
        MqttConnection d = connect(5, true);
        loop.receive(d, Packets.hex("d0 00"));
        assertEquals("e00182", out.take());
    }

    // ---- time ----

    @Test
    void closesConnectionsThatSendNoConnectInTime() {
        config.connectTimeoutMs(5_000);
        loop = new TestLoop(config.build());
        loop.open(out);
        loop.advanceMs(4_900);
        loop.iterate();
        assertFalse(out.isEnded());
        loop.advanceMs(1_000);
        loop.iterate();
        assertTrue(out.isClosed);
        expectCommands();
    }

    @Test
    void closesSilentClientsAfterOneAndAHalfKeepAlives() {
        MqttConnection c = connect(Packets.terse(5, "c").keepAliveSeconds(10));
        loop.advanceMs(14_000);
        loop.iterate();
        loop.receive(c, Packets.PINGREQ);
        expectSent("d000");
        loop.advanceMs(14_000);
        expectSent("");
        loop.advanceMs(2_000);
        expectSent("e0018d");
        expectCommands("DISCONNECTED 1 will last 0");
        assertTrue(out.isClosedGently);
        loop.advanceMs(3_000);
        loop.iterate();
        assertTrue(out.isClosed, "a client that does not close is closed after a while");
    }

    @Test
    void partsOfAShortPacketAreNoSignOfLife() {
        MqttConnection c = connect(Packets.terse(5, "c").keepAliveSeconds(10));
        loop.receive(c, new byte[] {0x30, 0x7F});
        for (int seconds = 0; seconds < 16; seconds += 4) {
            loop.advanceMs(4_000);
            loop.iterate();
            loop.receive(c, new byte[] {0});
        }
        expectSent("e0018d");
    }

    @Test
    void partsOfALongPacketAre() {
        MqttConnection c = connect(Packets.terse(5, "c").keepAliveSeconds(10));
        loop.receive(c, new byte[] {0x30, (byte) 0xE9, 0x07});
        for (int seconds = 0; seconds < 16; seconds += 4) {
            loop.advanceMs(4_000);
            loop.iterate();
            loop.receive(c, new byte[] {0});
        }
        expectSent("");
    }

    @Test
    void keepAliveZeroNeverCloses() {
        connect(4, true);
        loop.advanceMs(1_000_000_000);
        expectSent("");
        assertFalse(out.isEnded());
    }

    // ---- failures of ours ----

    @Test
    void aFailureOfOneConnectionHarmsNoOther() {
        MqttConnection byEffect = connect(Packets.terse(5, "c").keepAliveSeconds(10));
        MemoryOutput outOfTimer = new MemoryOutput();
        MemoryOutput outOfHealthy = new MemoryOutput();
        loop.receive(
                loop.open(outOfTimer), Packets.connect(Packets.terse(5, "d").keepAliveSeconds(10)));
        loop.receive(
                loop.open(outOfHealthy), Packets.connect(Packets.terse(5, "e").keepAliveSeconds(10)));
        loop.settle();
        outOfHealthy.take();
        out.isBroken = true;
        outOfTimer.isBroken = true;
        loop.engine.ack(byEffect.id, PacketType.PUBACK, 1, 0);
        loop.iterate();
        assertTrue(out.isClosed);
        expectCommands("DISCONNECTED 1 will last 0");
        loop.advanceMs(16_000);
        loop.iterate();
        assertTrue(outOfTimer.isClosed);
        assertEquals("e0018d", outOfHealthy.take());
        assertEquals(2, loop.takeCommands().size());
    }

    // ---- fragments ----

    @Test
    void takesPacketsCutAtAnyByte() {
        byte[] stream = Packets.join(
                Packets.connect(5, "c", true),
                Packets.publish(5, 1, 1, "a", Packets.text("y".repeat(200))),
                Packets.subscribe(5, 2, "b", 1),
                Packets.publish(5, 0, 0, "a", new byte[0]),
                Packets.ack(5, PacketType.PUBREL, 1, 0),
                Packets.disconnect(5, 4));
        loop = new TestLoop(config.build());
        MqttConnection uncut = loop.open(out);
        loop.receive(uncut, stream);
        uncut.onTransportClosed();
        List<String> whole = loop.takeCommands();
        assertEquals(6, whole.size(), whole.toString());
        for (int cut = 1; cut < stream.length; cut++) {
            for (int piece = 1; piece <= 3; piece++) {
                loop = new TestLoop(config.build(), 1 << 14);
                MqttConnection c = loop.open(out);
                receiveInPieces(c, stream, cut, piece);
                c.onTransportClosed();
                assertEquals(whole, loop.takeCommands(), "cut at " + cut + ", pieces of " + piece);
            }
        }
    }

    /** Everything up to {@code cut}, then a few small pieces, then the rest. */
    private void receiveInPieces(MqttConnection c, byte[] stream, int cut, int piece) {
        int at = 0;
        int next = cut;
        for (int i = 0; i < 4 && at < stream.length; i++) {
            loop.receive(c, Arrays.copyOfRange(stream, at, next));
            at = next;
            next = Math.min(stream.length, at + piece);
        }
        loop.receive(c, Arrays.copyOfRange(stream, at, stream.length));
    }

    @Test
    void takesSingleBytes() {
        byte[] stream = Packets.join(
                Packets.connect(4, "c", true),
                Packets.publish(4, 1, 1, "a", Packets.text("y".repeat(300))),
                Packets.PINGREQ);
        loop = new TestLoop(config.build());
        MqttConnection c = loop.open(out);
        for (byte b : stream) {
            loop.receive(c, new byte[] {b});
        }
        assertEquals(2, loop.takeCommands().size());
    }
}
