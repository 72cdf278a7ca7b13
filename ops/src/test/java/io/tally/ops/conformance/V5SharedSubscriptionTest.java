package io.tally.ops.conformance;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MQTT 5.0, section 4.8.2: shared subscriptions. */
@Conformance
final class V5SharedSubscriptionTest {
    private static final String KEPT = "11 ffffffff";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "$share",
                "$share/",
                "$share/g",
                "$share//t",
                "$share/g/",
                "$share/g+/t",
                "$share/+/t",
                "$share/#/t",
                "$share/#",
                "$share/g#/t",
                "$share/+",
                "$share/g/a#",
                "$share/g/#/a",
            })
    @Mqtt5({"MQTT-4.8.2-1", "MQTT-4.8.2-2", "MQTT-4.13.1-1"})
    void aFilterThatIsNoSharedFilterClosesTheConnection(String filter, TestBroker broker) {
        broker.v5()
                .send("82 # 0001 [] '" + filter + "' 01")
                .expect("e0 # 8? ..")
                .expectClosed();
        broker.v5().send("a2 # 0001 [] '" + filter + "'").expect("e0 # 8? ..").expectClosed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"$share/g/%s", "$share/$/%s/#", "$share/G h/+/%s", "$share/é/%s/+", "$share/g//%s"})
    @Mqtt5({"MQTT-4.8.2-1", "MQTT-4.8.2-2"})
    void theTopicFilterIsWhatFollowsTheShareName(String shared, TestBroker broker) {
        String t = broker.unique();
        String filter = shared.formatted(t);
        String topic =
                filter.substring(filter.indexOf('/', 7) + 1).replace('+', 'x').replace('#', 'y');
        Wire member = broker.v5().subscribe(filter, 1);
        broker.v5().publish(topic, 1, "x").publish(filter.replace('+', 'x').replace('#', 'y'), 1, "not this");
        member.expectPublish(topic, 1, "x").acknowledge().expectNothing();
    }

    /** Only {@code $share} is special. */
    @Test
    @Mqtt5({"MQTT-4.8.2-1"})
    void otherFiltersThatBeginLikeThatAreNotShared(TestBroker broker) {
        String t = broker.unique();
        Wire one = broker.v5().subscribe("share/g/" + t, 0).subscribe("$SHARE/g/" + t, 0);
        broker.v5().publish(t, 0, "x");
        one.expectNothing();
        broker.v5().publish("share/g/" + t, 0, "x");
        one.expectPublish("share/g/" + t, 0, "x");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    @Mqtt5({"MQTT-4.8.2-3", "MQTT-4.5.0-1"})
    void eachMessageGoesToOneMemberAtTheQosGrantedToIt(int published, TestBroker broker) {
        String t = broker.unique();
        List<Wire> members = new ArrayList<>();
        for (int granted = 0; granted <= 2; granted++) {
            members.add(broker.v5().subscribe("$share/g/" + t, granted, "0b 0" + (granted + 1)));
        }
        Wire pub = broker.v5();
        int count = 30;
        for (int i = 0; i < count; i++) {
            pub.publish(t, published, "m%02d".formatted(i));
        }
        pub.expectNothing(); // The broker has them all.
        int came = 0;
        for (int granted = 0; granted <= 2; granted++) {
            int qos = Math.min(published, granted);
            String publish = "%02x # '%s' %s [0b 0%d] <m??>"
                    .formatted(0x30 | qos << 1, t, qos == 0 ? "" : "????", granted + 1)
                    .replace("<m??>", "6d ????");
            Wire member = members.get(granted).send("a2 # 7000 [] 'no/such/filter'");
            byte[] packet = member.read();
            while (packet != null && packet[0] != (byte) 0xB0) {
                if (!Notation.matches(publish, packet)) {
                    throw new AssertionError(publish + " expected, but " + Notation.hex(packet));
                }
                came++;
                packet = member.read();
            }
        }
        if (came != count) {
            throw new AssertionError(came + " of " + count + " messages");
        }
    }

    @Test
    @Mqtt5({"MQTT-4.5.0-1"})
    void groupsAndPlainSubscriptionsGetACopyEach(TestBroker broker) {
        String t = broker.unique();
        Wire g = broker.v5().subscribe("$share/g/" + t, 1);
        Wire h = broker.v5().subscribe("$share/h/" + t, 1);
        Wire filter = broker.v5().subscribe("$share/g/" + t + "/#", 1);
        Wire plain = broker.v5().subscribe(t, 1);
        Wire both = broker.v5().subscribe(t, 1, "0b 01").subscribe("$share/i/" + t, 1, "0b 02");
        broker.v5().publish(t, 1, "x");
        for (Wire each : List.of(g, h, filter, plain)) {
            each.expectPublish(t, 1, "x").acknowledge().expectNothing();
        }
        both.expectInAnyOrder("32 # '" + t + "' ???? [0b 01] <x>", "32 # '" + t + "' ???? [0b 02] <x>");
        both.expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.3.1-9"})
    void sharedSubscriptionsGetNoRetainedMessages(TestBroker broker) {
        String t = broker.unique();
        broker.v5().publish(t, 1 | 16, "", "kept");
        broker.v5().subscribe("$share/g/" + t, 1).expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.8.2-4"})
    void qosTwoBegunWithAMemberIsCompletedWithThatMember(TestBroker broker) {
        String t = broker.unique();
        String me = broker.unique();
        Wire member = broker.v5(me, 2, KEPT).subscribe("$share/g/" + t, 2);
        broker.v5().publish(t, 2, "one").publish(t, 2, "two");
        member.expectPublish(t, 2, "one");
        final String one = member.id();
        member.expectPublish(t, 2, "two");
        final String two = member.id();
        member.send("50 02 " + two).expect("62 02 " + two);
        Wire other = broker.v5().subscribe("$share/g/" + t, 2);
        member.close();
        awaitGone(broker, other, t);
        Wire again = broker.v5Resumed(me)
                .expect("3c # '%s' %s [] <one>".formatted(t, one))
                .expect("62 02 " + two);
        again.send("50 02 " + one)
                .expect("62 02 " + one)
                .send("70 02 " + one, "70 02 " + two)
                .expectNothing();
        other.expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-4.8.2-5"})
    void qosTwoBegunWithAMemberWhoseSessionEndsGoesToNobodyElse(TestBroker broker) {
        String t = broker.unique();
        Wire member = broker.v5(broker.unique(), 2, KEPT).subscribe("$share/g/" + t, 2);
        broker.v5().publish(t, 2, "one").publish(t, 2, "two");
        member.expectPublish(t, 2, "one").expectPublish(t, 2, "two");
        member.send("50 02 " + member.id()).expect("62 02 " + member.id());
        Wire other = broker.v5().subscribe("$share/g/" + t, 2);
        member.send("e0 # 00 [11 00000000]").expectClosed();
        awaitGone(broker, other, t);
        other.expectNothing();
    }

    /** The group has no member but this one any more when it gets each of several messages. */
    private static void awaitGone(TestBroker broker, Wire other, String topic) {
        Wire pub = broker.v5();
        for (int i = 0; i < 8; i++) {
            pub.publish(topic, 0, "after" + i);
            other.expectPublish(topic, 0, "after" + i);
        }
    }

    @Test
    @Mqtt5({"MQTT-4.8.2-6", "MQTT-4.4.0-2"})
    void aMessageThatAMemberRefusesGoesToNobodyElse(TestBroker broker) {
        String t = broker.unique();
        Wire refusing = broker.v5().subscribe("$share/g/" + t, 2);
        broker.v5().publish(t, 1, "one").publish(t, 2, "two");
        refusing.expectPublish(t, 1, "one");
        final String one = refusing.id();
        refusing.expectPublish(t, 2, "two");
        final String two = refusing.id();
        Wire other = broker.v5().subscribe("$share/g/" + t, 2);
        refusing.send("40 # " + one + " 80", "50 # " + two + " 97").expectNothing();
        other.expectNothing();
        refusing.disconnect();
        other.expectNothing();
    }

    @Test
    @Mqtt5({"MQTT-3.10.4-2", "MQTT-3.10.4-1"})
    void whoLeavesTheGroupGetsNoNewMessages(TestBroker broker) {
        String t = broker.unique();
        Wire one = broker.v5().subscribe("$share/g/" + t, 1);
        Wire two = broker.v5().subscribe("$share/g/" + t, 1);
        one.send("a2 # 0001 [] '$share/g/" + t + "'").expect("b0 # 0001 [] 00");
        Wire pub = broker.v5();
        for (int i = 0; i < 8; i++) {
            pub.publish(t, 1, "m" + i);
            two.expectPublish(t, 1, "m" + i).acknowledge();
        }
        one.expectNothing();
    }
}
