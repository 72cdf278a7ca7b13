package io.tally.protocol.codec;

import io.tally.protocol.Invariant;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes CONNECT (section 3.1): {@link #begin}, then the fields that are wanted, then {@link #encodedLength} and {@link
 * #encode}. Not for the fast path.
 */
public final class ConnectEncoder {
    private static final byte[] NAME = Wire.utf8("MQTT");
    private static final byte[] NAME_V3_1 = Wire.utf8("MQIsdp");

    private int version;
    private byte[] clientId = {};
    private boolean cleanStart;
    private int keepAliveSeconds;
    private @Nullable PropertyWriter properties;
    private byte @Nullable [] userName;
    private byte @Nullable [] password;
    private byte @Nullable [] willTopic;
    private byte[] willPayload = {};
    private int willFlags;
    private @Nullable PropertyWriter willProperties;

    /** Starts a packet with clean start, no keep alive, no will and no user name. */
    public ConnectEncoder begin(int version, String clientId) {
        this.version = version;
        this.clientId = Wire.utf8(clientId);
        cleanStart = true;
        keepAliveSeconds = 0;
        properties = null;
        userName = null;
        password = null;
        willTopic = null;
        willFlags = 0;
        willProperties = null;
        return this;
    }

    /** Clean Start; Clean Session before 5.0. */
    public ConnectEncoder cleanStart(boolean cleanStart) {
        this.cleanStart = cleanStart;
        return this;
    }

    public ConnectEncoder keepAliveSeconds(int seconds) {
        keepAliveSeconds = seconds;
        return this;
    }

    /** Left out before 5.0. */
    public ConnectEncoder properties(PropertyWriter properties) {
        this.properties = properties;
        return this;
    }

    public ConnectEncoder userName(String userName) {
        this.userName = Wire.utf8(userName);
        return this;
    }

    public ConnectEncoder password(byte[] password) {
        this.password = password;
        return this;
    }

    public ConnectEncoder will(String topic, byte[] payload, int qos, boolean retain) {
        Invariant.check(qos >= 0 && qos <= 2, "will QoS", qos);
        willTopic = Wire.utf8(topic);
        willPayload = payload;
        willFlags = 4 | qos << 3 | (retain ? 0x20 : 0);
        return this;
    }

    /** Left out before 5.0 and without a will. */
    public ConnectEncoder willProperties(PropertyWriter properties) {
        willProperties = properties;
        return this;
    }

    /** Of the whole packet, in bytes. */
    public int encodedLength() {
        return Wire.packetLength(remainingLength());
    }

    private byte[] name() {
        return version == ProtocolVersion.V3_1 ? NAME_V3_1 : NAME;
    }

    private int remainingLength() {
        boolean v5 = version == ProtocolVersion.V5;
        int length = 2 + name().length + 4 + 2 + clientId.length + (v5 ? Wire.propertiesLength(properties) : 0);
        if (willTopic != null) {
            length += 4 + willTopic.length + willPayload.length;
            length += v5 ? Wire.propertiesLength(willProperties) : 0;
        }
        length += userName == null ? 0 : 2 + userName.length;
        return length + (password == null ? 0 : 2 + password.length);
    }

    /** Writes the packet; returns its length in bytes. */
    public int encode(MutableDirectBuffer b, int index) {
        boolean v5 = version == ProtocolVersion.V5;
        int at = Wire.putHeader(b, index, PacketType.CONNECT, 0, remainingLength());
        at = Wire.putPrefixed(b, at, name());
        b.putByte(at, (byte) version);
        b.putByte(at + 1, (byte) connectFlags());
        at = Wire.putShort(b, at + 2, keepAliveSeconds);
        at = v5 ? Wire.putProperties(b, at, properties) : at;
        at = Wire.putPrefixed(b, at, clientId);
        if (willTopic != null) {
            at = v5 ? Wire.putProperties(b, at, willProperties) : at;
            at = Wire.putPrefixed(b, at, willTopic);
            at = Wire.putPrefixed(b, at, willPayload);
        }
        at = userName == null ? at : Wire.putPrefixed(b, at, userName);
        at = password == null ? at : Wire.putPrefixed(b, at, password);
        return at - index;
    }

    private int connectFlags() {
        return willFlags | (cleanStart ? 2 : 0) | (userName == null ? 0 : 0x80) | (password == null ? 0 : 0x40);
    }
}
