package io.tally.engine.sim;

import io.tally.engine.sim.Packet.AckKind;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A client in a scenario: sends what it is told, acknowledges when it is told, and says what it expects. */
public final class ScenarioClient {
    private final Scenario scenario;
    private final SimulatedClient client;
    private ConnectOptions options = ConnectOptions.CLEAN;
    private Packet.@Nullable Connack connack;
    private Packet.@Nullable Publish last;

    ScenarioClient(Scenario scenario, SimulatedClient client) {
        this.scenario = scenario;
        this.client = client;
        client.manual(true);
    }

    // ---- connections ----

    /** Connects and expects to be accepted. */
    public ScenarioClient connect(ConnectOptions newOptions) {
        tryConnect(newOptions);
        Packet.Connack answer = connack;
        check(answer != null && answer.reasonCode() == 0, "CONNACK with success, not " + answer);
        return this;
    }

    /** Connects; the answer may be anything. */
    public ScenarioClient tryConnect(ConnectOptions newOptions) {
        options = newOptions;
        Link link = scenario.broker().tryOpenLink();
        if (link == null) {
            throw new AuditFailure("nobody listens");
        }
        client.inbox().clear();
        client.connect(link, newOptions);
        scenario.settle();
        connack = (Packet.Connack) take(p -> p instanceof Packet.Connack);
        return this;
    }

    /** Connects as before, without a clean start unless its session ends with each connection. */
    public ScenarioClient reconnect() {
        return connect(options.cleanStart(options.isVolatile()));
    }

    public ScenarioClient expectSession() {
        check(connack != null && connack.sessionPresent(), "a session is present");
        return this;
    }

    public ScenarioClient expectNoSession() {
        check(connack != null && !connack.sessionPresent(), "no session is present");
        return this;
    }

    public ScenarioClient expectConnack(int reasonCode) {
        check(connack != null && connack.reasonCode() == reasonCode, "CONNACK " + reasonCode + ", not " + connack);
        return this;
    }

    public ScenarioClient expectExpiry(long seconds) {
        check(connack != null && connack.expirySeconds() == seconds, "expiry " + seconds + ", not " + connack);
        return this;
    }

    /** The connection breaks; the broker notices. */
    public ScenarioClient cut() {
        client.abandon();
        scenario.settle();
        return this;
    }

    /** The connection breaks; the broker does not notice. */
    public ScenarioClient vanish() {
        Link link = client.link();
        if (link != null) {
            link.isHalfOpen = true;
        }
        return cut();
    }

    public ScenarioClient disconnect() {
        return disconnect(0, Packet.NONE);
    }

    public ScenarioClient disconnect(int reasonCode, long expirySeconds) {
        client.disconnect(reasonCode, expirySeconds);
        scenario.settle();
        return this;
    }

    /** The broker has closed the connection, in 5.0 with this reason code. */
    public ScenarioClient expectClosed(int reasonCode) {
        Packet.Disconnect packet = (Packet.Disconnect) take(p -> p instanceof Packet.Disconnect);
        check(packet != null && packet.reasonCode() == reasonCode, "DISCONNECT " + reasonCode + ", not " + packet);
        return expectClosed();
    }

    public ScenarioClient expectClosed() {
        check(!client.hasLink(), "the connection is closed");
        return this;
    }

    // ---- requests ----

    public ScenarioClient subscribe(String filter, int qos) {
        return subscribe(Filter.filter(filter, qos));
    }

    public ScenarioClient subscribe(Filter... filters) {
        client.subscribe(List.of(filters));
        scenario.settle();
        Packet.Suback suback = (Packet.Suback) take(p -> p instanceof Packet.Suback);
        check(suback != null && suback.reasonCodes().stream().allMatch(c -> c < 0x80), "SUBACK, not " + suback);
        return this;
    }

    /** Whatever comes of it. */
    public ScenarioClient requestSubscribe(String filter, int qos) {
        client.subscribe(List.of(Filter.filter(filter, qos)));
        scenario.settle();
        return this;
    }

