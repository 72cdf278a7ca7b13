package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.codec.PublishEncoder;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.effect.DeliverEffect;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeliveryTest {
    private static final byte[] X = Packets.text("x");

    private final GatewayConfig.Builder config = GatewayConfig.builder();
    private final MemoryOutput out = new MemoryOutput();
    private TestLoop loop = new TestLoop(config.build());
    private int nextPacketId = 1;

    private MqttConnection connect(int version, PropertyWriter properties) {
        return connect(Packets.terse(version, "c").cleanStart(false).properties(properties));
    }

    private MqttConnection connect(ConnectEncoder packet) {
        loop = new TestLoop(config.build());
        MqttConnection connection = loop.open(out);
        loop.receive(connection, Packets.connect(packet));
        loop.settle();
        out.take();
        return connection;
    }

    private MqttConnection connect(int version) {
        return connect(version, new PropertyWriter().add(Property.SESSION_EXPIRY_INTERVAL, 100));
    }

    private void expectSent(byte[]... packets) {
        loop.iterate();
        assertEquals(Packets.hex(Packets.join(packets)), out.take());
    }

    private void ack(MqttConnection connection, int type, int packetId) {
        loop.receive(connection, Packets.ack(4, type, packetId, 0));
    }

    /** A PUBLISH command as a publisher's gateway writes it; expiry -1 = none. */
    private static byte[] command(int version, String topic, byte[] payload, long expirySeconds, String properties) {
        byte[] name = Packets.text(topic);
        byte[] propertyBytes = Packets.hex(properties);
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        CommandHeader.write(b, 0, CommandType.PUBLISH, 0, 0, 77);
        int flags = expirySeconds < 0 ? 0 : PublishCommand.FLAG_EXPIRES;
        PublishCommand.writeFixed(b, 0, flags, version, 0, Math.max(0, expirySeconds));
        PublishCommand.writeLengths(b, 0, name.length, propertyBytes.length, payload.length);
        int at = PublishCommand.FIXED_LENGTH;
        b.putBytes(at, name);
        b.putBytes(at + name.length, propertyBytes);
        b.putBytes(at + name.length + propertyBytes.length, payload);
        return Arrays.copyOf(b.byteArray(), at + name.length + propertyBytes.length + payload.length);
    }

    private long journal(String topic) {
        return loop.engine.journal(1, command(4, topic, X, -1, ""));
    }

    private byte[] message(int packetId, String topic) {
        return Packets.publish(4, 1, packetId, topic, X);
    }

    @Test
    void sendsTheBodyToEachConnectionItIsFor() {
        connect(4);
        MemoryOutput second = new MemoryOutput();
        loop.receive(loop.open(second), Packets.connect(5, "d", true));
        loop.settle();
        second.take();
        loop.engine.body(1, new UnsafeBuffer(command(5, "a", X, -1, "03 0001 74")));
        loop.engine.deliver(1, 0, 0, 0);
        loop.engine.deliver(2, 4, 0, 0, 5, 200);
        loop.iterate();
        assertEquals("300400016178", out.take());
        assertEquals("310e" + "000161" + "09" + "0b05" + "0bc801" + "03000174" + "78", second.take());
    }

    /** Packets that are alike are encoded once; whoever gets another one must not get that. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void manyConnectionsEachGetWhatIsDueToThem(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        loop = new TestLoop(config.inFlightMessagesMax(1_000).build());
        int[] versions = {4, 5, 4, 3, 5, 4, 5};
        int[] limits = {0, 0, 0, 0, 60, 0, 0};
        List<MemoryOutput> outputs = new ArrayList<>();
        List<StringBuilder> expected = new ArrayList<>();
        for (int i = 0; i < versions.length; i++) {
            MemoryOutput output = new MemoryOutput();
            PropertyWriter properties = new PropertyWriter();
            if (limits[i] != 0) {
                properties.add(Property.MAXIMUM_PACKET_SIZE, limits[i]);
            }
            loop.receive(
                    loop.open(output),
                    Packets.connect(Packets.terse(versions[i], "c" + i).properties(properties)));
            loop.settle();
            output.take();
            outputs.add(output);
            expected.add(new StringBuilder());
        }
        long[] positions = new long[3];
        byte[][] payloads = new byte[4][];
        String[] topics = new String[4];
        for (int step = 0; step < 400; step++) {
            int which = random.nextInt(4);
            if (payloads[which] == null || random.nextInt(8) == 0) {
                payloads[which] = Packets.text("p" + step + "x".repeat(random.nextInt(3) == 0 ? 70 : 5));
                topics[which] = "t/" + random.nextInt(3);
                byte[] command = command(4, topics[which], payloads[which], -1, "");
                if (which == 3) {
                    loop.engine.body(1, new UnsafeBuffer(command));
                } else {
                    positions[which] = loop.engine.journal(1, command);
                }
            }
            int flags = random.nextInt(6) == 0 ? DeliverEffect.FLAG_RETAIN : 0;
            int qos = random.nextInt(8) == 0 ? 1 : 0;
            int id = random.nextInt(12) == 0 ? 5 : 0;
            for (int c = 0; c < versions.length; c++) {
                if (random.nextInt(6) > 0) {
                    int[] ids = id == 0 ? new int[0] : new int[] {id};
                    int packetId = qos == 0 ? 0 : step + 1;
                    loop.engine.deliver(c + 1, flags | qos, packetId, which == 3 ? 0 : positions[which], ids);
                    PublishEncoder due = new PublishEncoder()
                            .begin(versions[c], flags | qos, packetId)
                            .topic(new UnsafeBuffer(Packets.text(topics[which])), 0, topics[which].length())
                            .payload(new UnsafeBuffer(payloads[which]), 0, payloads[which].length);
                    UnsafeBuffer ids4 = new UnsafeBuffer(new byte[] {(byte) id, 0, 0, 0});
                    due.subscriptionIds(ids4, 0, ids.length);
                    byte[] packet = new byte[due.encodedLength()];
                    due.encode(new UnsafeBuffer(packet), 0);
                    if (limits[c] == 0 || packet.length <= limits[c]) {
                        expected.get(c).append(Packets.hex(packet));
                    }
                }
            }
            loop.iterate();
        }
        for (int c = 0; c < versions.length; c++) {
            assertEquals(expected.get(c).toString(), outputs.get(c).take(), "connection " + c);
        }
    }

    @Test
    void whatIsLeftOfAnExpiryIsCountedForEachConnection() {
        loop = new TestLoop(config.build());
        List<MemoryOutput> outputs = connectAll(new PropertyWriter(), 4);
        long position = loop.engine.journal(1, command(5, "a", X, 10, ""));
        for (int i = 0; i < 4; i++) {
            loop.engine.deliver(i + 1, 0, 0, position);
            loop.iterate();
            assertEquals(
                    "300a0001610502000000" + "0" + "a987".charAt(i) + "78",
                    outputs.get(i).take());
            loop.advanceMs(1_000);
        }
    }

    @Test
    void anAliasIsOnlyForWhoHasIt() {
        loop = new TestLoop(config.build());
        List<MemoryOutput> aliased = connectAll(new PropertyWriter().add(Property.TOPIC_ALIAS_MAXIMUM, 1), 2);
        List<MemoryOutput> others = connectAll(new PropertyWriter(), 3);
        long position = journal("a");
        for (int round = 0; round < 2; round++) {
            for (int id = 1; id <= 5; id++) {
                loop.engine.deliver(id, 0, 0, position);
            }
            loop.iterate();
            for (MemoryOutput output : aliased) {
                assertEquals(round == 0 ? "3008000161" + "03230001" + "78" : "3007000003230001" + "78", output.take());
            }
            for (MemoryOutput output : others) {
                assertEquals("30050001610078", output.take());
            }
        }
    }

    private List<MemoryOutput> connectAll(PropertyWriter properties, int count) {
        List<MemoryOutput> outputs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            MemoryOutput output = new MemoryOutput();
            String id = "c" + loop.context.connections.size();
            loop.receive(loop.open(output), Packets.connect(Packets.terse(5, id).properties(properties)));
            loop.settle();
            output.take();
            outputs.add(output);
        }
        return outputs;
    }

    @Test
    void bodyOutlivesTheBatchThatItCameIn() {
        connect(4);
        loop.engine.body(1, new UnsafeBuffer(command(4, "a", X, -1, "")));
        loop.iterate();
        loop.engine.deliver(1, 0, 0, 0);
        loop.engine.deliver(1, 1, 1, 0);
        expectSent(Packets.publish(4, 0, 0, "a", X), message(1, "a"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void putsABodyThatComesInPartsTogether(boolean isOneBatch) {
        connect(4);
        byte[] payload = new byte[2_500];
        new SplittableRandom(1).nextBytes(payload);
        UnsafeBuffer command = new UnsafeBuffer(command(4, "a", payload, -1, ""));
        for (int id = 1; id <= 3; id += 2) {
            loop.engine.bodyInParts(1, command, 1_000, isOneBatch ? () -> {} : loop::iterate);
            loop.engine.deliver(1, 1, id, 0);
            expectSent(Packets.publish(4, 1, id, "a", payload));
            loop.engine.body(1, new UnsafeBuffer(command(4, "b", X, -1, "")));
            loop.engine.deliver(1, 1, id + 1, 0);
            expectSent(message(id + 1, "b"));
        }
    }

    private static final int LARGE_BYTES = 100_000; // two are a batch

    private long large() {
        return loop.engine.journal(1, command(4, "t", new byte[LARGE_BYTES], -1, ""));
    }

    /** A client that comes back to large messages, 20 seconds old; a send takes a millisecond. */
    private MqttConnection connectToBacklog(int messages) {
        config.inFlightMessagesMax(200);
        MqttConnection connection = connect(4);
        long position = large20SecondsAgo();
        out.onSend = () -> loop.advanceMs(1);
        deliver(1, messages, position);
        return connection;
    }

    private MqttConnection connectPublisher() {
        MqttConnection publisher = loop.open(new MemoryOutput());
        loop.receive(publisher, Packets.connect(4, "publisher", true));
        return publisher;
    }

    /** An iteration in each millisecond, in which this client publishes. */
    private void iterateLive(MqttConnection publisher, int ms) {
        for (int i = 0; i < ms; i++) {
            loop.receive(publisher, Packets.publish(4, 0, 0, "live", X));
            loop.iterate();
            loop.advanceMs(1);
        }
    }

    private static int large(MemoryOutput output) {
        return output.take().length() / 2 / LARGE_BYTES;
    }

    @Test
    void aBacklogHasASixteenthOfTheTimeWhileOthersPublish() {
        connectToBacklog(100);
        iterateLive(connectPublisher(), 160);
        int sent = large(out);
        assertTrue(sent >= 18 && sent <= 32, sent + " sent"); // about eleven batches of two
        loop.advanceMs(2_000);
        loop.settle();
        assertEquals(100 - sent, large(out));
    }

    @Test
    void whatASlowSocketTakesLaterCountsToo() {
        connectToBacklog(100);
        out.onSend = () -> {
            loop.advanceMs(1);
            out.stuckBytes = LARGE_BYTES; // of a batch of two
        };
        MqttConnection publisher = connectPublisher();
        for (int i = 0; i < 160; i++) {
            iterateLive(publisher, 1);
            out.stuckBytes = 0; // taken outside of a turn
        }
        int sent = large(out);
        assertTrue(sent >= 8 && sent <= 20, sent + " sent"); // half as many
    }

    @ParameterizedTest
    @CsvSource({
        "10, 100, 100, 10", // all at once
        "10, 100, 50, 20",
        "10, 100, 1, 40", // little says little
        "10, 100, -7, 40",
        "10, 100, 900, 10", // with what earlier turns had left
        "10, 3, 0, 10",
        "10, 0, 0, 10",
    })
    void whatIsLeftCostsAsMuchAsWhatWasTaken(long spentNs, long bytes, long takenBytes, long wholeNs) {
        assertEquals(wholeNs, BacklogShare.whole(spentNs, bytes, takenBytes));
    }

    @Test
    void timeInWhichNobodyPublishedIsNotCounted() {
        connectToBacklog(100);
        loop.settle();
        assertEquals(100, large(out));
        deliver(1, 100, large());
        iterateLive(connectPublisher(), 80);
        assertTrue(large(out) >= 8);
    }

    @Test
    void aStandstillIsNotCountedAsTimeOfABacklog() {
        connectToBacklog(100);
        MqttConnection publisher = connectPublisher();
        out.onSend = () -> loop.advanceMs(900);
        iterateLive(publisher, 2);
        out.onSend = () -> loop.advanceMs(1);
        out.take();
        iterateLive(publisher, 200);
        assertTrue(large(out) >= 8);
    }

    @Test
    void aBacklogDoesNotMakeUpForAStandstillAtOnce() {
        connectToBacklog(100);
        MqttConnection publisher = connectPublisher();
        iterateLive(publisher, 20);
        out.take();
        loop.advanceMs(50);
        iterateLive(publisher, 1);
        assertEquals(2, large(out)); // one batch
    }

    @Test
    void backlogsTakeTurnsWhileOthersPublish() {
        connectToBacklog(100);
        MemoryOutput second = new MemoryOutput();
        loop.receive(loop.open(second), Packets.connect(4, "second", true));
        long position = large20SecondsAgo();
        second.onSend = () -> loop.advanceMs(1);
        deliver(2, 100, position);
        iterateLive(connectPublisher(), 160);
        int difference = large(out) - large(second);
        assertTrue(Math.abs(difference) <= 4, difference + " more");
    }

    @Test
    void whoHasCaughtUpIsNoLongerHeldBack() {
        connectToBacklog(20);
        MqttConnection publisher = connectPublisher();
        iterateLive(publisher, 200);
        assertEquals(20, large(out));
        loop.engine.timeMs(loop.context.nowMs());
        deliver(1, 1, large());
        iterateLive(publisher, 1);
        deliver(1, 6, large());
        iterateLive(publisher, 1);
        assertEquals(7, large(out));
    }

    @Test
    void whoHasKeptUpIsNotHeldBackBecauseAllStoodStill() {
        config.inFlightMessagesMax(200);
        connect(4);
        deliver(1, 1, large());
        loop.settle();
        out.isWritable = false;
        deliver(1, 12, large());
        loop.advanceMs(20_000);
        out.onSend = () -> loop.advanceMs(1);
        out.isWritable = true;
        out.take();
        MqttConnection publisher = connectPublisher();
        deliver(1, 1, large());
        iterateLive(publisher, 1);
        assertEquals(13, large(out));
    }

    @Test
    void whatHasToBeCopiedDoesNotWaitForItsTurn() {
        connectToBacklog(12);
        MqttConnection publisher = connectPublisher();
        iterateLive(publisher, 2);
        loop.engine.body(1, new UnsafeBuffer(command(4, "a", X, -1, "")));
        loop.engine.deliver(1, 1, 99, 0);
        iterateLive(publisher, 1);
        assertEquals(12, large(out));
        assertEquals(0, loop.context.held.taken());
        deliver(1, 40, large20SecondsAgo());
        iterateLive(publisher, 20);
        assertTrue(large(out) < 20); // behind it, it is held back again
    }

    private long large20SecondsAgo() {
        long position = large();
        loop.advanceMs(20_000);
        return position;
    }

    @Test
    void aSocketThatTakesItAllGetsFurtherBatchesInOneIterationUnlessThereAreMany() {
        connect(4);
        for (int i = 2; i <= 10; i++) {
            loop.receive(loop.open(new MemoryOutput()), Packets.connect(4, "c" + i, true));
        }
        loop.settle();
        long position = large();
        deliver(1, 20, position);
        loop.iterate();
        assertEquals(2 * 9, loop.context.counters.value(Counter.PUBLISHES_OUT));
        loop.iterate();
        assertEquals(20, loop.context.counters.value(Counter.PUBLISHES_OUT));
        for (int i = 2; i <= 10; i++) {
            deliver(i, 4, position);
        }
        loop.iterate();
        assertEquals(20 + 2 * 9, loop.context.counters.value(Counter.PUBLISHES_OUT));
    }

    private void deliver(long connection, int count, long position) {
        for (int i = 0; i < count; i++) {
            loop.engine.deliver(connection, 1, nextPacketId++, position);
        }
    }

    @Test
    void acknowledgementsAreJournaledAsTheDeliverySaysAndPubrelAlways() {
        MqttConnection c = connect(4);
        loop.engine.deliverUnjournaled(1, 1, 1, journal("t1"));
        loop.engine.deliverUnjournaled(1, 1, 2, journal("t2"));
        loop.engine.deliver(1, 1, 3, journal("t3"));
        expectSent(message(1, "t1"), message(2, "t2"), message(3, "t3"));
        loop.receive(
                c,
                Packets.join(
                        Packets.ack(4, PacketType.PUBACK, 1, 0),
                        Packets.ack(4, PacketType.PUBREL, 7, 0),
                        Packets.ack(4, PacketType.PUBACK, 2, 0),
                        Packets.ack(4, PacketType.PUBACK, 3, 0)));
        assertEquals(
                List.of("ACKS 1 4#1 bypass", "ACKS 1 6#7 refusable", "ACKS 1 4#2 bypass", "ACKS 1 4#3"),
                loop.takeCommands());
    }

    @Test
    void sendsNoMoreThanTheClientAllowsAndGoesOnWithItsAcks() {
        PropertyWriter properties =
                new PropertyWriter().add(Property.SESSION_EXPIRY_INTERVAL, 100).add(Property.RECEIVE_MAXIMUM, 2);
        MqttConnection c = connect(5, properties);
        for (int id = 1; id <= 5; id++) {
            loop.engine.deliver(1, 1, id, journal("t" + id));
        }
        expectSent(Packets.publish(5, 1, 1, "t1", X), Packets.publish(5, 1, 2, "t2", X));
        ack(c, PacketType.PUBACK, 2);
        expectSent(Packets.publish(5, 1, 3, "t3", X));
        ack(c, PacketType.PUBACK, 1);
        ack(c, PacketType.PUBACK, 3);
        expectSent(Packets.publish(5, 1, 4, "t4", X), Packets.publish(5, 1, 5, "t5", X));
        assertEquals(List.of("ACKS 1 4#2", "ACKS 1 4#1", "ACKS 1 4#3"), loop.takeCommands());
    }

    @Test
    void maxInflightMessagesHoldsForClientsWithoutReceiveMaximum() {
        config.inFlightMessagesMax(1);
        MqttConnection c = connect(4);
        loop.engine.deliver(1, 1, 1, journal("a"));
        loop.engine.deliver(1, 1, 2, journal("b"));
        expectSent(message(1, "a"));
        ack(c, PacketType.PUBACK, 99);
        expectSent();
        ack(c, PacketType.PUBACK, 1);
        expectSent(message(2, "b"));
    }

    @Test
    void aQos2SlotIsFreeAfterPubcompOrAFailedPubrec() {
        config.inFlightMessagesMax(1);
        MqttConnection c = connect(5);
        for (int id = 1; id <= 3; id++) {
            loop.engine.deliver(1, 2, id, journal("a"));
        }
        expectSent(Packets.publish(5, 2, 1, "a", X));
        ack(c, PacketType.PUBREC, 1);
        expectSent();
        loop.engine.ack(1, PacketType.PUBREL, 1, 0);
        expectSent(Packets.ack(5, PacketType.PUBREL, 1, 0));
        ack(c, PacketType.PUBCOMP, 1);
        expectSent(Packets.publish(5, 2, 2, "a", X));
        loop.receive(c, Packets.ack(5, PacketType.PUBREC, 2, 0x80));
        expectSent(Packets.publish(5, 2, 3, "a", X));
    }

    @Test
    void marksRedeliveriesAndResendsPubrelsOnResume() {
        MqttConnection c = connect(4);
        loop.engine.ack(1, PacketType.PUBREL, 7, 0);
        loop.engine.deliver(1, 1 | 8, 8, journal("a"));
        expectSent(Packets.ack(4, PacketType.PUBREL, 7, 0), Packets.publish(4, 1 | 8, 8, "a", X));
        ack(c, PacketType.PUBCOMP, 7);
        assertEquals(List.of("ACKS 1 7#7"), loop.takeCommands());
    }

    @Test
    void tellsHowFarItCame() {
        config.inFlightMessagesMax(2);
        MqttConnection c = connect(4);
        for (int id = 65_534; id < 65_534 + 4; id++) {
            loop.engine.deliver(1, 1, id > 65_535 ? id - 65_535 : id, journal("a"));
        }
        loop.iterate();
        ack(c, PacketType.PUBACK, 65_534);
        loop.iterate();
        loop.takeCommands();
        c.onTransportClosed();
        assertEquals(List.of("DISCONNECTED 1 will last 1"), loop.takeCommands());
    }

    @Test
    void passesOnWhatIsLeftOfTheExpiryInterval() {
        connect(5);
        long position = loop.engine.journal(1, command(5, "a", X, 10, ""));
        loop.engine.deliver(1, 0, 0, position);
        loop.advanceMs(3_500);
        loop.iterate();
        assertEquals("300a000161" + "05" + "0200000007" + "78", out.take());
    }

    @Test
    void dropsExpiredMessagesAndSaysSo() {
        connect(5);
        long expires = loop.engine.journal(1, command(5, "a", X, 10, ""));
        loop.engine.deliver(1, 1, 1, expires);
        loop.engine.deliver(1, 0, 0, expires);
        loop.engine.deliver(1, 1, 2, journal("b"));
        loop.engine.deliver(1, 1 | DeliverEffect.FLAG_DUP | DeliverEffect.FLAG_STARTED, 3, expires);
        loop.engine.deliver(1, 1 | DeliverEffect.FLAG_DUP, 4, expires);
        loop.advanceMs(10_000);
        expectSent(
                Packets.publish(5, 1, 2, "b", X),
                Packets.publish(5, 1 | 8, 3, "a", X, new PropertyWriter().add(Property.MESSAGE_EXPIRY_INTERVAL, 0)));
        assertEquals(List.of("ACKS 1 15#1", "ACKS 1 15#4"), loop.takeCommands());
        assertEquals(3, loop.context.counters.value(Counter.DROPPED_EXPIRED));
    }

    @Test
    void dropsMessagesThatAreTooLargeForTheClient() {
        PropertyWriter properties =
                new PropertyWriter().add(Property.SESSION_EXPIRY_INTERVAL, 100).add(Property.MAXIMUM_PACKET_SIZE, 20);
        connect(5, properties);
        long small = loop.engine.journal(1, command(5, "a", new byte[12], -1, ""));
        long large = loop.engine.journal(1, command(5, "a", new byte[15], -1, ""));
        loop.engine.deliver(1, 1, 1, large);
        loop.engine.deliver(1, 1, 2, small);
        loop.engine.deliver(1, 0, 0, large);
        expectSent(Packets.publish(5, 1, 2, "a", new byte[12]));
        assertEquals(List.of("ACKS 1 15#1"), loop.takeCommands());
        assertEquals(2, loop.context.counters.value(Counter.DROPPED_TOO_LARGE));
    }

    /** Its client may hold the packet id, and would take the next message with that id for this one. */
    @Test
    void aQos2DeliveryThatMayNotBeRepeatedIsReleased() {
        PropertyWriter properties =
                new PropertyWriter().add(Property.SESSION_EXPIRY_INTERVAL, 100).add(Property.MAXIMUM_PACKET_SIZE, 20);
        MqttConnection c = connect(5, properties);
        long large = loop.engine.journal(1, command(5, "a", new byte[15], -1, ""));
        int again = 2 | DeliverEffect.FLAG_DUP | DeliverEffect.FLAG_STARTED;
        loop.engine.deliver(1, again, 1, large);
        loop.engine.deliver(1, 2, 2, large);
        expectSent();
        assertEquals(List.of("ACKS 1 5#1 15#2"), loop.takeCommands());
        loop.engine.ack(1, PacketType.PUBREL, 1, 0);
        expectSent(Packets.ack(5, PacketType.PUBREL, 1, 0));
        ack(c, PacketType.PUBCOMP, 1);
        assertEquals(List.of("ACKS 1 7#1"), loop.takeCommands());
    }

    @Test
    void givesTopicsAliasesAsFarAsTheClientTakesThem() {
        connect(5, new PropertyWriter().add(Property.TOPIC_ALIAS_MAXIMUM, 1));
        long first = journal("first");
        long second = journal("second");
        loop.engine.deliver(1, 1, 1, first);
        loop.engine.deliver(1, 1, 2, second);
        loop.engine.deliver(1, 1, 3, first);
        PropertyWriter alias = new PropertyWriter().add(Property.TOPIC_ALIAS, 1);
        expectSent(
                Packets.publish(5, 1, 1, "first", X, alias),
                Packets.publish(5, 1, 2, "second", X),
                Packets.publish(5, 1, 3, "", X, alias));
    }

    @Test
    void aMessageThatFitsOnlyWithoutAnAliasGoesWithout() {
        connect(5, new PropertyWriter().add(Property.TOPIC_ALIAS_MAXIMUM, 10).add(Property.MAXIMUM_PACKET_SIZE, 22));
        long large = loop.engine.journal(1, command(5, "topic", new byte[10], -1, ""));
        long small = loop.engine.journal(1, command(5, "topic", new byte[1], -1, ""));
        loop.engine.deliver(1, 1, 1, large);
        loop.engine.deliver(1, 1, 2, small);
        expectSent(
                Packets.publish(5, 1, 1, "topic", new byte[10]),
                Packets.publish(5, 1, 2, "topic", new byte[1], new PropertyWriter().add(Property.TOPIC_ALIAS, 1)));
    }

    @Test
    void aThousandTopicsKeepTheirAliases() {
        Aliased aliases = new Aliased(loop);
        for (int i = 1; i <= 1000; i++) {
            assertEquals(i, aliases.next("topic/" + i));
        }
        for (int i = 1; i <= 1000; i++) {
            assertEquals(i, aliases.find("topic/" + i));
        }
        assertEquals(0, aliases.find("topic"));
        assertEquals(0, aliases.next("one/more"));
    }

    private static final class Aliased {
        private final TopicAliases aliases;

        Aliased(TestLoop loop) {
            aliases = new TopicAliases(1000, new HeldMemory(loop.context));
        }

        int find(String topic) {
            byte[] bytes = Packets.text(topic);
            return aliases.find(new UnsafeBuffer(bytes), 0, bytes.length);
        }

        int next(String topic) {
            byte[] bytes = Packets.text(topic);
            int next = aliases.next();
            return next == 0 || !aliases.add(new UnsafeBuffer(bytes), 0, bytes.length) ? 0 : next;
        }
    }

    @Test
    void waitsWithQos1AndDropsQos0WhileTheSocketIsFull() {
        config.outputBytesMax(4096);
        connect(4);
        out.isWritable = false;
        out.stuckBytes = 4097;
        long a = journal("a");
        loop.engine.deliver(1, 0, 0, a);
        loop.engine.deliver(1, 1, 1, a);
        expectSent();
        assertEquals(1, loop.context.counters.value(Counter.DROPPED_SLOW));
        out.isWritable = true;
        out.stuckBytes = 0;
        loop.context.connections.get(1).onWritable();
        expectSent(message(1, "a"));
    }

    @Test
    void keepsBodiesAndIdentifiersOfMessagesThatWait() {
        config.inFlightMessagesMax(1);
        MqttConnection c = connect(5);
        for (int id = 1; id <= 40; id++) {
            loop.engine.body(1, new UnsafeBuffer(command(4, "t" + id, X, -1, "")));
            loop.engine.deliver(1, 1, id, 0, id % 3 == 0 ? new int[0] : new int[] {id, 1000});
        }
        for (int id = 1; id <= 40; id++) {
            PropertyWriter properties = new PropertyWriter();
            if (id % 3 != 0) {
                properties.add(Property.SUBSCRIPTION_IDENTIFIER, id).add(Property.SUBSCRIPTION_IDENTIFIER, 1000);
            }
            expectSent(Packets.publish(5, 1, id, "t" + id, X, properties));
            ack(c, PacketType.PUBACK, id);
        }
        expectSent();
    }

    @Test
    void copiesWhatWaitsInAFileThatGoesAway() {
        config.inFlightMessagesMax(1);
        MqttConnection c = connect(4);
        loop.engine.deliver(1, 1, 1, journal("a"));
        loop.engine.deliver(1, 1, 2, journal("b"));
        loop.engine.deliver(1, 1, 3, loop.engine.journal(2, command(4, "c", X, -1, "")));
        loop.engine.releaseEffect(0, 1);
        expectSent(message(1, "a"));
        assertEquals(List.of(1L), loop.engine.released);
        assertEquals(1, loop.context.counters.value(Counter.RELEASES));
        ack(c, PacketType.PUBACK, 1);
        expectSent(message(2, "b"));
        ack(c, PacketType.PUBACK, 2);
        expectSent(message(3, "c"));
    }

    @Test
    void deliversAWillFromItsConnect() {
        connect(5);
        TestLoop other = new TestLoop(config.build());
        PropertyWriter will = new PropertyWriter().add(Property.MESSAGE_EXPIRY_INTERVAL, 9);
        other.receive(
                other.open(new MemoryOutput()),
                Packets.connect(Packets.terse(5, "w").will("w/t", X, 1, false).willProperties(will)));
        other.engine.poll();
        long position = loop.engine.journal(1, other.engine.handled.get(0));
        loop.advanceMs(60_000);
        loop.engine.deliver(1, 1, 1, position);
        expectSent(Packets.publish(5, 1, 1, "w/t", X, will));
    }

    @Test
    void queuedQos0WaitsLikeOthersAndIsAcknowledgedForTheClient() {
        config.inFlightMessagesMax(1);
        MqttConnection c = connect(4);
        loop.engine.deliver(1, 1, 1, journal("a"));
        loop.engine.deliver(1, 0, 2, journal("b"));
        loop.engine.deliver(1, 0, 3, journal("c"));
        loop.engine.deliver(1, 1, 4, journal("d"));
        expectSent(message(1, "a"));
        ack(c, PacketType.PUBACK, 1);
        expectSent(Packets.publish(4, 0, 0, "b", X), Packets.publish(4, 0, 0, "c", X), message(4, "d"));
        assertEquals(List.of("ACKS 1 4#1", "ACKS 1 15#2 15#3"), loop.takeCommands());
    }

    @Test
    void volatileSessionsGiveUpMessagesWithoutTheJournal() {
        connect(Packets.terse(5, "c").cleanStart(true));
        loop.engine.deliverUnjournaled(1, 1, 1, loop.engine.journal(1, command(5, "a", X, 1, "")));
        loop.advanceMs(2_000);
        expectSent();
        assertEquals(List.of("ACKS 1 15#1 bypass"), loop.takeCommands());
        assertTrue(out.isReading);
    }
}
