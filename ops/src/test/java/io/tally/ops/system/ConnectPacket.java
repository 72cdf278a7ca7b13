package io.tally.ops.system;

import org.jspecify.annotations.Nullable;

/** Builds a CONNECT packet of MQTT 3.1.1 (version 4) or 5.0 (version 5). */
final class ConnectPacket {
    private final int version;
    private final String clientId;
    private @Nullable String userName;
    private @Nullable String password;
    private boolean clean = true;
    private int keepAliveS;
    private int receiveMaximum;
    private int maximumPacketSize;
    private @Nullable String willTopic;
    private byte[] willPayload = {};
    private int willFlags;
    private int willDelayS;

    ConnectPacket(int version, String clientId) {
        this.version = version;
        this.clientId = clientId;
    }

    /** The session outlives its connection: clean session 0, or an expiry of about 45 days. */
    ConnectPacket persistent() {
        clean = false;
        return this;
    }

    ConnectPacket keepAlive(int seconds) {
        keepAliveS = seconds;
        return this;
    }

    /** MQTT 5 only. */
    ConnectPacket receiveMaximum(int packets) {
        receiveMaximum = packets;
        return this;
    }

    /** MQTT 5 only; bytes. */
    ConnectPacket maximumPacketSize(int bytes) {
        maximumPacketSize = bytes;
        return this;
    }

    ConnectPacket will(String topic, byte[] payload, int qos, boolean retain) {
        willTopic = topic;
        willPayload = payload;
        willFlags = 4 | (qos << 3) | (retain ? 32 : 0);
        return this;
    }

    /** MQTT 5 only. */
    ConnectPacket willDelay(int seconds) {
        willDelayS = seconds;
        return this;
    }

    /** Null = without this field. */
    ConnectPacket login(@Nullable String user, @Nullable String word) {
        userName = user;
        password = word;
        return this;
    }

    byte[] bytes() {
        Bytes b = new Bytes()
                .string("MQTT")
                .u8(version)
                .u8((clean ? 2 : 0) | willFlags | (userName == null ? 0 : 0x80) | (password == null ? 0 : 0x40));
        b.u16(keepAliveS);
        if (version == 5) {
            b.section(properties());
        }
        b.string(clientId);
        if (willTopic != null) {
            if (version == 5) {
                b.section(willDelayS == 0 ? new Bytes() : new Bytes().u8(0x18).u32(willDelayS));
            }
            b.string(willTopic).binary(willPayload);
        }
        if (userName != null) {
            b.string(userName);
        }
        if (password != null) {
            b.string(password);
        }
        return b.packet(0x10);
    }

    private Bytes properties() {
        Bytes p = new Bytes();
        if (!clean) {
            p.u8(0x11).u32(4_000_000);
        }
        if (receiveMaximum > 0) {
            p.u8(0x21).u16(receiveMaximum);
        }
        if (maximumPacketSize > 0) {
            p.u8(0x27).u32(maximumPacketSize);
        }
        return p;
    }
}
