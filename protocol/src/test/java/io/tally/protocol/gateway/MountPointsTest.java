package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.tally.protocol.listener.ClientRules;
import io.tally.protocol.topic.MountPoint;
import java.lang.management.ManagementFactory;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What stands in front of the topics of a listener's clients, and what that costs. */
class MountPointsTest {
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final TestLoop loop = new TestLoop(GatewayConfig.builder().build());

    private MqttConnection connect(int version, String id, String prefix) {
        ClientRules rules =
                new ClientRules(true, Set.of(3, 4, 5), 2, 10, 10, "auto-", false, new MountPoint(prefix));
        MqttConnection connection = loop.open(new MemoryOutput(rules));
        loop.receive(connection, Packets.connect(version, id, true));
        loop.settle();
        return connection;
    }

    @Test
    void aConnectionKeepsNoRoomForItsLongestTopic() {
        byte[] packet = Packets.publish(5, 0, 0, "t".repeat(60_000), new byte[0]);
        MqttConnection first = connect(5, "first", "site/");
        MqttConnection second = connect(5, "second", "site/");
        allocatedBy(first, packet);
        long allocated = allocatedBy(second, packet);
        assertTrue(allocated < 20_000, allocated + " bytes");
        assertEquals(2, loop.takeCommands().size());
    }

    private long allocatedBy(MqttConnection connection, byte[] packet) {
        long before = threads.getCurrentThreadAllocatedBytes();
        loop.receive(connection, packet);
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
