package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.listener.ClientRules;
import io.tally.protocol.topic.MountPoint;
import java.util.List;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class HandshakeTest {
    private static final String BARE_CONNACK_PROPERTIES = "22 000a 27 001e8480 21 0400";

    private GatewayConfig.Builder config = GatewayConfig.builder();
    private ClientRules rules = ClientRules.DEFAULT;
    private MemoryOutput out = new MemoryOutput();

    /** Sends the bytes to a fresh connection, with nobody behind the rings. */
    private TestLoop send(byte[] bytes) {
        TestLoop loop = new TestLoop(config.build());
        out = new MemoryOutput(rules);
        MqttConnection connection = loop.open(out);
        loop.receive(connection, bytes);
        loop.iterate();
        return loop;
    }

    private void refuses(byte[] bytes, String answer) {
        TestLoop loop = send(bytes);
        assertEquals(answer, out.take());
        assertTrue(out.isEnded());
        assertEquals(List.of(), loop.takeCommands());
    }

    private static String hex(String digits) {
        return digits.replace(" ", "");
    }

    @Test
    void tellsV5ClientsTheLimits() {
        TestLoop loop = new TestLoop(config.build());
        MqttConnection connection = loop.open(out);
        loop.receive(connection, Packets.connect(5, "c", true));
        loop.settle();
        assertEquals(hex("20 0e 00 00 0b" + BARE_CONNACK_PROPERTIES), out.take());
    }

    @Test
    void tellsAssignedIdServerKeepAliveAndGrantedExpiry() {
        config.keepAliveSecondsMax(60).receiveMaximum(65_535);
        config.packetBytesMax(1_000_000).retainAvailable(false);
        TestLoop loop = new TestLoop(config.build());
        MqttConnection connection = loop.open(out);
        PropertyWriter properties = new PropertyWriter().add(Property.SESSION_EXPIRY_INTERVAL, 100);
        loop.receive(connection, Packets.connect(Packets.terse(5, "").properties(properties)));
        assertEquals(List.of("CONNECT 1 refusable"), loop.takeCommands());
        loop.engine.connack(1, 0, false, 30);
        loop.iterate();
        String answer = out.take();
        assertTrue(answer.contains(hex("11 0000001e")), answer);
        assertTrue(answer.contains(hex("12 0029") + Packets.hex(Packets.text("auto-"))), answer);
        assertTrue(answer.contains(hex("13 003c")), answer);
        assertTrue(answer.contains(hex("27 000f4240")), answer);
        assertTrue(answer.contains(hex("25 00")), answer);
    }

    @Test
    void answersV3WithReturnCodes() {
        TestLoop loop = new TestLoop(config.build());
        MqttConnection connection = loop.open(out);
        loop.receive(connection, Packets.connect(4, "c", false));
        assertEquals(List.of("CONNECT 1 refusable"), loop.takeCommands());
        loop.engine.connack(1, 0, true, 0);
        loop.iterate();
        assertEquals("20020100", out.take());

        MqttConnection refused = loop.open(out);
        loop.receive(refused, Packets.connect(4, "d", false));
        loop.takeCommands();
        loop.engine.connack(2, 0x97, false, 0);
        loop.iterate();
        assertEquals("20020003", out.take());
        assertTrue(out.isClosedGently);
        assertEquals(List.of("DISCONNECTED 2 will last 0"), loop.takeCommands());
    }

    @Test
    void refusesUnknownVersionsInAFormTheClientMayKnow() {
        refuses(Packets.hex("10 0d 0004 4d515454 06 02 0000 00 0000"), "2003008400");
        refuses(Packets.hex("10 0c 0004 4d515454 02 02 0000 0000"), "20020001");
        refuses(Packets.hex("10 0d 0004 4d515454 84 02 0000 0001 41"), "20020001");
    }

    @Test
    void refusesEmptyClientIdsWhereNoneCanBeAssigned() {
        refuses(Packets.connect(4, "", false), "20020002");
        refuses(Packets.connect(3, "", true), "20020002");
        config.zeroLengthClientIdAllowed(false);
        refuses(Packets.connect(4, "", true), "20020002");
        refuses(Packets.connect(5, "", true), "2003008500");
    }

    @Test
    void assignsClientIdsToV311WithCleanSession() {
        assertEquals(
                List.of("CONNECT 1 refusable"),
                send(Packets.connect(4, "", true)).takeCommands());
    }

    @Test
    void refusesEveryoneWhenAnonymousIsNotAllowed() {
        rules = rules.withAnonymousAllowed(false);
        refuses(Packets.connect(4, "c", true), "20020005");
        refuses(Packets.connect(5, "c", true), "2003008700");
    }

    @Test
    void aListenerTakesOnlyItsProtocolVersions() {
        rules = new ClientRules(true, Set.of(5), 2, 0, 0, "", false, MountPoint.NONE);
        refuses(Packets.connect(3, "c", true), "20020001");
        refuses(Packets.connect(4, "c", true), "20020001");
        assertEquals(
                List.of("CONNECT 1 refusable"),
                send(Packets.connect(5, "c", true)).takeCommands());
        rules = new ClientRules(true, Set.of(4), 2, 0, 0, "", false, MountPoint.NONE);
        refuses(Packets.connect(5, "c", true), "2003008400");
    }

    @Test
    void aListenersMaximumQosIsToldAndKept() {
        rules = new ClientRules(true, Set.of(4, 5), 1, 0, 0, "", false, MountPoint.NONE);
        byte[] payload = Packets.text("x");
        refuses(Packets.connect(Packets.terse(5, "c").will("w", payload, 2, false)), "2003009b00");
        TestLoop loop = new TestLoop(config.build());
        out = new MemoryOutput(rules);
        MqttConnection connection = loop.open(out);
        loop.receive(connection, Packets.connect(5, "c", true));
        loop.settle();
        assertTrue(out.take().contains(hex("24 01")));
        loop.receive(connection, Packets.publish(5, 2, 1, "a", payload));
        assertEquals("e0019b", out.take());
    }

    @Test
    void theUserNameIsTheClientIdWhereTheListenerSaysSo() {
        rules = new ClientRules(true, Set.of(4, 5), 2, 0, 0, "", true, MountPoint.NONE);
        refuses(Packets.connect(5, "c", true), "2003008700");
        byte[] named = Packets.connect(Packets.terse(4, "c").userName("ann"));
        assertEquals("ann", command(send(named)).clientId());
    }

    private static ConnectCommand command(TestLoop loop) {
        loop.engine.poll();
        return new ConnectCommand().wrap(new UnsafeBuffer(loop.engine.handled.get(0)), 0);
    }

    @Test
    void refusesEnhancedAuthentication() {
        PropertyWriter properties = new PropertyWriter()
                .add(Property.AUTHENTICATION_METHOD, "SCRAM")
                .add(Property.REQUEST_PROBLEM_INFORMATION, 0);
        refuses(Packets.connect(Packets.terse(5, "c").properties(properties)), "2003008c00");
    }

    @Test
    void refusesV3ClientsWithTooLongAKeepAlive() {
        config.keepAliveSecondsMax(60);
        refuses(Packets.connect(Packets.terse(4, "c").keepAliveSeconds(61)), "20020002");
        refuses(Packets.connect(Packets.terse(4, "c").keepAliveSeconds(0)), "20020002");
    }

    @Test
    void refusesRetainedWillsWithoutRetain() {
        config.retainAvailable(false);
        byte[] payload = Packets.text("x");
        refuses(Packets.connect(Packets.terse(5, "c").will("w", payload, 1, true)), "2003009a00");
        refuses(Packets.connect(Packets.terse(4, "c").will("w", payload, 1, true)), "");
    }

    @Test
    void refusesWillsToTopicsOfTheBroker() {
        byte[] payload = Packets.text("x");
        refuses(Packets.connect(Packets.terse(5, "c").will("$SYS/a", payload, 1, false)), "2003008700");
        refuses(Packets.connect(Packets.terse(4, "c").will("$SYS", payload, 0, false)), "20020005");
        assertEquals(
                List.of("CONNECT 1 refusable"),
                send(Packets.connect(Packets.terse(4, "c").will("$SYSTEM", payload, 0, false)))
                        .takeCommands());
    }

    @Test
    void closesOnAnythingInFrontOfConnect() {
        refuses(Packets.PINGREQ, "");
        refuses(Packets.publish(4, 0, 0, "a", Packets.text("x")), "");
        refuses(Packets.hex("00 00"), "");
        refuses(Packets.hex("10 ff ff ff ff 01"), "");
    }

    @Test
    void takesOnlySmallPacketsBeforeConnect() {
        config.connectBytesMax(1000);
        refuses(Packets.hex("10 e6 07"), "");
    }

    @Test
    void closesOnMalformedConnects() {
        refuses(Packets.hex("10 0d 0004 4d515454 04 03 0000 0001 41"), "");
        refuses(Packets.hex("10 0e 0004 4d515454 05 03 0000 00 0001 41"), "2003008100");
    }

    @Test
    void answersASecondConnectWithProtocolError() {
        TestLoop loop = new TestLoop(config.build());
        MqttConnection connection = loop.open(out);
        loop.receive(connection, Packets.connect(5, "c", true));
        loop.settle();
        out.take();
        loop.receive(connection, Packets.connect(5, "c", true));
        assertEquals("e00182", out.take());
        assertEquals(List.of("DISCONNECTED 1 will last 0"), loop.takeCommands());
    }

    @Test
    void refusesWillsToWhereNobodyMayPublish() {
        for (String topic : List.of("$SYS", "$SYS/broker")) {
            refuses(will(5, topic), "2003008700");
            refuses(will(4, topic), "20020005");
        }
        assertEquals(1, send(will(5, "$SYSTEM")).takeCommands().size());
    }

    private static byte[] will(int version, String topic) {
        return Packets.connect(Packets.terse(version, "c").will(topic, Packets.text("x"), 0, false));
    }

    /** Members of shared groups have no more at a time: what cannot be sent may go to others. */
    @Test
    void theEngineLearnsHowMuchMayBeInFlight() {
        byte[] packet = Packets.connect(
                Packets.terse(5, "c").properties(new PropertyWriter().add(Property.RECEIVE_MAXIMUM, 50)));
        for (int configured : new int[] {0, 20, 60}) {
            config.inFlightMessagesMax(configured);
            TestLoop loop = new TestLoop(config.build());
            loop.receive(loop.open(out), packet);
            loop.engine.poll();
            ConnectCommand connect = new ConnectCommand().wrap(new UnsafeBuffer(loop.engine.handled.get(0)), 0);
            assertEquals(configured == 20 ? 20 : 50, connect.receiveMaximum());
        }
    }

    @Test
    void writesWillAndUserNameIntoTheCommand() {
        PropertyWriter will = new PropertyWriter()
                .add(Property.WILL_DELAY_INTERVAL, 5)
                .add(Property.MESSAGE_EXPIRY_INTERVAL, 9)
                .add(Property.CONTENT_TYPE, "t");
        PropertyWriter properties =
                new PropertyWriter().add(Property.SESSION_EXPIRY_INTERVAL, 100).add(Property.RECEIVE_MAXIMUM, 7);
        byte[] packet = Packets.connect(Packets.terse(5, "client")
                .cleanStart(false)
                .properties(properties)
                .userName("user")
                .will("w/t", Packets.text("bye"), 2, true)
                .willProperties(will));
        TestLoop loop = new TestLoop(config.build());
        loop.receive(loop.open(out), packet);
        loop.engine.poll();
        UnsafeBuffer command = new UnsafeBuffer(loop.engine.handled.get(0));
        ConnectCommand connect = new ConnectCommand().wrap(command, 0);
        assertEquals("client", connect.clientId());
        assertEquals("user", connect.userName());
        assertFalse(connect.cleanStart());
        assertFalse(connect.isVolatile());
        assertEquals(5, connect.protocolVersion());
        assertEquals(100, connect.sessionExpirySeconds());
        assertEquals(7, connect.receiveMaximum());
        assertEquals(5, connect.willDelaySeconds());
        PublishCommand message = new PublishCommand().wrap(command, connect.willOffset());
        assertEquals(connect.willLength(), message.length());
        assertEquals(command.capacity(), connect.willOffset() + connect.willLength());
        assertEquals(2, message.qos());
        assertTrue(message.retain());
        assertEquals(9, message.expirySeconds());
        assertEquals("w/t", command.getStringWithoutLengthUtf8(message.topicOffset(), message.topicLength()));
        assertEquals(hex("03 0001 74"), hexOf(command, message.propertiesOffset(), message.propertiesLength()));
        assertEquals("bye", command.getStringWithoutLengthUtf8(message.payloadOffset(), message.payloadLength()));
    }

    private static String hexOf(UnsafeBuffer b, int offset, int length) {
        byte[] bytes = new byte[length];
        b.getBytes(offset, bytes);
        return Packets.hex(bytes);
    }

    @Test
    void sessionsThatEndWithTheConnectionAreVolatile() {
        assertTrue(isVolatile(Packets.connect(4, "c", true)));
        assertFalse(isVolatile(Packets.connect(4, "c", false)));
        assertTrue(isVolatile(Packets.connect(5, "c", true)));
        assertFalse(isVolatile(Packets.connect(5, "c", false)), "it may take up a session that lasts");
        PropertyWriter properties = new PropertyWriter().add(Property.SESSION_EXPIRY_INTERVAL, 1);
        assertFalse(isVolatile(Packets.connect(Packets.terse(5, "c").properties(properties))));
    }

    private boolean isVolatile(byte[] packet) {
        return command(send(packet)).isVolatile();
    }
}
