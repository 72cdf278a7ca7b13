package io.tally.protocol.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.effect.EffectType;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What goes out beside PUBLISH: as much as the client takes, and no more than it wants to hear. */
class AnswersTest {
    private static final byte[] INVALID_UTF8 = {'o', 'k', (byte) 0xC0, (byte) 0x80};

    private final GatewayConfig.Builder config = GatewayConfig.builder();
    private final MemoryOutput out = new MemoryOutput();
    private TestLoop loop = new TestLoop(config.build());

    private MqttConnection open(ConnectEncoder connect) {
        loop = new TestLoop(config.build());
        MqttConnection connection = loop.open(out);
        loop.receive(connection, Packets.connect(connect.cleanStart(true)));
        loop.settle();
        return connection;
    }

    private MqttConnection connected(PropertyWriter properties) {
        MqttConnection connection = open(new ConnectEncoder().begin(5, "c").properties(properties));
        out.take();
        return connection;
    }

    private static PropertyWriter properties() {
        return new PropertyWriter();
    }

    private void send(MqttConnection connection, byte[] packet) {
        loop.receive(connection, packet);
        loop.settle();
    }

    private static String reasonString(ReasonCode reason) {
        byte[] words = ReasonStrings.of(reason);
        return "1f%04x".formatted(words.length) + HexFormat.of().formatHex(words);
    }

    /** A packet with more User Properties than are allowed. */
    private static final byte[] TOO_MUCH = Packets.publish(5, 0, 0, "t", new byte[0], tooMany());

    private static PropertyWriter tooMany() {
        return properties().addUserProperty("a", "b").addUserProperty("c", "d");
    }

    private static byte[] publish(int qos, PropertyWriter properties, byte[] payload) {
        return Packets.publish(5, qos, qos == 0 ? 0 : 1, "t", payload, properties);
    }

    @Test
    void disconnectExplainsItself() {
        config.userPropertiesMax(1);
        send(connected(properties()), TOO_MUCH);
        String words = reasonString(ReasonCode.QUOTA_EXCEEDED);
        int length = words.length() / 2;
        assertEquals("e0%02x97%02x".formatted(length + 2, length) + words, out.take());
    }

    @Test
    void whatTheReasonCodeSaysIsNotSaidAgain() {
        send(connected(properties()), Packets.connect(5, "c", true));
        assertEquals("e00182", out.take());
        send(connected(properties()), Packets.publish(5, 1, 1, "$SYS/a", Packets.text("x")));
        assertEquals("4003000187", out.take());
    }

    @Test
    void disconnectIsShortForClientsThatWantNoProblemInformation() {
        config.userPropertiesMax(1);
        send(connected(properties().add(Property.REQUEST_PROBLEM_INFORMATION, 0)), TOO_MUCH);
        assertEquals("e00197", out.take());
    }

    @Test
    void disconnectLeavesOutWhatIsTooLargeForTheClient() {
        config.userPropertiesMax(1);
        send(connected(properties().add(Property.MAXIMUM_PACKET_SIZE, 40)), TOO_MUCH);
        assertEquals("e00197", out.take());
    }

    @Test
    void refusedPublishesAreExplainedUnlessTooLongOrUnwanted() {
        refusePublish(connected(properties()));
        String words = reasonString(ReasonCode.QUOTA_EXCEEDED);
        int length = words.length() / 2;
        assertEquals("40%02x000197%02x".formatted(length + 4, length) + words, out.take());
        refusePublish(connected(properties().add(Property.REQUEST_PROBLEM_INFORMATION, 0)));
        assertEquals("4003000197", out.take());
        refusePublish(connected(properties().add(Property.MAXIMUM_PACKET_SIZE, 30)));
        assertEquals("4003000197", out.take());
    }

    private void refusePublish(MqttConnection connection) {
        loop.engine.ack(connection.id, PacketType.PUBACK, 1, ReasonCode.QUOTA_EXCEEDED.code());
        loop.iterate();
    }

    @Test
    void connackLeavesOutTheReasonStringThatIsTooLarge() {
        config.userPropertiesMax(1);
        open(new ConnectEncoder().begin(5, "c").properties(tooMany()));
        assertTrue(out.take().endsWith(reasonString(ReasonCode.QUOTA_EXCEEDED)));
        open(new ConnectEncoder().begin(5, "c").properties(tooMany().add(Property.MAXIMUM_PACKET_SIZE, 20)));
        assertEquals("2003009700", out.take());
    }

