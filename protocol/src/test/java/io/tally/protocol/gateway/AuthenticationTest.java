package io.tally.protocol.gateway;

import static io.tally.protocol.gateway.Packets.hex;
import static io.tally.protocol.gateway.Packets.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.Invariant;
import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.listener.RateLimits;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is let in, and when: passwords, and enhanced authentication (section 4.12 of MQTT 5.0). */
class AuthenticationTest {
    private static final String METHOD = "15 0004 4543484f";
    private static final byte[] SUBSCRIBE = hex("8207000100000161" + "00");

    private final ScriptedGatekeeper keeper = new ScriptedGatekeeper();
    private final GatewayConfig.Builder config = GatewayConfig.builder().gatekeeper(keeper);
    private TestLoop loop = new TestLoop(config.build());
    private final MemoryOutput out = new MemoryOutput();
    private final MqttConnection c = loop.open(out);

    private static byte[] withPassword(int version) {
        return Packets.connect(Packets.terse(version, "c").userName("u").password(text("p")));
    }

    private static byte[] enhanced(String data) {
        PropertyWriter properties = new PropertyWriter().add(Property.AUTHENTICATION_METHOD, "ECHO");
        properties.add(Property.AUTHENTICATION_DATA, text(data));
        properties.add(Property.REQUEST_PROBLEM_INFORMATION, 0);
        return Packets.connect(new ConnectEncoder().begin(5, "c").properties(properties));
    }

    /** An AUTH packet with this reason code, method and data of one byte each. */
    private static byte[] auth(int reasonCode, String method, String data) {
        String properties = "15 00" + twoDigits(method.length()) + digits(method)
                + (data.isEmpty() ? "" : "16 00" + twoDigits(data.length()) + digits(data));
        int length = properties.replace(" ", "").length() / 2;
        return hex("f0" + twoDigits(length + 2) + twoDigits(reasonCode) + twoDigits(length) + properties);
    }

