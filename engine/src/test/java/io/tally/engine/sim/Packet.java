package io.tally.engine.sim;

import io.tally.protocol.command.AcksCommand;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What travels on a simulated link: MQTT control packets as values. */
public sealed interface Packet {
    /** No interval was given. */
    long NONE = -1;

    /** CONNECT. */
    record Connect(String clientId, ConnectOptions options) implements Packet {}

    /** CONNACK. */
    record Connack(int reasonCode, boolean sessionPresent, long expirySeconds) implements Packet {}

    /**
     * PUBLISH, in either direction.
     *
     * @param expirySeconds {@link #NONE} = does not expire
     * @param delivery what the audit expects this to be; null on the way to the broker
     */
    record Publish(
            String topic,
            String payload,
            int qos,
            boolean retain,
            boolean dup,
            int packetId,
            long expirySeconds,
            List<Integer> subscriptionIds,
            @Nullable Expected delivery)
            implements Packet {
        static Publish toBroker(String topic, String payload, int qos, boolean retain, long expirySeconds) {
            return new Publish(topic, payload, qos, retain, false, 0, expirySeconds, List.of(), null);
        }

        Publish withPacketId(int id) {
            return new Publish(topic, payload, qos, retain, dup, id, expirySeconds, subscriptionIds, delivery);
        }

        Publish withQos(int newQos) {
            return new Publish(topic, payload, newQos, retain, dup, packetId, expirySeconds, subscriptionIds, delivery);
        }

        Publish asDup() {
            return new Publish(topic, payload, qos, retain, true, packetId, expirySeconds, subscriptionIds, delivery);
        }

        @Override
        public String toString() {
            return "PUBLISH " + topic + " '" + Trace.shorten(payload) + "' qos " + qos + " id " + packetId
                    + (retain ? " retain" : "") + (dup ? " dup" : "")
                    + (expirySeconds == NONE ? "" : " expires " + expirySeconds)
                    + (subscriptionIds.isEmpty() ? "" : " ids " + subscriptionIds);
        }
    }

    /** PUBACK, PUBREC, PUBREL or PUBCOMP. */
    record Ack(AckKind kind, int packetId, int reasonCode) implements Packet {
        @Override
        public String toString() {
            return kind + " " + packetId + (reasonCode == 0 ? "" : " reason " + Integer.toHexString(reasonCode));
        }
    }

    /** SUBSCRIBE. */
    record Subscribe(int packetId, List<Filter> filters) implements Packet {}

    /** SUBACK. */
    record Suback(int packetId, List<Integer> reasonCodes) implements Packet {}

    /** UNSUBSCRIBE. */
    record Unsubscribe(int packetId, List<String> filters) implements Packet {}

    /** UNSUBACK. */
    record Unsuback(int packetId, List<Integer> reasonCodes) implements Packet {}

    /** DISCONNECT, in either direction; {@code expirySeconds} {@link #NONE} = not given. */
    record Disconnect(int reasonCode, long expirySeconds) implements Packet {}

    /** The four packets that acknowledge. */
    enum AckKind {
        PUBACK(AcksCommand.PUBACK),
        PUBREC(AcksCommand.PUBREC),
        PUBREL(AcksCommand.PUBREL),
        PUBCOMP(AcksCommand.PUBCOMP);

        final int type;

        AckKind(int type) {
            this.type = type;
        }

        static AckKind of(int type) {
            return values()[type - AcksCommand.PUBACK];
        }
    }
}
