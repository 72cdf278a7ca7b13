package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, section 3.3.2.3: properties of PUBLISH. */
@Conformance
final class PublishPropertiesTest {
    private static final int CLEAN = 2;
    private static final int RETAIN = 16;
    private static final int MALFORMED = 0x81;
    private static final int PROTOCOL_ERROR = 0x82;
    private static final String LONG = "11 000003e8";

    @Mqtt5({
        "MQTT-3.3.2-4",
        "MQTT-3.3.2-13",
        "MQTT-3.3.2-15",
        "MQTT-3.3.2-16",
        "MQTT-3.3.2-17",
        "MQTT-3.3.2-19",
        "MQTT-3.3.2-20"
    })
    @ParameterizedTest
    @ValueSource(
            strings = {
                "01 00",
                "01 01",
                "03 ''",
                "03 'text/plain; charset=utf-8'",
                "08 'reply/to/this'",
                "08 '/'",
                "09 ()",
                "09 (00 ff c0 80 00)",
                "26 '' ''",
                "26 'name' 'välue'",
            })
    void aPropertyIsPassedOnAsItCame(String property, TestBroker broker) {
        String topic = broker.unique();
        String id = broker.unique();
        broker.v5(id, CLEAN, LONG).subscribe(topic, 2).close();
        Wire now = broker.v5().subscribe(topic, 0);
        Wire publisher = broker.v5().publish(topic, 2 + RETAIN, property, "x");
        now.expect("30 # '" + topic + "' [" + property + "] <x>");
        broker.v5(id, 0, "").expect("34 # '" + topic + "' ???? [" + property + "] <x>");
        broker.v5().subscribe(topic, 1).expect("33 # '" + topic + "' ???? [" + property + "] <x>");
        publisher.publish(topic, RETAIN, "", "");
    }

    @Mqtt5({"MQTT-3.3.2-17", "MQTT-3.3.2-18"})
    @Test
    void userPropertiesKeepTheirOrderAndTheirRepetitions(TestBroker broker) {
        String topic = broker.unique();
        String pairs = "26 'b' '1' 26 'a' '2' 26 'b' '1' 26 'b' '0' 26 '' 'z' 26 'a' ''";
        Wire client = broker.v5().subscribe(topic, 1);
        broker.v5().publish(topic, 1, pairs, "x");
        client.expect("32 # '" + topic + "' ???? [" + pairs + "] <x>");
    }

    @Mqtt5({"MQTT-3.3.2-17", "MQTT-3.3.2-18"})
    @Test
    void allPropertiesTogetherArePassedOn(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5().subscribe(topic, 1);
        broker.v5().publish(topic, 1, "26 'a' '1' 03 't' 26 'b' '2' 08 'r' 01 01 09 (cafe) 26 'a' '3'", "x");
        client.expect(
                "32 # '" + topic + "' ???? {01 01, 03 't', 08 'r', 09 (cafe), 26 'a' '1', 26 'b' '2', 26 'a' '3'} <x>");
        String came = Notation.hex(client.last());
        int first = came.indexOf("26 00 01 61 00 01 31");
        int second = came.indexOf("26 00 01 62 00 01 32");
        int third = came.indexOf("26 00 01 61 00 01 33");
        assertTrue(first < second && second < third, came);
    }

    @Mqtt5("MQTT-3.3.2-17")
    @Test
    void aClientOf311GetsTheMessageWithoutProperties(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v4().subscribe(topic, 1);
        broker.v5().publish(topic, 1, "26 'a' 'b' 01 01 03 't'", "x");
        client.expect("32 # '" + topic + "' ???? <x>");
    }

    @Mqtt5({"MQTT-3.3.2-1", "MQTT-4.13.1-1"})
    @ParameterizedTest
    @ValueSource(
            strings = {
                "01 02",
                "01 ff",
                "01 00 01 00",
                "02 00000001 02 00000001",
                "03 'a' 03 'a'",
                "08 'a' 08 'a'",
                "09 (00) 09 (00)",
                "23 0001 23 0001",
            })
    void aPropertyGivenTwiceOrOutOfRangeIsAProtocolError(String properties, TestBroker broker) {
        broker.v5().send("30 # 'a' [" + properties + "] <x>").expectDisconnect(PROTOCOL_ERROR);
    }

