package io.tally.protocol.gateway;

import io.tally.protocol.codec.AckEncoder;
import io.tally.protocol.codec.AuthEncoder;
import io.tally.protocol.codec.ConnackEncoder;
import io.tally.protocol.codec.Direction;
import io.tally.protocol.codec.DisconnectEncoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.PingEncoder;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.codec.ReasonCodes;
import io.tally.protocol.effect.SubackEffect;
import org.agrona.DirectBuffer;

/**
 * Writes every packet but PUBLISH to one connection, none larger than the client takes ([MQTT-3.1.2-24]). Owned by the
 * I/O loop's thread. Allocates nothing.
 */
final class Answers {
    private final LoopContext loop;
    private final Output output;
    private int version;

    /** Of the client's enhanced authentication, empty = none. */
    private String method = "";

    private byte[] proof = new byte[0];
    private int packetBytesMax = Integer.MAX_VALUE;
    private boolean explains;

    Answers(LoopContext loop, Output output) {
        this.loop = loop;
        this.output = output;
    }

    /**
     * Says what is known of the client; nothing is written before.
     *
     * @param protocolVersion 0 when it is not known
     * @param clientPacketBytesMax its Maximum Packet Size
     * @param problemInformation whether it takes Reason Strings ([MQTT-3.1.2-29])
     */
    void client(int protocolVersion, int clientPacketBytesMax, boolean problemInformation) {
        version = protocolVersion;
        packetBytesMax = clientPacketBytesMax;
        explains = protocolVersion == ProtocolVersion.V5 && problemInformation;
    }

    /** What an enhanced authentication goes by. */
    void method(String name) {
        method = name;
    }

    /** What CONNACK brings to the end of an enhanced authentication. */
    void proof(byte[] data) {
        proof = data;
    }

    /** CONNACK for an accepted client; false, and nothing is written, when it is larger than the client takes. */
    boolean accepted(ClientTerms terms, boolean sessionPresent, long sessionExpirySeconds) {
        describe(terms, sessionExpirySeconds, true);
        if (version == ProtocolVersion.V5 && ConnackEncoder.encodedLength(loop.properties) > packetBytesMax) {
            describe(terms, sessionExpirySeconds, false);
        }
        if (version == ProtocolVersion.V5 && ConnackEncoder.encodedLength(loop.properties) > packetBytesMax) {
            return false;
        }
        connack(sessionPresent, ReasonCode.SUCCESS);
        return true;
    }

    private void describe(ClientTerms terms, long sessionExpirySeconds, boolean all) {
        loop.describe(terms, sessionExpirySeconds, all);
        if (!method.isEmpty()) {
            loop.describe(method, proof); // [MQTT-4.12.0-5]
        }
    }

    /** CONNACK for one that is not; none when its version has none for the reason, or the client none so large. */
    void refused(ReasonCode reason) {
        if (version == 0) {
            return;
        }
        PropertyWriter properties = explain(reason);
        boolean redirects = reason == ReasonCode.USE_ANOTHER_SERVER || reason == ReasonCode.SERVER_MOVED;
        if (redirects && !loop.config.serverReference().isEmpty()) {
            properties.add(Property.SERVER_REFERENCE, loop.config.serverReference());
        }
        if (ConnackEncoder.encodedLength(properties) > packetBytesMax) {
            properties.clear(); // [MQTT-3.2.2-19]
        }
        if (ConnackEncoder.encodedLength(properties) > packetBytesMax) {
            return;
        }
        boolean allowed = ReasonCodes.isAllowed(Direction.TO_CLIENT, PacketType.CONNACK, reason.code());
        connack(false, allowed ? reason : ReasonCode.UNSPECIFIED_ERROR);
    }

    private void connack(boolean sessionPresent, ReasonCode reason) {
        output.claim(ConnackEncoder.encodedLength(loop.properties));
        int length = ConnackEncoder.encode(
                version, sessionPresent, reason, loop.properties, output.buffer(), output.index());
        if (length != 0) {
            output.commit(length);
        }
    }

    private PropertyWriter explain(ReasonCode reason) {
        PropertyWriter properties = loop.properties.clear();
        byte[] words = ReasonStrings.of(reason);
        return explains && words.length != 0 ? properties.add(Property.REASON_STRING, words) : properties;
    }

    void ack(int packetType, int packetId, int reasonCode) {
        if (explains && ReasonCode.isFailure(reasonCode) && explained(packetType, packetId, reasonCode)) {
            return;
        }
        output.claim(AckEncoder.LENGTH_MAX);
        output.commit(AckEncoder.encode(version, packetType, packetId, reasonCode, output.buffer(), output.index()));
    }

    /** Of an enhanced authentication; false, and nothing is written, when it is larger than the client takes. */
    boolean auth(ReasonCode reason, byte[] data) {
        loop.properties.clear();
        loop.describe(method, data);
        int length = AuthEncoder.encodedLength(loop.properties);
        if (length > packetBytesMax) {
            return false;
        }
        output.claim(length);
        output.commit(AuthEncoder.encode(reason.code(), loop.properties, output.buffer(), output.index()));
        return true;
    }

    /** False, and nothing is written, when there is nothing to say, or no room to ([MQTT-3.4.2-2] and the like). */
    private boolean explained(int packetType, int packetId, int reasonCode) {
        ReasonCode reason = ReasonCode.of(reasonCode);
        if (reason == null || explain(reason).length() == 0) {
            return false;
        }
        int length = AckEncoder.encodedLength(loop.properties);
        if (length > packetBytesMax) {
            return false;
        }
        output.claim(length);
        output.commit(AckEncoder.encodeLong(
                packetType, packetId, reasonCode, loop.properties, output.buffer(), output.index()));
        return true;
    }

    /** SUBACK or UNSUBACK from an effect; false, and nothing is written, when it is larger than the client takes. */
    boolean suback(int packetType, DirectBuffer effect, int offset) {
        loop.suback
                .begin(version, packetType, SubackEffect.packetId(effect, offset))
                .reasonCodes(effect, offset + SubackEffect.FIXED_LENGTH, SubackEffect.count(effect, offset));
        int length = loop.suback.encodedLength();
        if (length > packetBytesMax) {
            return false;
        }
        output.claim(length);
        output.commit(loop.suback.encode(output.buffer(), output.index()));
        return true;
    }

    void pingresp() {
        output.claim(PingEncoder.LENGTH);
        output.commit(PingEncoder.encodeResponse(output.buffer(), output.index()));
    }

    /** Writes nothing before 5.0, where a server has no DISCONNECT. */
    void disconnect(ReasonCode reason) {
        if (version != ProtocolVersion.V5) {
            return;
        }
        boolean allowed = ReasonCodes.isAllowed(Direction.TO_CLIENT, PacketType.DISCONNECT, reason.code());
        int code = allowed ? reason.code() : ReasonCode.UNSPECIFIED_ERROR.code();
        PropertyWriter properties = explain(reason);
        int length = DisconnectEncoder.encodedLength(properties);
        boolean isShort = properties.length() == 0 || length > packetBytesMax; // [MQTT-3.14.2-3]
        output.claim(isShort ? DisconnectEncoder.LENGTH_MAX : length);
        output.commit(
                isShort
                        ? DisconnectEncoder.encode(version, code, output.buffer(), output.index())
                        : DisconnectEncoder.encodeLong(code, properties, output.buffer(), output.index()));
    }
}
