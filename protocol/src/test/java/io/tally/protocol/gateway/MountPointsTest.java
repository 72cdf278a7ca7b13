package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.SubscribeEncoder;
import io.tally.protocol.listener.ClientRules;
import io.tally.protocol.topic.MountPoint;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Set;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What stands in front of the topics of a listener's clients, and what that costs. */
class MountPointsTest {
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final TestLoop loop = new TestLoop(GatewayConfig.builder().build());

    private MqttConnection connect(int version, String id, String prefix) {
        MqttConnection connection = loop.open(new MemoryOutput(rules(prefix)));
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

    @Test
    void whatOthersHaveJustGotIsAnotherTopicBehindAMountPoint() {
        MemoryOutput[] outputs = new MemoryOutput[4];
        for (int i = 0; i < outputs.length; i++) {
            ClientRules rules = rules(i == 3 ? "site/" : "");
            outputs[i] = new MemoryOutput(rules);
            loop.receive(loop.open(outputs[i]), Packets.connect(4, "c" + i, true));
            loop.settle();
            outputs[i].take();
        }
        loop.engine.body(1, new UnsafeBuffer(ScriptedEngine.publishCommand("site/a")));
        for (int i = 0; i < outputs.length; i++) {
            loop.engine.deliver(i + 1, 0, 0, 0);
        }
        loop.iterate();
        for (int i = 0; i < outputs.length; i++) {
            String topic = i == 3 ? "a" : "site/a";
            assertEquals(Packets.hex(Packets.publish(4, 0, 0, topic, Packets.text("x"))), outputs[i].take());
        }
    }

    private static ClientRules rules(String prefix) {
        return new ClientRules(true, Set.of(3, 4, 5), 2, 10, 10, "auto-", false, new MountPoint(prefix));
    }

    @Test
    void aFilterThatBecomesTooLongIsRefusedAsItsAnswerAllows() {
        String filter = "f".repeat(65_531);
        MqttConnection c = connect(5, "c", "site/");
        loop.receive(c, Packets.subscribe(5, 7, filter, 0));
        loop.receive(c, Packets.unsubscribe(5, 8, filter));
        assertEquals(
                List.of("SUBSCRIBE 1 #7 :0!151 refusable", "UNSUBSCRIBE 1 #8 :0!143 refusable"), loop.takeCommands());
    }

    /** However long those are that are refused. */
    @Test
    void filtersOfOnePacketBecomeLongerBy32KilobytesAtMost() {
        MqttConnection c = connect(5, "c", "p".repeat(1023) + "/");
        for (int type : new int[] {PacketType.SUBSCRIBE, PacketType.UNSUBSCRIBE}) {
            loop.receive(c, manyFilters(5, type));
            String command = loop.takeCommands().get(0).replace(" refusable", "");
            assertEquals(32, command.split("p/f", -1).length - 1);
            assertTrue(command.endsWith((type == PacketType.SUBSCRIBE ? " :0!151" : " :0!143").repeat(8)));
        }
    }

    @Test
    void whereUnsubackCannotTellOfThemTheConnectionIsClosed() {
        MqttConnection c = connect(4, "c", "p".repeat(1023) + "/");
        loop.receive(c, manyFilters(4, PacketType.UNSUBSCRIBE));
        assertEquals(List.of("DISCONNECTED 1 will last 0"), loop.takeCommands());
    }

    /** 40, the last of them long. */
    private static byte[] manyFilters(int version, int type) {
        SubscribeEncoder encoder = new SubscribeEncoder().begin(version, type, 7);
        for (int i = 0; i < 40; i++) {
            String filter = "f" + "x".repeat(i < 32 ? 0 : 4_000);
            if (type == PacketType.SUBSCRIBE) {
                encoder.filter(filter, 0);
            } else {
                encoder.filter(filter);
            }
        }
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        byte[] packet = new byte[encoder.encode(b, 0)];
        b.getBytes(0, packet);
        return packet;
    }

    private long allocatedBy(MqttConnection connection, byte[] packet) {
        long before = threads.getCurrentThreadAllocatedBytes();
        loop.receive(connection, packet);
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
