package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Options of mosquitto.conf that limit messages or move topics, on a whole broker. */
final class MosquittoOptionsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final byte[] EIGHT = "message1".getBytes(StandardCharsets.UTF_8);
    private static final byte[] TOO_LONG = "012345678901234567890".getBytes(StandardCharsets.UTF_8);

    private static final int MOUNTED = Ports.free(1).get(0);

    @SuppressWarnings("NullAway.Init")
    private static BrokerProcess broker;

    @BeforeAll
    static void start() throws IOException {
        broker = BrokerProcess.start(new BrokerSettings(TestHome.fresh("mosquitto-options"))
                .line("max_inflight_bytes 16")
                .line("message_size_limit 20")
                .line("listener " + MOUNTED + " 127.0.0.1")
                .line("mount_point site/"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static RawClient connected(int version, String clientId) throws IOException {
        return RawClient.connected(broker.port(), version, clientId);
    }

    @Test
    void maxInflightBytesHoldsBackWhatIsBeyondThem() throws IOException {
        try (RawClient subscriber = connected(4, "in-flight");
                RawClient publisher = connected(4, "in-flight-publisher")) {
            subscriber.subscribe("bytes", 2);
            for (int id = 1; id <= 3; id++) {
                publisher.publish("bytes", 1, id, EIGHT);
                publisher.expect(Packets.PUBACK);
            }
            int first = subscriber.expect(Packets.PUBLISH).id();
            subscriber.expect(Packets.PUBLISH);
            subscriber.ping(); // 16 bytes are on the wire: the third waits.
            subscriber.send(Packets.ack(Packets.PUBACK, first));
            assertEquals("message1", subscriber.expect(Packets.PUBLISH).payloadText(4));
        }
    }

    @Test
    void whatIsLargerThanMessageSizeLimitIsRefusedAndTheConnectionGoesOn() throws IOException {
        try (RawClient client = connected(5, "too-long")) {
            client.subscribe("long", 2);
            client.publish("long", 1, 1, TOO_LONG);
            assertEquals(0x97, client.expect(Packets.PUBACK).reason());
            client.publish("long", 2, 2, TOO_LONG);
            assertEquals(0x97, client.expect(Packets.PUBREC).reason());
            client.publish("long", 0, 0, TOO_LONG);
            client.publish("long", 0, 0, EIGHT);
            assertEquals("message1", client.expect(Packets.PUBLISH).payloadText(5));
        }
    }

    /** MQTT 3.1.1 has no word for it, and PUBACK would be a lie. */
    @Test
    void before50TheConnectionEndsWithoutAnAcknowledgement() throws IOException {
        try (RawClient client = connected(4, "too-long-4")) {
            client.publish("long", 0, 0, TOO_LONG);
            client.ping();
            client.publish("long", 1, 1, TOO_LONG);
            assertNull(client.read(PATIENCE));
        }
    }

    @Test
    void aWillThatIsTooLongIsRefused() throws IOException {
        assertEquals(0x95, codeWithWill(5));
        assertEquals(5, codeWithWill(4));
    }

    private static int codeWithWill(int version) throws IOException {
        try (RawClient client = new RawClient(broker.port(), version)) {
            client.send(new ConnectPacket(version, "will")
                    .will("w", TOO_LONG, 0, false)
                    .bytes());
            Packet connack = client.read(PATIENCE);
            assertNotNull(connack);
            return connack.connackCode();
        }
    }

    @Test
    void behindAMountPointTopicsAreThoseBelowIt() throws IOException {
        try (RawClient inside = RawClient.connected(MOUNTED, 5, "inside");
                RawClient outside = connected(5, "outside")) {
            inside.subscribe("t/#", 1);
            outside.subscribe("site/t/#", 1);
            inside.publish("t/1", 0, 0, EIGHT);
            assertEquals("t/1", inside.expect(Packets.PUBLISH).topic());
            assertEquals("site/t/1", outside.expect(Packets.PUBLISH).topic());
            outside.publish("t/2", 0, 0, EIGHT); // Not theirs.
            outside.publish("site/t/3", 0, 0, EIGHT);
            assertEquals("t/3", inside.expect(Packets.PUBLISH).topic());
        }
    }

    @Test
    void wildcardsSharesAliasesAndUnsubscribesStayBelowTheMountPoint() throws IOException {
        try (RawClient inside = RawClient.connected(MOUNTED, 5, "all");
                RawClient shared = RawClient.connected(MOUNTED, 5, "shared");
                RawClient outside = connected(5, "elsewhere")) {
            inside.subscribe("+/+", 0);
            shared.subscribe("$share/group/a/+", 0);
            outside.publish("a/1", 0, 0, EIGHT);
            outside.publish("sitea/1", 0, 0, EIGHT);
            inside.send(aliased("a/2"));
            inside.send(aliased(""));
            for (int i = 0; i < 2; i++) {
                assertEquals("a/2", inside.expect(Packets.PUBLISH).topic());
                assertEquals("a/2", shared.expect(Packets.PUBLISH).topic());
            }
            inside.send(Packets.unsubscribe(5, 2, "+/+"));
            assertEquals(0, inside.expect(Packets.UNSUBACK).lastCode());
        }
    }

    /** QoS 0 with topic alias 1. */
    private static byte[] aliased(String topic) {
        return new Bytes().string(topic).u8(3).u8(0x23).u16(1).raw(EIGHT).packet(0x30);
    }

    @Test
    void aWillAndARetainedMessageAreBelowTheMountPoint() throws IOException {
        try (RawClient outside = connected(5, "heir")) {
            outside.subscribe("site/will", 0);
            try (RawClient inside =
                    RawClient.connected(MOUNTED, 5, new ConnectPacket(5, "dying").will("will", EIGHT, 0, true))) {
                inside.subscribe("none", 0);
            }
            assertEquals("site/will", outside.expect(Packets.PUBLISH).topic());
        }
        try (RawClient later = RawClient.connected(MOUNTED, 4, "later")) {
            later.subscribe("will", 0);
            Packet will = later.expect(Packets.PUBLISH);
            assertEquals("will", will.topic());
            assertTrue(will.retain());
        }
    }

    /**
     * What its session gets through another listener is dropped where no name would be right, and the queue goes
     * on.
     */
    @Test
    void whatIsNotBelowTheMountPointIsNotDelivered() throws IOException {
        ConnectPacket mover = new ConnectPacket(5, "mover").persistent();
        try (RawClient client = RawClient.connected(broker.port(), 5, mover)) {
            client.subscribe("moved/#", 1);
            client.subscribe("site/moved", 1);
        }
        try (RawClient publisher = connected(4, "mover-publisher")) {
            publisher.publish("moved/1", 1, 1, EIGHT);
            publisher.expect(Packets.PUBACK);
            publisher.publish("site/moved", 1, 2, EIGHT);
            publisher.expect(Packets.PUBACK);
        }
        try (RawClient client = RawClient.connected(MOUNTED, 5, mover)) {
            assertEquals("moved", client.expect(Packets.PUBLISH).topic());
        }
    }

    @Test
    void systemTopicsHaveNoMountPoint() throws IOException {
        try (RawClient inside = RawClient.connected(MOUNTED, 5, "system")) {
            inside.subscribe("$SYS/broker/version", 0);
            assertEquals("$SYS/broker/version", inside.expect(Packets.PUBLISH).topic());
            inside.publish("$SYS/broker/version", 1, 1, EIGHT);
            assertEquals(0x87, inside.expect(Packets.PUBACK).reason());
        }
    }
}
