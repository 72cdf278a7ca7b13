package io.tally.protocol.gateway;

import static io.tally.protocol.gateway.Packets.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What clients may publish and receive, and how often that is looked up. */
class AccessTest {
    private static final byte[] X = text("x");

    private final ScriptedGatekeeper keeper = new ScriptedGatekeeper();
    private final TestLoop loop =
            new TestLoop(GatewayConfig.builder().gatekeeper(keeper).build());
    private final MemoryOutput out = new MemoryOutput();
    private final MqttConnection c = loop.open(out);

    private void connect(int version) {
        loop.receive(c, Packets.connect(version, "c", true));
        loop.settle();
        out.take();
    }

    @Test
    void whatOthersHaveJustGotIsLookedUpForEachConnection() {
        connect(5);
        MemoryOutput second = new MemoryOutput();
        loop.receive(loop.open(second), Packets.connect(5, "d", true));
        loop.settle();
        second.take();
        loop.engine.body(1, new UnsafeBuffer(ScriptedEngine.publishCommand("a")));
        for (int i = 0; i < 4; i++) {
            loop.engine.deliver(1, 0, 0, 0);
        }
        loop.iterate();
        assertEquals("30050001610078".repeat(4), out.take());
        keeper.forbidReading("a");
        loop.engine.deliver(2, 0, 0, 0);
        loop.iterate();
        assertEquals("", second.take());
        assertEquals(1, loop.context.counters.value(Counter.DROPPED_DENIED));
    }

    @Test
    void aDeniedPublishIsAnsweredInItsTurnAndNobodyGetsIt() {
        connect(5);
        loop.receive(c, Packets.subscribe(5, 1, "#", 2));
        loop.settle();
        out.take();
        loop.receive(
                c,
                Packets.join(
                        Packets.publish(5, 0, 0, "not/a", X),
                        Packets.publish(5, 1, 1, "not/a", X),
                        Packets.publish(5, 2, 2, "not/a", X)));
        loop.settle();
        assertEquals("4003000187" + "5003000287", out.take());
        assertEquals(3, loop.context.counters.value(Counter.PUBLISHES_DENIED));
    }

    /** 3.1.1, section 3.3.5: a close or a lie; Mosquitto does the latter. */
    @Test
    void aDeniedPublishBeforeV5LooksAccepted() {
        connect(4);
        loop.receive(c, Packets.join(Packets.publish(4, 1, 1, "not/a", X), Packets.publish(4, 2, 2, "not/a", X)));
        loop.settle();
        assertEquals("40020001" + "50020002", out.take());
        loop.receive(c, Packets.ack(4, 6, 2, 0));
        loop.settle();
        assertEquals("70020002", out.take());
    }

    @Test
    void aDeniedPublishFreesItsPlaceInTheReceiveMaximum() {
        connect(5);
        for (int id = 1; id < 200; id++) {
            loop.receive(c, Packets.publish(5, 1 + id % 2, id, "not/a", X));
            loop.settle();
        }
        assertTrue(c.isTalking());
    }

    @Test
    void theSameTopicIsLookedUpOnceUntilTheRulesChange() {
        connect(5);
        keeper.lookups = 0;
        for (int i = 0; i < 10; i++) {
            loop.receive(c, Packets.publish(5, 0, 0, "a/b", X));
        }
        assertEquals(1, keeper.lookups);
        loop.receive(c, Packets.publish(5, 0, 0, "a/c", X));
        assertEquals(2, keeper.lookups);
        loop.takeCommands();
        keeper.forbid("a");
        loop.receive(c, Packets.publish(5, 0, 0, "a/c", X));
        assertEquals(List.of(), loop.takeCommands());
    }

    /** The engine hears of it, so that nothing waits for an acknowledgement that cannot come. */
    @Test
    void whatMayNotBeReceivedIsDropped() {
        connect(5);
        loop.engine.byPosition = false;
        loop.receive(c, Packets.subscribe(5, 1, "#", 2));
        loop.settle();
        out.take();
        MqttConnection other = loop.open(new MemoryOutput());
        loop.receive(other, Packets.connect(5, "d", true));
        loop.settle();
        for (int qos = 0; qos < 3; qos++) {
            loop.receive(other, Packets.publish(5, qos, qos == 0 ? 0 : 7 + qos, "hidden", X));
            loop.engine.poll();
            loop.iterate();
            assertEquals("", out.take());
            String dropped = loop.takeCommands().toString();
            assertEquals(qos != 0, dropped.contains("ACKS 1 " + AcksCommand.DROPPED + "#" + qos), dropped);
        }
        assertEquals(3, loop.context.counters.value(Counter.DROPPED_DENIED));
        keeper.forbidReading("open");
        loop.receive(other, Packets.publish(5, 1, 9, "hidden", X));
        loop.settle();
        assertTrue(out.take().contains("68696464656e"));
    }

    @Test
    void aWillThatMayNotBePublishedIsLeftOut() {
        for (String topic : List.of("not/a", "will")) {
            MqttConnection client = loop.open(new MemoryOutput());
            loop.receive(
                    client, Packets.connect(new ConnectEncoder().begin(5, topic).will(topic, X, 1, true)));
            byte[][] command = new byte[1][];
            loop.commands.read((type, b, offset, length) -> {
                command[0] = new byte[length];
                b.getBytes(offset, command[0]);
            });
            boolean hasWill =
                    new ConnectCommand().wrap(new UnsafeBuffer(command[0]), 0).willLength() != 0;
            assertEquals(topic.equals("will"), hasWill, topic);
        }
    }

    @Test
    void aWillWhoseRightWasTakenAwayMeanwhileIsNotPublished() {
        for (boolean revoked : new boolean[] {false, true}) {
            MqttConnection client = loop.open(new MemoryOutput());
            loop.receive(
                    client, Packets.connect(new ConnectEncoder().begin(5, "w").will("will", X, 1, true)));
            loop.settle();
            if (revoked) {
                keeper.forbid("will");
            }
            client.onTransportClosed();
            loop.iterate();
            String command = loop.takeCommands().get(0);
            assertTrue(command.startsWith("DISCONNECTED"), command);
            assertEquals(!revoked, command.contains(" will"), command);
            assertFalse(client.isTalking());
        }
    }
}