    @Mqtt5("MQTT-4.13.1-1")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "11 00000001",
                "12 'a'",
                "13 0001",
                "15 'a'",
                "16 (00)",
                "17 01",
                "18 00000001",
                "19 01",
                "1a 'a'",
                "1c 'a'",
                "1f 'a'",
                "21 0001",
                "22 0001",
                "24 01",
                "25 01",
                "27 00000001",
                "28 01",
                "29 01",
                "2a 01",
                "00 01",
                "05 01",
                "2b 01",
                "ff 01",
                "02 0000",
                "03",
                "03 0005 <ab>",
                "26 'a'",
                "01",
            })
    void aPropertyThatDoesNotBelongInPublishIsMalformed(String properties, TestBroker broker) {
        broker.v5().send("30 # 'a' [" + properties + "] <x>").expectDisconnect(MALFORMED);
    }

    @Mqtt5("MQTT-3.3.2-14")
    @ParameterizedTest
    @ValueSource(strings = {"#", "+", "a/#", "a/+/b"})
    void aResponseTopicWithAWildcardEndsTheConnection(String topic, TestBroker broker) {
        broker.v5()
                .send("30 # 'a' [08 '" + topic + "'] <x>")
                .expectOneOf("e0 # 82 ..", "e0 # 81 ..", "e0 # 90 ..")
                .expectClosed();
    }

    @Mqtt5("MQTT-3.3.4-6")
    @Test
    void aSubscriptionIdentifierFromAClientIsAProtocolError(TestBroker broker) {
        broker.v5().send("30 # 'a' [0b 01] <x>").expectDisconnect(PROTOCOL_ERROR);
    }

    // ---- message expiry ----

    @Mqtt5("MQTT-3.3.2-6")
    @Test
    void theExpiryIsGivenOnWithoutWaiting(TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5().subscribe(topic, 1);
        broker.v5().publish(topic, 1, "02 00000e10", "x");
        client.expectOneOf(
                "32 # '" + topic + "' ???? [02 00000e10] <x>", "32 # '" + topic + "' ???? [02 00000e0f] <x>");
    }

    @Mqtt5("MQTT-3.3.2-6")
    @ParameterizedTest
    @ValueSource(strings = {"ffffffff", "7fffffff", "80000000"})
    void aVeryLongExpiryIsGivenOn(String seconds, TestBroker broker) {
        String topic = broker.unique();
        Wire client = broker.v5().subscribe(topic, 0);
        broker.v5().publish(topic, 0, "02 " + seconds, "x");
        client.expectOneOf(
                "30 # '" + topic + "' [02 " + seconds + "] <x>",
                "30 # '" + topic + "' [02 %08x] <x>".formatted((int) Long.parseLong(seconds, 16) - 1));
    }

    /** A session, a retained message and a shared subscription wait; a will tells when two seconds have passed. */
    @Mqtt5({"MQTT-3.3.2-5", "MQTT-3.3.2-6"})
    @Test
    void whatHasWaitedIsGivenOnWithLessOrNotAtAll(TestBroker broker) {
        String topic = broker.unique();
        String id = broker.unique();
        broker.v5(id, CLEAN, LONG).subscribe(topic + "/#", 1).close();
        Wire clock = broker.v5().subscribe(id, 0);
        broker.v5()
                .publish(topic + "/short", 1 + RETAIN, "02 00000001", "x")
                .publish(topic + "/long", 1 + RETAIN, "02 000003e8", "x")
                .publish(topic + "/none", 1, "x");
        broker.open()
                .send(TestBroker.connectWithWill(broker.unique(), 6, LONG, "[18 00000002] '" + id + "' (<now>)"))
                .expect("20 # 00 00 {}")
                .close();
        clock.expectPublish(id, 0, "now");
        Wire client = broker.v5(id, 0, "");
        client.expect("32 # '" + topic + "/long' ???? [02 000003e?] <x>");
        assertTrue(expiry(client) <= 998 && expiry(client) > 900);
        client.acknowledge();
        client.expectPublish(topic + "/none", 1, "x").acknowledge().expectNothing();
        Wire late = broker.v5().subscribe(topic + "/#", 0).expect("31 # '" + topic + "/long' [02 000003e?] <x>");
        assertTrue(expiry(late) <= 998 && expiry(late) > 900);
        late.expectNothing();
    }

    @Mqtt5({"MQTT-3.3.2-5", "MQTT-4.3.3-7"})
    @Test
    void whatWasSentBeforeItExpiredIsSentAgain(TestBroker broker) {
        String topic = broker.unique();
        String id = broker.unique();
        Wire client = broker.v5(id, CLEAN, LONG + " 21 0001").subscribe(topic, 2);
        Wire clock = broker.v5().subscribe(id, 0);
        broker.v5().publish(topic, 2, "02 00000001", "sent").publish(topic, 1, "02 00000001", "held back");
        client.expectPublish(topic, 2, "sent").close();
        broker.open()
                .send(TestBroker.connectWithWill(broker.unique(), 6, LONG, "[18 00000002] '" + id + "' (<now>)"))
                .expect("20 # 00 00 {}")
                .close();
        clock.expectPublish(id, 0, "now");
        Wire back = broker.v5(id, 0, "").expect("3c # '" + topic + "' ???? {} <sent>");
        back.acknowledge().expectNothing();
    }

    // ---- topic aliases ----

    @Mqtt5({"MQTT-3.3.2-12", "MQTT-3.3.2-7"})
    @Test
    void everyAliasUpToTheMaximumIsTakenAndEndsWithTheConnection(@Config("max_topic_alias 3") TestBroker broker) {
        String topic = broker.unique();
        String id = broker.unique();
        Wire watcher = broker.v5().subscribe(topic + "/#", 0);
        Wire client = broker.open()
                .send("10 # 'MQTT' 05 02 0000 [" + LONG + "] '" + id + "'")
                .expect("20 # 00 00 {22 0003}");
        for (int alias = 1; alias <= 3; alias++) {
            client.send("30 # '%s/%d' [23 %04x] <set>".formatted(topic, alias, alias));
            watcher.expect("30 # '" + topic + "/" + alias + "' [] <set>");
        }
        for (int alias = 3; alias >= 1; alias--) {
            client.send("30 # '' [23 %04x] <used>".formatted(alias));
            watcher.expect("30 # '" + topic + "/" + alias + "' [] <used>");
        }
        client.close();
        broker.v5(id, 0, LONG)
                .send("30 # '' [23 0001] <gone>")
                .expectOneOf("e0 # 82 ..", "e0 # 94 ..")
                .expectClosed();
        watcher.expectNothing();
    }

    @Mqtt5("MQTT-3.3.2-12")
    @Test
    void anAliasMayBeGivenAnotherTopic(@Config("max_topic_alias 3") TestBroker broker) {
        String topic = broker.unique();
        Wire watcher = broker.v5().subscribe(topic + "/#", 1);
        Wire client = broker.v5();
        client.send("30 # '" + topic + "/a' [23 0002] <x>", "30 # '" + topic + "/b' [23 0002] <y>");
        client.send("32 # '' 0001 [23 0002] <z>").expect("40 02 0001");
        watcher.expectPublish(topic + "/a", 0, "x").expectPublish(topic + "/b", 0, "y");
        watcher.expectPublish(topic + "/b", 1, "z");
    }

    @Mqtt5({"MQTT-3.3.2-7", "MQTT-3.3.2-11", "MQTT-4.4.0-1"})
    @Test
    void whatIsSentAgainDoesNotUseAliasesOfTheLastConnection(TestBroker broker) {
        String topic = broker.unique();
        String id = broker.unique();
        Wire client = broker.v5(id, CLEAN, LONG + " 22 0005").subscribe(topic, 1);
        Aliases first = new Aliases(5);
        broker.v5().publish(topic, 1, "a").publish(topic, 1, "b").publish(topic, 1, "c");
        for (String payload : new String[] {"a", "b", "c"}) {
            first.expect(topic, client.expect("32 # .. <" + payload + ">").last());
        }
        client.close();
        Wire again = broker.v5(id, 0, LONG + " 22 0005");
        Aliases second = new Aliases(5);
        for (String payload : new String[] {"a", "b", "c"}) {
            second.expect(topic, again.expect("3a # .. <" + payload + ">").last());
        }
        again.close();
        Wire without = broker.v5(id, 0, LONG);
        for (String payload : new String[] {"a", "b", "c"}) {
            without.expect("3a # '" + topic + "' ???? [] <" + payload + ">").acknowledge();
        }
    }

    @Mqtt5({"MQTT-3.3.2-8", "MQTT-3.3.2-9"})
    @ParameterizedTest
    @CsvSource({"'x', 0000, 94", "'x', 0004, 94", "'x', ffff, 94", "'', 0001, 82", "'', 0000, 94"})
    void wrongAliasesEndTheConnection(
            String topic, String alias, String code, @Config("max_topic_alias 3") TestBroker broker) {
        broker.v5()
                .send("30 # '" + topic + "' [23 " + alias + "] <x>")
                .expectOneOf("e0 # " + code + " ..", "e0 # 94 ..")
                .expectClosed();
    }

    @Mqtt5("MQTT-3.3.2-8")
    @Test
    void anEmptyTopicNameNeedsAnAlias(TestBroker broker) {
        broker.v5().send("30 # '' [] <x>").expectDisconnect(PROTOCOL_ERROR);
    }

    private static long expiry(Wire client) {
        String came = Notation.hex(client.last());
        int at = came.indexOf("05 02 00 00") + 3;
        return Long.parseLong(came.substring(at + 3, at + 14).replace(" ", ""), 16);
    }
}
