package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** With the least and the greatest value of each numeric option the broker starts, serves, and stops cleanly. */
final class ExtremeSettingsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int GREATEST = Integer.MAX_VALUE;

    /** A message of each QoS there and back: three that arrive, and PUBACK, PUBCOMP and PUBREL. */
    private static final Set<Integer> COMPLETE = Set.of(0x30, 0x32, 0x34, 0x40, 0x62, 0x70);

    /** The least values: most of them mean "no limit" or "never". */
    private static final List<String> ZERO = List.of(
            "max_connections 0",
            "max_topic_alias 0",
            "max_topic_alias_broker 0",
            "global_max_connections 0",
            "global_max_clients 0",
            "max_keepalive 0",
            "max_inflight_messages 0",
            "max_queued_messages 0",
            "max_queued_bytes 0",
            "max_retained_messages 0",
            "max_retained_bytes 0",
            "max_user_properties 0",
            "max_connect_rate 0",
            "max_connect_rate_per_address 0",
            "max_message_rate 0",
            "max_byte_rate 0",
            "io_threads 0",
            "stall_timeout 10",
            "checkpoint_interval 1",
            "persistent_client_expiration 1s",
            "max_inflight_bytes 0",
            "message_size_limit 0",
            "sys_interval 0",
            "max_packet_size 100000",
            "journal_file_size 1m");

    /** The tightest limits under which one client can work. */
    private static final List<String> ONE = List.of(
            "max_connections 1",
            "max_topic_alias 1",
            "max_topic_alias_broker 1",
            "global_max_connections 1",
            "global_max_clients 1",
            "max_inflight_messages 1",
            "max_queued_messages 1",
            "max_queued_bytes 1",
            "max_retained_messages 1",
            "max_retained_bytes 1",
            "max_subscriptions_per_session 1",
            "max_shared_subscriptions_per_session 1",
            "max_topic_levels 1",
            "max_user_properties 1",
            "max_packet_size 20",
            "max_connect_rate 1",
            "max_connect_rate_per_address 1",
            "max_message_rate 1",
            "max_inflight_bytes 1",
            "message_size_limit 1",
            "sys_interval 1",
            "io_threads 1",
            "flapping_threshold 2 1 1",
            "journal_file_size 1m");

    private static final List<String> MOST = List.of(
            "max_connections " + GREATEST,
            "max_topic_alias 65535",
            "max_topic_alias_broker 65535",
            "global_max_connections " + GREATEST,
            "global_max_clients " + GREATEST,
            "max_keepalive 65535",
            "max_inflight_messages 65535",
            "max_queued_messages " + GREATEST,
            "max_queued_bytes " + GREATEST,
            "max_retained_messages " + GREATEST,
            "max_retained_bytes " + GREATEST,
            "max_subscriptions_per_session 16000",
            "max_shared_subscriptions_per_session 16000",
            "max_topic_levels 201",
            "max_user_properties " + GREATEST,
            "max_packet_size 16777216",
            "max_connect_rate " + GREATEST,
            "max_connect_rate_per_address 4000",
            "max_message_rate " + GREATEST,
            "max_byte_rate " + GREATEST,
            "flapping_threshold 4000 86400 86400",
            "io_threads 64",
            "stall_timeout 86400",
            "checkpoint_interval 86400",
            "persistent_client_expiration 999999999y",
            "max_inflight_bytes " + GREATEST,
            "message_size_limit " + GREATEST,
            "sys_interval 65535");

    static final List<List<String>> SETTINGS = List.of(
            ZERO,
            ONE,
            MOST,
            List.of("max_connections -1", "global_max_connections -1", "global_max_clients -1", "threading shared"),
            List.of("max_keepalive 65535", "max_byte_rate 50", "durability memory", "threading dedicated"));

    @ParameterizedTest
    @FieldSource("SETTINGS")
    void theBrokerServesEachQosAndStops(List<String> lines) throws Exception {
        BrokerSettings settings = new BrokerSettings(TestHome.fresh("extreme-settings"));
        lines.forEach(settings::tallyLine);
        try (BrokerProcess broker = BrokerProcess.start(settings)) {
            try (RawClient client = connected(broker.port())) {
                exchange(client, lines.toString());
            }
            assertEquals(0, broker.terminate());
            assertTrue(!broker.log().contains("Exception"), broker.log());
        }
    }

    /** The connection that has found the broker ready may still count. */
    private static RawClient connected(int port) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return RawClient.connected(port, 5, "c");
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
        }
    }

    /** Publishes with each QoS to itself, one after the other has arrived: some limits allow one at a time. */
    private static void exchange(RawClient client, String what) throws IOException {
        assertEquals(2, client.subscribe("t", 2), what);
        Set<Integer> seen = new HashSet<>();
        for (int qos = 0; qos <= 2; qos++) {
            client.publish("t", qos, qos + 1, new byte[1]);
            int wanted = qos == 0 ? 1 : qos == 1 ? 3 : 6;
            while (seen.size() < wanted) {
                Packet packet = client.read(PATIENCE);
                assertTrue(packet != null, "closed, " + what);
                seen.add(packet.header());
                switch (packet.type()) {
                    case Packets.PUBLISH -> {
                        if (packet.qos() > 0) {
                            client.send(Packets.ack(packet.qos() == 1 ? Packets.PUBACK : Packets.PUBREC, packet.id()));
                        }
                    }
                    case Packets.PUBREC -> {
                        seen.remove(packet.header());
                        client.send(Packets.ack(Packets.PUBREL, packet.id()));
                    }
                    case Packets.PUBREL -> client.send(Packets.ack(Packets.PUBCOMP, packet.id()));
                    default -> assertTrue(packet.reason() < 0x80, "reason " + packet.reason() + ", " + what);
                }
            }
        }
        assertEquals(COMPLETE, seen, what);
    }
}
