package io.tally.protocol.gateway;

import io.tally.protocol.codec.AckEncoder;
import io.tally.protocol.codec.ConnackEncoder;
import io.tally.protocol.codec.Direction;
import io.tally.protocol.codec.DisconnectEncoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.PingEncoder;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.codec.ReasonCodes;
import io.tally.protocol.effect.SubackEffect;
import org.agrona.DirectBuffer;

/** Writes every packet but PUBLISH to one connection. Owned by the I/O loop's thread. Allocates nothing. */
final class Answers {
    private final LoopContext loop;
    private final Output output;
    private int version;

    Answers(LoopContext loop, Output output) {
        this.loop = loop;
        this.output = output;
    }

    /** Everything but CONNACK is written in this version. */
    void version(int protocolVersion) {
        version = protocolVersion;
    }

    /** False when the version has no CONNACK for this reason; nothing is written then. */
    boolean connack(int protocolVersion, ReasonCode reason, boolean sessionPresent, PropertyWriter properties) {
        boolean allowed = ReasonCodes.isAllowed(Direction.TO_CLIENT, PacketType.CONNACK, reason.code());
        ReasonCode said = allowed ? reason : ReasonCode.UNSPECIFIED_ERROR;
        output.claim(ConnackEncoder.encodedLength(properties));
        int length = ConnackEncoder.encode(
                protocolVersion, sessionPresent, said, properties, output.buffer(), output.index());
        output.commit(length);
        return length != 0;
    }

    void ack(int packetType, int packetId, int reasonCode) {
        output.claim(AckEncoder.LENGTH_MAX);
        output.commit(AckEncoder.encode(version, packetType, packetId, reasonCode, output.buffer(), output.index()));
    }

    /** SUBACK or UNSUBACK from an effect. False when it is too large for the client ([MQTT-3.1.2-24]). */
    boolean suback(int packetType, DirectBuffer effect, int offset, int bytesMax) {
        loop.suback
                .begin(version, packetType, SubackEffect.packetId(effect, offset))
                .reasonCodes(effect, offset + SubackEffect.FIXED_LENGTH, SubackEffect.count(effect, offset));
        if (loop.suback.encodedLength() > bytesMax) {
            return false;
        }
        output.claim(loop.suback.encodedLength());
        output.commit(loop.suback.encode(output.buffer(), output.index()));
        return true;
    }

    void pingresp() {
        output.claim(PingEncoder.LENGTH);
        output.commit(PingEncoder.encodeResponse(output.buffer(), output.index()));
    }

    /** False before 5.0, where a server has no DISCONNECT. */
    boolean disconnect(ReasonCode reason) {
        if (version != ProtocolVersion.V5) {
            return false;
        }
        boolean allowed = ReasonCodes.isAllowed(Direction.TO_CLIENT, PacketType.DISCONNECT, reason.code());
        int code = allowed ? reason.code() : ReasonCode.UNSPECIFIED_ERROR.code();
        output.claim(DisconnectEncoder.LENGTH_MAX);
        output.commit(DisconnectEncoder.encode(version, code, output.buffer(), output.index()));
        return true;
    }
}
