package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, sections 3.15 and 4.12: AUTH and enhanced authentication, with the method SCRAM-SHA-256. */
@Conformance
final class V5ScramTest {
    private static final String PASSWORDS = "password_file src/test/resources/io/tally/ops/conformance/passwords";
    private static final String METHOD = "15 'SCRAM-SHA-256'";

    private static Wire begun(TestBroker broker, Scram scram, String properties) {
        return broker.open()
                .send("10 # 'MQTT' 05 02 0000 [%s %s 16 '%s'] '%s'"
                        .formatted(properties, METHOD, scram.first(), broker.unique()))
                .expect("f0 # 18 {" + METHOD + ", 16 ..}");
    }

    private static Wire connected(TestBroker broker) {
        Scram scram = new Scram("ann", "pencil");
        Wire wire = begun(broker, scram, "");
        return wire.send(answer(scram, wire)).expect("20 # 00 00 {" + METHOD + "}");
    }

    /** AUTH with the answer to the challenge in the AUTH that came last. */
    private static String answer(Scram scram, Wire wire) {
        return "f0 # 18 [%s 16 '%s']".formatted(METHOD, scram.last(challenge(wire.last())));
    }

    private static String challenge(byte[] auth) {
        byte[] data =
                properties(auth).stream().filter(p -> p[0] == 0x16).findFirst().orElseThrow();
        return new String(data, 3, data.length - 3, StandardCharsets.UTF_8);
    }

    private static List<byte[]> properties(byte[] auth) {
        int reason = Varint.end(auth, 1, auth.length);
        return Properties.split(auth, Varint.end(auth, reason + 1, auth.length), auth.length);
    }

    // ---- in CONNECT ----

    @Test
    @Mqtt5({"MQTT-4.12.0-2", "MQTT-4.12.0-3", "MQTT-4.12.0-5", "MQTT-3.15.2-1", "MQTT-3.15.1-1", "MQTT-3.2.0-1"})
    void whoKnowsThePasswordIsLetIn(@Config(PASSWORDS) TestBroker broker) {
        Scram scram = new Scram("ann", "pencil");
        Wire wire = begun(broker, scram, "");
        wire.send(answer(scram, wire))
                .expect("20 # 00 00 {" + METHOD + ", 16 '" + scram.serverFinal() + "'}")
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.15.2-2", "MQTT-3.15.2-3"})
    void authHoldsNothingThatCouldBeLeftOut(@Config(PASSWORDS) TestBroker broker) {
        Wire wire = begun(broker, new Scram("ann", "pencil"), "27 00000080");
        assertEquals(
                List.of(0x15, 0x16),
                properties(wire.last()).stream().map(p -> (int) p[0]).sorted().toList());
    }

    @Test
    @Mqtt5({"MQTT-4.12.0-4", "MQTT-4.13.2-1"})
    void whoDoesNotKnowItIsRefused(@Config(PASSWORDS) TestBroker broker) {
        for (Scram wrong : List.of(new Scram("ann", "paper"), new Scram("nobody", "pencil"))) {
            Wire wire = begun(broker, wrong, "");
            wire.send(answer(wrong, wire)).expectConnectRefused(0x87);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"16 'no SCRAM'", "16 'y,,n=ann'", "16 'n,,n=ann,r='", "16 (00ff)"})
    @Mqtt5({"MQTT-4.12.0-4"})
    void aFirstMessageThatIsNoneIsRefused(String data, @Config(PASSWORDS) TestBroker broker) {
        broker.open()
                .send("10 # 'MQTT' 05 02 0000 [%s %s] 'c'".formatted(METHOD, data))
                .expect("20 # 00 8? {}")
                .expectClosed();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "f1 # 18 [15 'SCRAM-SHA-256' 16 'x']",
                "f0 # 00 [15 'SCRAM-SHA-256' 16 'x']",
                "f0 # 19 [15 'SCRAM-SHA-256' 16 'x']",
                "f0 # 80 [15 'SCRAM-SHA-256' 16 'x']",
                "f0 # 18 [15 'PLAIN' 16 'x']",
                "f0 # 18 [16 'x']",
                "f0 # 18 []",
                "f0 00",
                "f0 # 18 [15 'SCRAM-SHA-256' 15 'SCRAM-SHA-256' 16 'x']",
                "f0 # 18 [15 'SCRAM-SHA-256' 16 'x' 16 'x']",
                "f0 # 18 [15 'SCRAM-SHA-256' 21 0001]",
                "f0 # 18 [15 'SCRAM-SHA-256' 16 'c=biws,r=wrong,p=AAAA']",
                "30 # 't' [] <x>",
                "82 # 0001 [] 't' 00",
                "c0 00",
            })
    @Mqtt5({"MQTT-3.15.1-1", "MQTT-3.15.2-1", "MQTT-4.12.0-4", "MQTT-4.12.0-5", "MQTT-3.1.2-30", "MQTT-4.13.1-1"})
    void anythingButTheAnswerEndsTheExchange(String packet, @Config(PASSWORDS) TestBroker broker) {
        begun(broker, new Scram("ann", "pencil"), "").send(packet).expectClosedAfterAtMost("20 # 00 8? {}");
    }