    /** Answers the reason codes of the SUBACK. */
    public List<Integer> trySubscribe(Filter... filters) {
        client.subscribe(List.of(filters));
        scenario.settle();
        Packet.Suback suback = (Packet.Suback) take(p -> p instanceof Packet.Suback);
        if (suback == null) {
            throw new AuditFailure("no SUBACK");
        }
        return suback.reasonCodes();
    }

    /** Answers the reason code. */
    public int unsubscribe(String filter) {
        client.unsubscribe(List.of(filter));
        scenario.settle();
        Packet.Unsuback unsuback = (Packet.Unsuback) take(p -> p instanceof Packet.Unsuback);
        if (unsuback == null) {
            throw new AuditFailure("no UNSUBACK");
        }
        return unsuback.reasonCodes().get(0);
    }

    /** Whatever comes of it. */
    public ScenarioClient requestUnsubscribe(String filter) {
        client.unsubscribe(List.of(filter));
        scenario.settle();
        return this;
    }

    public ScenarioClient publish(String topic, String payload, int qos) {
        return publish(Packet.Publish.toBroker(topic, payload, qos, false, Packet.NONE));
    }

    public ScenarioClient publishRetained(String topic, String payload, int qos) {
        return publish(Packet.Publish.toBroker(topic, payload, qos, true, Packet.NONE));
    }

    /** A message that expires. */
    public ScenarioClient publishFor(long seconds, String topic, String payload, int qos) {
        return publish(Packet.Publish.toBroker(topic, payload, qos, false, seconds));
    }

    /** Messages with payloads m{@code from} to m{@code to - 1} in one go. */
    public ScenarioClient publishMany(String topic, int from, int to, int qos) {
        for (int i = from; i < to; i++) {
            client.publish(Packet.Publish.toBroker(topic, "m" + i, qos, false, Packet.NONE));
        }
        scenario.settle();
        client.inbox().removeIf(p -> p instanceof Packet.Ack ack && ack.kind() != AckKind.PUBREL);
        return this;
    }

    public ScenarioClient publish(Packet.Publish packet) {
        client.publish(packet);
        scenario.settle();
        return this;
    }

    /** A PUBREC is answered only on the next connection. */
    public ScenarioClient holdReleases() {
        client.holdReleases(true);
        return this;
    }

    /** On its next connections it sends again what is not acknowledged only with {@link #resend}. */
    public ScenarioClient resendLater() {
        client.resendLater();
        return this;
    }

    public ScenarioClient resend() {
        check(client.tryResend(), "there was something to send again");
        scenario.settle();
        return this;
    }

    public ScenarioClient awaitPuback() {
        return await(AckKind.PUBACK);
    }

    public ScenarioClient awaitPubrec() {
        return await(AckKind.PUBREC);
    }

    public ScenarioClient awaitPubcomp() {
        await(AckKind.PUBREC);
        return await(AckKind.PUBCOMP);
    }

    public ScenarioClient await(AckKind kind) {
        Packet.Ack ack = takeAck(kind);
        check(ack != null && ack.reasonCode() < 0x80, kind + " with success, not " + ack);
        return this;
    }

    public ScenarioClient expectAck(AckKind kind, int reasonCode) {
        Packet.Ack ack = takeAck(kind);
        check(ack != null && ack.reasonCode() == reasonCode, kind + " with " + reasonCode + ", not " + ack);
        return this;
    }

    public ScenarioClient expectNoAck() {
        check(client.inbox().stream().noneMatch(p -> p instanceof Packet.Ack), "nothing acknowledged");
        return this;
    }

    // ---- what comes ----

    /** The next PUBLISH has this payload. */
    public ScenarioClient expectPublish(String payload) {
        Packet.Publish packet = (Packet.Publish) take(p -> p instanceof Packet.Publish);
        check(packet != null && packet.payload().equals(payload), "PUBLISH '" + payload + "', not " + packet);
        last = packet;
        return this;
    }

    /** Many, in this order, each acknowledged. */
    public ScenarioClient expectAndAcknowledge(String... payloads) {
        for (String payload : payloads) {
            expectPublish(payload).acknowledge();
        }
        return this;
    }

