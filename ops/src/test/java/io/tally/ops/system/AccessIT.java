package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import io.tally.ops.security.PasswordEditor;
import io.tally.ops.security.PasswordEditor.Algorithm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Passwords, access lists and SCRAM on a whole broker; vulnerability classes C6, C13 and C19. */
final class AccessIT {
    private static final byte[] X = {'x'};
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int DISCONNECT = 14;
    private static final int RETAIN = 1;
    private static final int RETAIN_AS_PUBLISHED = 8;

    /** Iterations that take a fifth of a second or more. */
    private static final int SLOW = 500_000;

    private static final String ACL = """
            user boss
            topic readwrite #
            user ann
            topic readwrite ann/#
            topic deny ann/secret
            topic read news/#
            user scram
            topic readwrite scram/#
            """;

    @SuppressWarnings("NullAway.Init")
    private static BrokerProcess broker;

    @SuppressWarnings("NullAway.Init")
    private static Path passwords;

    @SuppressWarnings("NullAway.Init")
    private static Path acl;

    @BeforeAll
    static void start() throws IOException {
        Path home = Files.createDirectories(TestHome.fresh("access"));
        passwords = home.resolve("passwords").toAbsolutePath();
        acl = home.resolve("acl").toAbsolutePath();
        PasswordEditor editor = new PasswordEditor(Algorithm.SHA512_PBKDF2, 100);
        editor.create(passwords, "boss", "top");
        editor.set(passwords, "ann", "pass");
        editor.set(passwords, "empty", "");
        new PasswordEditor(Algorithm.SHA512_PBKDF2, SLOW).set(passwords, "slow", "pass");
        new PasswordEditor(Algorithm.SCRAM_SHA_256, 0).set(passwords, "scram", "pencil");
        List<String> argon = BrokerSettings.tally("passwd");
        argon.addAll(List.of("-b", "-H", "argon2id", passwords.toString(), "argon", "pass"));
        Shell.must(argon.toArray(String[]::new));
        Files.writeString(acl, ACL);
        broker = BrokerProcess.start(new BrokerSettings(home)
                .line("allow_anonymous false")
                .line("password_file " + passwords)
                .line("acl_file " + acl));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    /** The packaged jar holds a part of Bouncy Castle: enough to write this hash and to check it. */
    @Test
    void anArgon2idPasswordIsChecked() throws IOException {
        assertTrue(Files.readString(passwords).contains("argon:$argon2id$"));
        RawClient.connected(broker.port(), 4, as(4, "argon", "argon")).close();
        try (RawClient client = new RawClient(broker.port(), 4)) {
            client.send(new ConnectPacket(4, "argon").login("argon", "wrong").bytes());
            assertEquals(5, client.expect(Packets.CONNACK).connackCode());
        }
    }

    private static ConnectPacket as(int version, String user, String clientId) {
        return new ConnectPacket(version, clientId).login(user, user.equals("boss") ? "top" : "pass");
    }

    private static RawClient connected(int version, String user, String clientId) throws IOException {
        return RawClient.connected(broker.port(), version, as(version, user, clientId));
    }

    private static int reloads() {
        try {
            return broker.log().split("reload").length;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void reload() throws IOException {
        int before = reloads();
        broker.signal("HUP");
        Await.until("reload", PATIENCE, () -> reloads() > before);
    }

    // ---- retained messages ----

    /** Over a reload and a crash; what was queued live, RETAIN set, stays what it was. */
    @Test
    void aRetainedMessageIsSentWhileItsPublisherMayPublishIt() throws IOException {
        ConnectPacket absent =
                new ConnectPacket(5, "absent").login("boss", "top").persistent();
        try (RawClient client = RawClient.connected(broker.port(), 5, absent)) {
            client.subscribe("ann/kept/#", 1 | RETAIN_AS_PUBLISHED);
        }
        try (RawClient ann =
                RawClient.connected(broker.port(), 5, as(5, "ann", "source").will("ann/kept/will", X, 1, true))) {
            ann.send(Packets.publish(5, "ann/kept/1", 1, RETAIN, 1, X));
            ann.expect(Packets.PUBACK);
        }
        try {
            assertRetained(2);
            Files.writeString(acl, ACL.replace("topic readwrite ann/#", "topic read ann/#"));
            reload();
            assertRetained(0);
            broker.kill9();
            broker.restart();
            assertRetained(0);
            try (RawClient client = RawClient.connected(broker.port(), 5, absent)) {
                assertTrue(client.expect(Packets.PUBLISH).retain());
                assertTrue(client.expect(Packets.PUBLISH).retain());
            }
        } finally {
            Files.writeString(acl, ACL);
            reload();
        }
        assertRetained(2);
        try (RawClient boss = connected(5, "boss", "clears")) {
            boss.send(Packets.publish(5, "ann/kept/1", 1, RETAIN, 1, new byte[0]));
            boss.expect(Packets.PUBACK);
            boss.send(Packets.publish(5, "ann/kept/will", 1, RETAIN, 2, new byte[0]));
            boss.expect(Packets.PUBACK);
        }
    }

    /** At QoS 0 they come at once, otherwise by way of a queue. */
    private static void assertRetained(int count) throws IOException {
        for (int qos = 0; qos <= 1; qos++) {
            try (RawClient boss = connected(5, "boss", "retained-" + qos)) {
                boss.subscribe("ann/kept/#", qos);
                for (int i = 0; i < count; i++) {
                    assertTrue(boss.expect(Packets.PUBLISH).retain());
                }
                boss.ping();
            }
        }
    }

    // ---- who may connect ----

    /**
     * C19: user name and password, each there, empty or missing, right or wrong; anonymous clients. The hash of an
     * empty password lets nobody in.
     */
    @Test
    void onlyTheRightPasswordOfAKnownUserLetsIn() throws IOException {
        String[] users = {null, "", "ann", "empty", "nobody"};
        String[] words = {null, "", "pass", "wrong"};
        for (int version = 4; version <= 5; version++) {
            for (String user : users) {
                for (String word : words) {
                    boolean right = "ann".equals(user) && "pass".equals(word);
                    String what = version + " " + user + ":" + word;
                    assertEquals(right ? 0 : refusal(version, user, word), code(version, user, word), what);
                }
            }
        }
    }

    /** [MQTT-3.1.2-22] of 3.1.1: no password without a user name; the packet is malformed, so there is no CONNACK. */
    private static int refusal(int version, @Nullable String user, @Nullable String word) {
        if (version == 5) {
            return 0x87;
        }
        return user == null && word != null ? -1 : 5;
    }

    /** Of the CONNACK; -1 when there is none. */
    private static int code(int version, @Nullable String user, @Nullable String word) throws IOException {
        try (RawClient client = new RawClient(broker.port(), version)) {
            client.send(new ConnectPacket(version, "c19").login(user, word).bytes());
            Packet packet = client.read(PATIENCE);
            if (packet != null && packet.connackCode() != 0) {
                assertNull(client.read(PATIENCE), "closed behind a refusal");
            }
            return packet == null ? -1 : packet.connackCode();
        }
    }

    /** C19: a thousand of them would take minutes, and a CONNECT is given ten seconds. */
    @Test
    void passwordsOfClientsThatAreGoneAreNotHashed() throws IOException {
        byte[] bad = new ConnectPacket(4, "guess").login("slow", "wrong").bytes();
        for (int i = 0; i < 1_000; i++) {
            try (RawClient client = new RawClient(broker.port(), 4)) {
                client.send(bad);
            }
        }
        assertEquals(0, code(5, "ann", "pass"));
    }

    @Test
    void aRealClientProvesItselfByScramAndDoesSoAgain() {
        ScramMechanism mechanism = new ScramMechanism("scram", "pencil");
        Mqtt5BlockingClient client = hiveMq("scram-1");
        client.connectWith().enhancedAuth(mechanism).send();
        assertTrue(mechanism.isServerProved());
        client.toAsync().reauth().join();
        assertEquals(2, mechanism.successCount());
        assertFalse(client.publishWith()
                .topic("scram/a")
                .qos(com.hivemq.client.mqtt.datatypes.MqttQos.AT_LEAST_ONCE)
                .send()
                .getError()
                .isPresent());
        client.disconnect();
    }

    @Test
    void aRealClientWithAWrongPasswordIsRefusedByScram() {
        Mqtt5ConnAckException error = Assertions.assertThrows(
                Mqtt5ConnAckException.class,
                () -> hiveMq("scram-2")
                        .connectWith()
                        .enhancedAuth(new ScramMechanism("scram", "crayon"))
                        .send());
        assertEquals(
                Mqtt5ConnAckReasonCode.NOT_AUTHORIZED, error.getMqttMessage().getReasonCode());
    }

    private static Mqtt5BlockingClient hiveMq(String clientId) {
        return MqttClient.builder()
                .useMqttVersion5()
                .identifier(clientId)
                .serverHost("127.0.0.1")
                .serverPort(broker.port())
                .buildBlocking();
    }

    // ---- what they may do ----

    @Test
    void aDeniedPublishIsAnsweredAndReachesNobody() throws IOException {
        try (RawClient boss = connected(5, "boss", "boss-1");
                RawClient five = connected(5, "ann", "ann-5");
                RawClient four = connected(4, "ann", "ann-4")) {
            boss.subscribe("#", 2);
            for (RawClient client : new RawClient[] {five, four}) {
                client.publish("elsewhere", 0, 0, X);
                client.publish("elsewhere", 1, 1, X);
                client.publish("ann/secret", 2, 2, X);
                int expected = client == five ? 0x87 : 0;
                assertEquals(expected, client.expect(Packets.PUBACK).reason());
                assertEquals(expected, client.expect(Packets.PUBREC).reason());
            }
            five.publish("ann/open", 1, 3, X);
            assertEquals("ann/open", boss.expect(Packets.PUBLISH).topic());
        }
    }

    @Test
    void aDeniedReadIsDroppedRetainedMessagesToo() throws IOException {
        try (RawClient boss = connected(5, "boss", "boss-2");
                RawClient ann = connected(5, "ann", "ann-2")) {
            boss.send(Packets.publish(5, "secret/r", 1, 1, 1, X));
            boss.send(Packets.publish(5, "news/r", 1, 1, 2, X));
            boss.expect(Packets.PUBACK);
            boss.expect(Packets.PUBACK);
            ann.send(Packets.subscribe(5, 1, "#", 1));
            assertEquals(1, ann.expect(Packets.SUBACK).lastCode(), "accepted, as Mosquitto does");
            assertEquals("news/r", ann.expect(Packets.PUBLISH).topic());
            boss.publish("secret/s", 1, 3, X);
            boss.publish("news/s", 1, 4, X);
            assertEquals("news/s", ann.expect(Packets.PUBLISH).topic());
        }
    }

    /** C6: will, retained, delayed, and by take-over; Mosquitto accepts the CONNECT. */
    @Test
    void aWillThatMayNotBePublishedNeverIs() throws IOException {
        try (RawClient boss = connected(5, "boss", "boss-3")) {
            boss.subscribe("stolen/#", 1);
            boss.subscribe("ann/will/#", 1);
            for (String topic : new String[] {"stolen", "ann/will"}) {
                RawClient.connected(broker.port(), 4, as(4, "ann", "w1").will(topic, X, 1, false))
                        .close();
                RawClient.connected(broker.port(), 5, as(5, "ann", "w2").will(topic + "/retained", X, 1, true))
                        .close();
                ConnectPacket delayed = as(5, "ann", "w3").persistent();
                delayed.will(topic + "/delayed", X, 1, false).willDelay(1);
                RawClient.connected(broker.port(), 5, delayed).close();
                ConnectPacket taken = as(5, "ann", "w4").will(topic + "/taken", X, 1, false);
                try (RawClient first = RawClient.connected(broker.port(), 5, taken);
                        RawClient second = connected(5, "ann", "w4")) {
                    assertNotNull(first.lastPacketBeforeClose());
                    second.send(Packets.disconnect());
                }
            }
            for (int i = 0; i < 4; i++) {
                String topic = boss.expect(Packets.PUBLISH).topic();
                assertTrue(topic.startsWith("ann/will"), topic);
            }
        }
    }

    /** C13: a right taken away while messages wait for an absent client. */
    @Test
    void aRightThatIsTakenAwayCountsForWhatWaitsAlready() throws IOException {
        try (RawClient boss = connected(5, "boss", "boss-4")) {
            ConnectPacket persistent = as(5, "ann", "c13").persistent();
            try (RawClient ann = RawClient.connected(broker.port(), 5, persistent)) {
                ann.subscribe("ann/#", 2);
                ann.subscribe("news/later", 2);
                boss.publish("ann/inflight", 2, 1, X);
                assertEquals("ann/inflight", ann.expect(Packets.PUBLISH).topic());
            }
            boss.publish("ann/backlog", 1, 2, X);
            boss.publish("ann/backlog", 2, 3, X);
            boss.expect(Packets.PUBREC);
            boss.expect(Packets.PUBACK);
            boss.expect(Packets.PUBREC);
            Files.writeString(acl, ACL.replace("topic readwrite ann/#", "topic write ann/#"));
            reload();
            boss.publish("news/later", 1, 4, X);
            boss.expect(Packets.PUBACK);
            try (RawClient ann = RawClient.connected(broker.port(), 5, persistent)) {
                assertEquals("news/later", ann.expect(Packets.PUBLISH).topic());
            }
        } finally {
            Files.writeString(acl, ACL);
            reload();
        }
    }

    // ---- reload ----

    @Test
    void aMistakeInANewFileKeepsTheOldOnesAndIsNamed() throws IOException {
        try (RawClient ann = connected(5, "ann", "ann-6")) {
            String before = Files.readString(passwords);
            Files.writeString(passwords, before + "broken:plain\n");
            Files.writeString(acl, "user ann\ntopic read ann/#\n");
            reload();
            assertTrue(broker.log().contains(passwords + ":7: "), broker.log());
            ann.publish("ann/a", 1, 1, X);
            assertEquals(0x10, ann.expect(Packets.PUBACK).reason(), "the old rules, and nobody there");
            Files.writeString(passwords, before);
            reload();
            ann.publish("ann/a", 1, 2, X);
            assertEquals(0x87, ann.expect(Packets.PUBACK).reason(), "the new rules, at once");
        } finally {
            Files.writeString(acl, ACL);
            reload();
        }
    }

    @Test
    void aUserWhoseLineVanishesIsDisconnected() throws IOException {
        PasswordEditor editor = new PasswordEditor(Algorithm.SHA512, 0);
        editor.set(passwords, "guest", "pass");
        reload();
        try (RawClient guest = connected(5, "guest", "guest-1");
                RawClient ann = connected(5, "ann", "ann-7")) {
            PasswordEditor.delete(passwords, "guest");
            reload();
            Packet last = guest.expect(DISCONNECT);
            assertEquals(0x98, last.body().get(0) & 0xFF);
            ann.publish("ann/a", 1, 1, X);
            ann.expect(Packets.PUBACK);
        }
        assertEquals(0x87, code(5, "guest", "pass"));
    }

    /** They go with each retained message, will or not. */
    @Test
    void clientIdsThatAreTooLongToBeKeptAreRefused() throws IOException {
        for (int version : new int[] {4, 5}) {
            try (RawClient client = new RawClient(broker.port(), version)) {
                client.send(new ConnectPacket(version, "x".repeat(3_000))
                        .login("ann", "pass")
                        .will("ann/a", X, 1, true)
                        .bytes());
                assertEquals(
                        version == 5 ? 0x97 : 3, client.expect(Packets.CONNACK).connackCode());
            }
        }
    }
}
