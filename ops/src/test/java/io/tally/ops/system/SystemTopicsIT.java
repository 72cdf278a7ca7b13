package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the broker says of itself below {@code $SYS}. */
final class SystemTopicsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final byte[] X = {'x'};

    @SuppressWarnings("NullAway.Init")
    private static BrokerProcess broker;

    @BeforeAll
    static void start() throws IOException {
        broker = BrokerProcess.start(new BrokerSettings(TestHome.fresh("system"))
                .line("sys_interval 1")
                .line("max_queued_messages 2"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void aNewSubscriberGetsTheLastValuesAsRetainedMessagesAndThenThoseThatChange() throws IOException {
        try (RawClient client = RawClient.connected(broker.port(), 4, "newcomer")) {
            assertEquals(1, client.subscribe("$SYS/broker/+", 1));
            Map<String, Packet> first = read(client, 2);
            Packet version = first.get("$SYS/broker/version");
            assertNotNull(version);
            assertTrue(version.retain() && version.qos() == 0);
            assertTrue(version.payloadText(4).startsWith("tally version "), version.payloadText(4));
            Packet uptime = first.get("$SYS/broker/uptime");
            assertNotNull(uptime);
            assertTrue(uptime.retain());

            Packet later = client.read(PATIENCE);
            assertNotNull(later);
            assertEquals("$SYS/broker/uptime", later.topic());
            assertFalse(later.retain(), "a subscriber is told of a change as of any message");
        }
    }

    @Test
    void whatFullQueuesHaveDroppedIsCounted() throws IOException {
        ConnectPacket absent = new ConnectPacket(4, "absent").persistent();
        try (RawClient client = RawClient.connected(broker.port(), 4, absent)) {
            client.subscribe("bill", 1);
        }
        try (RawClient till = RawClient.connected(broker.port(), 4, "till")) {
            for (int id = 1; id <= 5; id++) {
                till.publish("bill", 1, id, X);
                till.expect(Packets.PUBACK);
            }
            awaitValue(till, "$SYS/broker/queues/dropped/newest", "3");
            awaitValue(till, "$SYS/broker/publish/messages/dropped", "3");
        }
    }

    @Test
    void aFilterThatIsNamedThousandsOfTimesBringsThemOnce() throws IOException {
        Bytes subscribe = new Bytes().u16(1);
        for (int i = 0; i < 5_000; i++) {
            subscribe.string("$SYS/broker/version").u8(0);
        }
        try (RawClient client = RawClient.connected(broker.port(), 4, "insistent")) {
            client.send(subscribe.packet(0x82));
            client.expect(Packets.SUBACK);
            client.expect(Packets.PUBLISH);
            client.ping();
        }
    }

    @Test
    void wildcardsAtTheStartDoNotSeeThem() throws IOException {
        try (RawClient all = RawClient.connected(broker.port(), 4, "all");
                RawClient other = RawClient.connected(broker.port(), 4, "other")) {
            all.subscribe("#", 0);
            all.subscribe("+/broker/#", 0);
            other.subscribe("$SYS/broker/uptime", 0);
            other.expect(Packets.PUBLISH);
            other.expect(Packets.PUBLISH);
            other.publish("end", 0, 0, X);
            assertEquals("end", all.expect(Packets.PUBLISH).topic());
        }
    }

    /** Reads until a topic has this value. */
    private static void awaitValue(RawClient client, String topic, String value) throws IOException {
        client.subscribe(topic, 0);
        Packet packet = client.expect(Packets.PUBLISH);
        while (!packet.payloadText(4).equals(value)) {
            packet = client.expect(Packets.PUBLISH);
            assertEquals(topic, packet.topic());
        }
    }

    private static Map<String, Packet> read(RawClient client, int count) throws IOException {
        Map<String, Packet> packets = new HashMap<>();
        while (packets.size() < count) {
            Packet packet = client.expect(Packets.PUBLISH);
            packets.put(packet.topic(), packet);
        }
        return packets;
    }
}