    private static String digits(String text) {
        return Packets.hex(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String twoDigits(int number) {
        return String.format("%02x", number);
    }

    private void receive(byte[]... packets) {
        loop.receive(c, Packets.join(packets));
        loop.iterate();
    }

    private void expectSent(String hex) {
        loop.settle();
        assertEquals(hex.replace(" ", ""), out.take());
    }

    private void expectRefused(String hex) {
        expectSent(hex);
        assertTrue(out.isEnded());
        assertEquals(List.of(), loop.takeCommands());
    }

    private void connectEnhanced() {
        receive(enhanced("1"));
        keeper.accept("u", "");
        loop.settle();
        assertTrue(out.take().startsWith("20"));
    }

    // ---- passwords ----

    @Test
    void nothingIsHandledBeforeTheVerdictAndEverythingBehindIt() {
        receive(withPassword(4), Packets.PINGREQ);
        assertEquals(List.of("u:p"), keeper.asked);
        assertFalse(out.isReading);
        assertEquals(List.of(), loop.takeCommands());
        keeper.accept("u", "");
        expectSent("20020000 d000");
        assertTrue(out.isReading);
    }

    @Test
    void aRefusedPasswordIsAnsweredAsMosquittoDoes() {
        receive(withPassword(4));
        keeper.refuse();
        expectRefused("20020005");
    }

    @Test
    void aRefusedPasswordOfV5IsNotAuthorized() {
        receive(withPassword(5), Packets.PINGREQ);
        keeper.refuse();
        expectRefused("2003008700");
    }

    @Test
    void aVerdictOnAClientThatIsGoneDoesNothing() {
        receive(withPassword(4));
        assertEquals(1, keeper.attempts.size());
        c.onTransportClosed();
        assertEquals(List.of(), keeper.attempts);
        keeper.accept("u", "");
        loop.settle();
        assertEquals(List.of(), loop.takeCommands());
        assertTrue(loop.context.connections.isEmpty());
        assertEquals(0, c.heldBytes());
    }

    /** The CONNECT waits, and what was read from it. */
    @Test
    void aLongPasswordIsAccountedForWhileItWaits() {
        receive(Packets.connect(Packets.terse(4, "c").userName("u").password(new byte[60_000])));
        assertTrue(c.heldBytes() > 120_000, c.heldBytes() + " bytes");
        keeper.accept("u", "");
        expectSent("20020000");
        assertEquals(0, c.heldBytes());
    }

    @Test
    void theTimeForTheConnectGoesOnWhileThePasswordIsJudged() {
        receive(withPassword(5));
        loop.advanceMs(config.build().connectTimeoutMs() + 1000);
        loop.iterate();
        expectRefused("2003008900");
        keeper.accept("u", "");
        loop.settle();
        assertEquals(List.of(), loop.takeCommands());
    }

    /** What waits for the verdict is handled right behind it. */
    @Test
    void aFailureWithWhatWaitedForTheVerdictEndsThatConnectionAlone() {
        receive(withPassword(4), Packets.publish(4, 0, 0, "t", text("x")));
        keeper.failure = new IllegalStateException("planted by the test");
        keeper.accept("u", "");
        loop.settle();
        assertTrue(out.isEnded());
        assertEquals(0, loop.context.connections.size());
    }

    @Test
    void aBrokenInvariantIsNotSurvived() {
        receive(withPassword(4), Packets.publish(4, 0, 0, "t", text("x")));
        keeper.failure = new Invariant.Broken("planted by the test");
        keeper.accept("u", "");
        assertThrows(Invariant.Broken.class, loop::settle);
    }

    @Test
    void aVerdictWaitsForRoomInTheCommandRing() {
        receive(withPassword(4));
        loop.fillCommandRing();
        keeper.accept("u", "");
        loop.iterate();
        loop.iterate();
        assertEquals("", out.take());
        loop.emptyCommandRing();
        expectSent("20020000");
        assertEquals(0, c.heldBytes());
    }

    @Test
    void whoHasNoNameIsAnonymousWhateverThePassword() {
        receive(Packets.connect(4, "c", true));
        expectSent("20020000");
        assertEquals(List.of(), keeper.asked);
    }

    @Test
    void aPasswordThatIsMissingIsNotAnEmptyOne() {
        receive(Packets.connect(new ConnectEncoder().begin(4, "c").userName("u")));
        assertEquals(List.of("u:-"), keeper.asked);
    }

    @Test
    void whoIsLetInNoLongerHasToGo() {
        receive(withPassword(5));
        keeper.accept("u", "");
        loop.settle();
        out.take();
        c.revalidate();
        expectSent("");
        keeper.revokeLogins();
        c.revalidate();
        expectSent("e00198");
        assertTrue(out.isEnded());
    }

    @Test
    void whoIsLetInNoLongerWhileThePasswordIsJudgedIsNotLetIn() {
        receive(withPassword(4));
        keeper.revokeLogins();
        keeper.accept("u", "");
        expectRefused("20020005");
    }

    @Test
    void theRateOfBytesDoesNotCountBeforeTheClientIsKnown() {
        loop = new TestLoop(config.rates(new RateLimits(0, 0, 0, 10, false, 0, 0, 0, 0, 0, 0))
                .build());
        MqttConnection client = loop.open(out);
        loop.receive(client, withPassword(4));
        loop.iterate();
        keeper.accept("u", "");
        loop.advanceMs(1);
        expectSent("20020000");
    }

    @Test
    void clientIdsMustHaveThePrefix() {
        loop = new TestLoop(config.clientIdPrefix("meter-").build());
        for (String id : List.of("meter-7", "meter", "Meter-7")) {
            MemoryOutput output = new MemoryOutput();
            loop.receive(loop.open(output), Packets.connect(5, id, true));
            loop.settle();
            String sent = output.take();
            assertEquals(id.equals("meter-7"), sent.startsWith("200e0000"), id + " " + sent);
            assertEquals(!id.equals("meter-7"), sent.equals("2003008700"), id + " " + sent);
        }
    }

    // ---- enhanced authentication ----

    @Test
    void anUnknownMethodIsABadOne() {
        PropertyWriter properties = new PropertyWriter().add(Property.AUTHENTICATION_METHOD, "OTHER");
        properties.add(Property.REQUEST_PROBLEM_INFORMATION, 0);
        receive(Packets.connect(new ConnectEncoder().begin(5, "c").properties(properties)));
        expectRefused("2003008c00");
    }

    /** [MQTT-4.12.0-2], [MQTT-4.12.0-3], [MQTT-4.12.0-5]: method in each AUTH and in CONNACK. */
    @Test
    void anExchangeOfSeveralStepsEndsWithConnack() {
        receive(enhanced("1"));
        assertEquals(List.of("1"), keeper.asked);
        keeper.challenge("2");
        expectSent("f00d 18 0b" + METHOD + "16 0001 32");
        receive(auth(0x18, "ECHO", "3"));
        keeper.challenge("");
        expectSent("f009 18 07" + METHOD);
        receive(auth(0x18, "ECHO", ""));
        assertEquals(List.of("1", "3", ""), keeper.asked);
        keeper.accept("u", "4");
        loop.settle();
        String sent = out.take();
        assertTrue(sent.startsWith("20") && sent.endsWith((METHOD + "16 0001 34").replace(" ", "")), sent);
        receive(SUBSCRIBE);
        loop.settle();
        assertTrue(out.take().startsWith("90"));
    }

    @Test
    void dataThatProvesNothingIsNotAuthorized() {
        receive(enhanced("1"));
        keeper.challenge("2");
        loop.settle();
        out.take();
        receive(auth(0x18, "ECHO", "3"));
        keeper.refuse();
        expectRefused("2003008700");
    }

    /** Only AUTH and DISCONNECT ([MQTT-3.1.2-30]), of this method, without beginning anew. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "8207 0001 00 0001 61 00", // SUBSCRIBE
                "c000", // PINGREQ
                "3003 0001 61", // PUBLISH
                "100e 0004 4d515454 05 02 0000 00 0001 63", // CONNECT
                "f009 18 07 15 0004 4543484e", // AUTH of another method
                "f009 19 07 15 0004 4543484f", // AUTH to authenticate again
                "f009 00 07 15 0004 4543484f", // AUTH with success
                "f000", // AUTH with success, in short
                "f002 18 00", // AUTH without a method
            })
    void anythingElseDuringTheExchangeIsAProtocolError(String packet) {
        receive(enhanced("1"));
        keeper.challenge("2");
        loop.settle();
        out.take();
        receive(hex(packet.replace(" ", "")));
        expectRefused("2003008200");
    }

    @Test
    void aClientMayLeaveDuringTheExchange() {
        receive(enhanced("1"));
        keeper.challenge("2");
        loop.settle();
        out.take();
        receive(hex("e000"));
        expectRefused("");
        assertTrue(loop.context.connections.isEmpty());
    }

    /** The method is chosen, so nothing may come before CONNACK although the exchange is over. */
    @Test
    void aPacketBetweenTheLastAuthAndConnackIsAProtocolError() {
        receive(enhanced("1"), SUBSCRIBE);
        keeper.accept("u", "");
        loop.iterate();
        assertEquals("2003008200", out.take());
        assertTrue(out.isEnded());
    }

    @Test
    void aClientThatGoesSilentDuringTheExchangeIsNotAuthorizedWhenItsTimeIsUp() {
        receive(enhanced("1"));
        keeper.challenge("2");
        loop.settle();
        out.take();
        loop.advanceMs(config.build().connectTimeoutMs() + 1000);
        loop.iterate();
        expectRefused("2003008700");
    }

    /** [MQTT-4.12.0-6], [MQTT-4.12.0-7]. */
    @Test
    void authFromAClientWithoutAMethodIsAProtocolError() {
        receive(Packets.connect(5, "c", true));
        loop.settle();
        assertFalse(out.take().contains(METHOD.replace(" ", "")));
        receive(auth(0x19, "ECHO", "1"));
        expectSent("e00182");
    }

    // ---- re-authentication (4.12.1) ----

    @Test
    void aClientProvesItselfAgainAndOthersPacketsGoOn() {
        connectEnhanced();
        receive(auth(0x19, "ECHO", "5"));
        keeper.challenge("6");
        expectSent("f00d 18 0b" + METHOD + "16 0001 36");
        receive(Packets.PINGREQ);
        expectSent("d000");
        receive(auth(0x18, "ECHO", "7"));
        keeper.accept("u", "8");
        expectSent("f00d 00 0b" + METHOD + "16 0001 38");
        receive(auth(0x19, "ECHO", ""));
        keeper.accept("u", "");
        expectSent("f009 00 07" + METHOD);
    }

    /** [MQTT-4.12.1-2]. */
    @Test
    void whoFailsToProveItselfAgainIsDisconnected() {
        connectEnhanced();
        receive(auth(0x19, "ECHO", "5"));
        keeper.refuse();
        expectSent("e00187");
        assertTrue(out.isEnded());
    }

    @Test
    void nobodyBecomesSomebodyElse() {
        connectEnhanced();
        receive(auth(0x19, "ECHO", "5"));
        keeper.accept("v", "");
        expectSent("e00187");
    }

    /** [MQTT-4.12.1-1]: the method stays; and steps come in their order. */
    @ParameterizedTest
    @ValueSource(strings = {"f009 19 07 15 0004 4543484e", "f009 18 07 15 0004 4543484f", "f000", "f002 19 00"})
    void anAuthOutOfPlaceIsAProtocolError(String packet) {
        connectEnhanced();
        receive(hex(packet.replace(" ", "")));
        expectSent("e00182");
    }

    @Test
    void asASecondBeginningInTheMiddle() {
        connectEnhanced();
        receive(auth(0x19, "ECHO", "5"));
        keeper.challenge("6");
        loop.settle();
        out.take();
        receive(auth(0x19, "ECHO", "5"));
        expectSent("e00182");
    }

    /** The deadline of a re-authentication is that of a CONNECT. */
    @Test
    void whoBeginsToProveItselfAgainAndGoesSilentIsDisconnected() {
        connectEnhanced();
        receive(auth(0x19, "ECHO", "5"));
        keeper.challenge("6");
        loop.settle();
        out.take();
        loop.advanceMs(config.build().connectTimeoutMs() + 1000);
        loop.iterate();
        expectSent("e00187");
    }
}
