package io.tally.perf.load;

import io.tally.protocol.codec.ConnackDecoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.ReasonCode;
import org.agrona.DirectBuffer;

/** Stands in for a client from when it begins to connect again until it has been let in. */
final class Returning implements Client {
    private final Client client;
    private final Reconnects reconnects;
    private final byte[] connect;
    private final boolean hasSession;
    private final int version;
    private final ConnackDecoder connack = new ConnackDecoder();
    private long sinceNs;
    private boolean isBack = true;
    private boolean hasSentConnect;

    /**
     * For a client that is there.
     *
     * @param connect its CONNECT
     * @param hasSession whether the broker must have kept its session
     */
    Returning(Client client, Reconnects reconnects, byte[] connect, boolean hasSession, int version) {
        this.client = client;
        this.reconnects = reconnects;
        this.connect = connect;
        this.hasSession = hasSession;
        this.version = version;
    }

    /** It is away since then. */
    void onCut(long nowNs) {
        sinceNs = nowNs;
        isBack = false;
        hasSentConnect = false;
    }

    boolean isBack() {
        return isBack;
    }

    long sinceNs() {
        return sinceNs;
    }

    @Override
    public Link link() {
        return client.link();
    }

    @Override
    public void onPacket(int firstByte, DirectBuffer b, int offset, int length, long nowNs) {
        if (isBack) {
            client.onPacket(firstByte, b, offset, length, nowNs);
            return;
        }
        boolean isConnack = PacketType.of(firstByte) == PacketType.CONNACK;
        if (!isConnack || connack.wrap(version, firstByte & 0xF, b, offset, length) != ReasonCode.SUCCESS) {
            throw new BrokerError("no CONNACK for a client that came back, but " + PacketType.of(firstByte));
        }
        if (connack.reasonCode() != 0) {
            throw new BrokerError("a client that came back was refused: 0x%02X".formatted(connack.reasonCode()));
        }
        if (hasSession && !connack.sessionPresent()) {
            throw new BrokerError("the session of a client that came back is gone [MQTT-3.2.2-3]");
        }
        isBack = true;
        link().onBack(client);
        client.onResumed();
        reconnects.onBack(this, nowNs);
    }

    @Override
    public boolean send(long nowNs) {
        if (isBack) {
            return client.send(nowNs);
        }
        if (!hasSentConnect && link().isReady()) {
            Buffers buffers = link().buffers();
            buffers.outView.putBytes(buffers.outLength, connect);
            buffers.outLength += connect.length;
            hasSentConnect = true;
        }
        return false;
    }
}
