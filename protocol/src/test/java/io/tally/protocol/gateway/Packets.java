package io.tally.protocol.gateway;

import io.tally.protocol.codec.AckEncoder;
import io.tally.protocol.codec.ConnectEncoder;
import io.tally.protocol.codec.DisconnectEncoder;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.codec.PublishEncoder;
import io.tally.protocol.codec.SubscribeEncoder;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Packets as bytes, for tests. */
final class Packets {
    static final byte[] PINGREQ = hex("C000");
    static final byte[] PINGRESP = hex("D000");

    private Packets() {}

    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static byte[] connect(int version, String clientId, boolean cleanStart) {
        return connect(terse(version, clientId).cleanStart(cleanStart));
    }

    /** Of a client that wants no Reason Strings. */
    static ConnectEncoder terse(int version, String clientId) {
        ConnectEncoder connect = new ConnectEncoder().begin(version, clientId);
        PropertyWriter properties = new PropertyWriter().add(Property.REQUEST_PROBLEM_INFORMATION, 0);
        return version == 5 ? connect.properties(properties) : connect;
    }

    static byte[] connect(ConnectEncoder connect) {
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        return bytes(b, connect.encode(b, 0));
    }

    static byte[] publish(int version, int flags, int packetId, String topic, byte[] payload) {
        return publish(version, flags, packetId, topic, payload, new PropertyWriter());
    }

    /** Flags as in a DELIVER. */
    static byte[] publish(
            int version, int flags, int packetId, String topic, byte[] payload, PropertyWriter properties) {
        byte[] name = topic.getBytes(StandardCharsets.UTF_8);
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        int length = new PublishEncoder()
                .begin(version, flags, packetId)
                .topic(new UnsafeBuffer(name), 0, name.length)
                .properties(properties.buffer(), 0, properties.length())
                .payload(new UnsafeBuffer(payload), 0, payload.length)
                .encode(b, 0);
        return bytes(b, length);
    }

    static byte[] ack(int version, int type, int packetId, int reasonCode) {
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        return bytes(b, AckEncoder.encode(version, type, packetId, reasonCode, b, 0));
    }

    static byte[] subscribe(int version, int packetId, String filter, int options) {
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        int length = new SubscribeEncoder()
                .begin(version, PacketType.SUBSCRIBE, packetId)
                .filter(filter, options)
                .encode(b, 0);
        return bytes(b, length);
    }

    static byte[] unsubscribe(int version, int packetId, String filter) {
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        int length = new SubscribeEncoder()
                .begin(version, PacketType.UNSUBSCRIBE, packetId)
                .filter(filter)
                .encode(b, 0);
        return bytes(b, length);
    }

    static byte[] disconnect(int version, int reasonCode) {
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        return bytes(b, DisconnectEncoder.encode(version, reasonCode, b, 0));
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ExpandableArrayBuffer b, int length) {
        return Arrays.copyOf(b.byteArray(), length);
    }
}