    @Test
    void connackDoesWithoutWhatItCanAndIsNotSentWhenStillTooLarge() {
        open(new ConnectEncoder().begin(5, "c").properties(properties().add(Property.MAXIMUM_PACKET_SIZE, 15)));
        assertEquals("200b00000827001e8480210400", out.take());
        open(new ConnectEncoder().begin(5, "c").properties(properties().add(Property.MAXIMUM_PACKET_SIZE, 12)));
        assertEquals("2003009500", out.take());
        byte[] last = loop.engine.handled.get(loop.engine.handled.size() - 1);
        assertEquals(CommandType.DISCONNECTED, CommandHeader.type(new UnsafeBuffer(last), 0));
    }

    @Test
    void subackThatIsTooLargeClosesTheConnection() {
        MqttConnection c = connected(
                properties().add(Property.MAXIMUM_PACKET_SIZE, 20).add(Property.REQUEST_PROBLEM_INFORMATION, 0));
        loop.engine.suback(EffectType.SUBACK, c.id, 7, List.of(0, 0, 0));
        loop.iterate();
        assertEquals("90060007" + "00" + "000000", out.take());
        loop.engine.suback(EffectType.SUBACK, c.id, 8, Collections.nCopies(16, 0));
        loop.iterate();
        assertEquals("e00195", out.take());
    }

    @Test
    void responseInformationGoesToThoseWhoAskForIt() {
        config.responseInformation("r/");
        open(new ConnectEncoder().begin(5, "c"));
        assertTrue(!out.take().contains("1a0002722f"));
        open(new ConnectEncoder().begin(5, "c").properties(properties().add(Property.REQUEST_RESPONSE_INFORMATION, 1)));
        assertTrue(out.take().contains("1a0002722f"));
    }

    @Test
    void everyConnectionIsSentElsewhereWithAServerReference() {
        config.serverReference("b:1");
        open(Packets.terse(5, "c"));
        assertEquals("2009009c061c0003623a31", out.take());
        open(Packets.terse(4, "c"));
        assertEquals("20020003", out.take());
        config.serverMoved(true);
        open(Packets.terse(5, "c"));
        assertEquals("2009009d061c0003623a31", out.take());
        assertEquals(List.of(), loop.takeCommands());
    }

    @Test
    void payloadsAreWhatTheirFormatSaysWhereThatIsChecked() {
        PropertyWriter text = properties().add(Property.PAYLOAD_FORMAT_INDICATOR, 1);
        PropertyWriter terse = properties().add(Property.REQUEST_PROBLEM_INFORMATION, 0);
        send(connected(terse), publish(1, text, INVALID_UTF8));
        assertEquals("40020001", out.take());

        config.payloadFormatChecked(true);
        MqttConnection c = connected(terse);
        send(c, publish(1, text, INVALID_UTF8));
        assertEquals("4003000199", out.take());
        send(c, publish(2, text, INVALID_UTF8));
        assertEquals("5003000199", out.take());
        send(c, publish(1, text, new byte[] {'o', 0, 'k'}));
        send(c, publish(1, properties(), INVALID_UTF8));
        assertEquals("40020001" + "40020001", out.take());
        send(c, publish(0, text, INVALID_UTF8));
        assertEquals("e00199", out.take());
        assertTrue(out.isClosedGently);
    }

    @Test
    void userPropertiesOfAPacketAreLimited() {
        config.userPropertiesMax(1);
        PropertyWriter one = properties().addUserProperty("a", "1");
        MqttConnection c = connected(properties().add(Property.REQUEST_PROBLEM_INFORMATION, 0));
        send(c, publish(1, one, INVALID_UTF8));
        assertEquals("40020001", out.take());
        send(c, publish(1, one.addUserProperty("b", "2"), INVALID_UTF8));
        assertEquals("e00197", out.take());
        open(new ConnectEncoder().begin(5, "c").properties(one.add(Property.REQUEST_PROBLEM_INFORMATION, 0)));
        assertEquals("2003009700", out.take());
    }

    @Test
    void topicLevelsAreLimited() {
        config.topicLevelsMax(2);
        MqttConnection c = connected(properties().add(Property.REQUEST_PROBLEM_INFORMATION, 0));
        send(c, Packets.subscribe(5, 1, "a/b/c", 0));
        send(c, Packets.subscribe(5, 2, "a/b", 0));
        assertEquals("90040001008f" + "900400020000", out.take());
        send(c, Packets.publish(5, 0, 0, "a/b/c", INVALID_UTF8));
        assertEquals("e00190", out.take());
    }
}