    /** QoS 1 messages with payloads m{@code from} to m{@code to - 1}, in this order, acknowledged in one go. */
    public ScenarioClient expectAndAcknowledgeMany(int from, int to) {
        for (int i = from; i < to; i++) {
            expectPublish("m" + i);
            client.acknowledge(new Packet.Ack(AckKind.PUBACK, last().packetId(), 0));
        }
        scenario.settle();
        return this;
    }

    /** PUBLISH packets that have come and were not expected yet. */
    public int waitingPublishCount() {
        return (int)
                client.inbox().stream().filter(p -> p instanceof Packet.Publish).count();
    }

    /** How many of them come before the one with this payload; -1 when it has not come. */
    public int waitingAheadOf(String payload) {
        return client.inbox().stream()
                .filter(p -> p instanceof Packet.Publish)
                .map(p -> ((Packet.Publish) p).payload())
                .toList()
                .indexOf(payload);
    }

    private Packet.Publish last() {
        if (last == null) {
            throw new AuditFailure("nothing has come yet");
        }
        return last;
    }

    public Packet.Publish lastPublish() {
        return last();
    }

    public int lastPacketId() {
        return last().packetId();
    }

    public ScenarioClient asDup() {
        check(last().dup(), "the last PUBLISH is a DUP");
        return this;
    }

    public ScenarioClient notDup() {
        check(!last().dup(), "the last PUBLISH is no DUP");
        return this;
    }

    public ScenarioClient withQos(int qos) {
        check(last().qos() == qos, "QoS " + qos + " in " + last);
        return this;
    }

    public ScenarioClient withRetain(boolean retain) {
        check(last().retain() == retain, "retain " + retain + " in " + last);
        return this;
    }

    public ScenarioClient withIds(Integer... ids) {
        check(last().subscriptionIds().equals(List.of(ids)), "subscription ids " + List.of(ids) + " in " + last);
        return this;
    }

    public ScenarioClient withPacketId(int packetId) {
        check(last().packetId() == packetId, "packet id " + packetId + " in " + last);
        return this;
    }

    public ScenarioClient withExpiry(long seconds) {
        check(last().expirySeconds() == seconds, "expiry " + seconds + " in " + last);
        return this;
    }

    public ScenarioClient expectPubrel() {
        Packet.Ack ack = takeAck(AckKind.PUBREL);
        check(ack != null, "PUBREL");
        return this;
    }

    /** No PUBLISH, no PUBREL, and the connection stands. */
    public ScenarioClient expectNothing() {
        Packet found = take(p -> p instanceof Packet.Publish
                || p instanceof Packet.Disconnect
                || (p instanceof Packet.Ack ack && ack.kind() == AckKind.PUBREL));
        check(found == null, "nothing, not " + found);
        return this;
    }

    // ---- acknowledgements ----

    /** Acknowledges the PUBLISH that was expected last with this packet. */
    public ScenarioClient send(AckKind kind) {
        return send(kind, last().packetId(), 0);
    }

    public ScenarioClient send(AckKind kind, int packetId, int reasonCode) {
        client.acknowledge(new Packet.Ack(kind, packetId, reasonCode));
        scenario.settle();
        return this;
    }

    /** Takes the last PUBLISH through to its end. */
    public ScenarioClient acknowledge() {
        return switch (last().qos()) {
            case 0 -> this;
            case 1 -> send(AckKind.PUBACK);
            default -> send(AckKind.PUBREC).expectPubrel().send(AckKind.PUBCOMP);
        };
    }

    // ----

    private @Nullable Packet take(Predicate<Packet> wanted) {
        for (Iterator<Packet> packets = client.inbox().iterator(); packets.hasNext(); ) {
            Packet packet = packets.next();
            if (wanted.test(packet)) {
                packets.remove();
                return packet;
            }
        }
        return null;
    }

    private Packet.@Nullable Ack takeAck(AckKind kind) {
        return (Packet.Ack) take(p -> p instanceof Packet.Ack ack && ack.kind() == kind);
    }

    private void check(boolean condition, String claim) {
        if (!condition) {
            throw scenario.explained(new AuditFailure(client.id() + " expects " + claim));
        }
    }
}