    @Test
    @Mqtt5({"MQTT-3.1.2-30", "MQTT-3.14.0-1"})
    void disconnectEndsTheExchangeWithoutAnAnswer(@Config(PASSWORDS) TestBroker broker) {
        begun(broker, new Scram("ann", "pencil"), "").send("e0 00").expectClosed();
    }

    // ---- again ----

    @Test
    @Mqtt5({"MQTT-4.12.1-1", "MQTT-4.12.0-2", "MQTT-4.12.0-5", "MQTT-3.15.2-1"})
    void whoProvesItAgainStaysAndEverythingElseGoesOn(@Config(PASSWORDS) TestBroker broker) {
        Wire wire = connected(broker);
        Scram again = new Scram("ann", "pencil");
        wire.send("f0 # 19 [%s 16 '%s']".formatted(METHOD, again.first())).expect("f0 # 18 {" + METHOD + ", 16 ..}");
        byte[] challenge = Arrays.copyOf(wire.last(), wire.last().length);
        wire.publish(broker.unique(), 2, "x").expectNothing();
        wire.send("f0 # 18 [%s 16 '%s']".formatted(METHOD, again.last(challenge(challenge))))
                .expect("f0 # 00 {" + METHOD + ", 16 '" + again.serverFinal() + "'}")
                .expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.12.1-2", "MQTT-4.13.2-1"})
    void whoFailsThenIsDisconnected(@Config(PASSWORDS) TestBroker broker) {
        for (Scram wrong : List.of(new Scram("ann", "paper"), new Scram("bob", "paper"))) {
            Wire wire = connected(broker);
            wire.send("f0 # 19 [%s 16 '%s']".formatted(METHOD, wrong.first()));
            byte[] came = wire.read();
            if (came != null && came[0] == (byte) 0xF0) {
                wire.send(answer(wrong, wire)).expectDisconnect(0x87);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "f1 # 19 [15 'SCRAM-SHA-256' 16 'x']",
                "f0 # 18 [15 'SCRAM-SHA-256' 16 'x']",
                "f0 # 00 [15 'SCRAM-SHA-256' 16 'x']",
                "f0 # 19 [15 'PLAIN' 16 'x']",
                "f0 # 19 [16 'x']",
                "f0 00",
            })
    @Mqtt5({"MQTT-3.15.1-1", "MQTT-3.15.2-1", "MQTT-4.12.1-1", "MQTT-4.12.1-2", "MQTT-4.13.1-1"})
    void whatDoesNotBeginAnExchangeDisconnects(String packet, @Config(PASSWORDS) TestBroker broker) {
        connected(broker).send(packet).expect("e0 # 8? ..").expectClosed();
    }
}
