package io.tally.protocol.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A PUBLISH as journaled, and what a delivery is made from. One instance per thread; a view, valid until the next wrap.
 * Allocates nothing.
 *
 * <pre>
 * 16 publish flags       u8   {@link #FLAG_RETAIN} ...; QoS in the low two bits
 * 17 protocol version    u8   3, 4 or 5
 * 18 packet id           u16  0 at QoS 0
 * 20 expiry seconds      u32  Message Expiry Interval, when {@link #FLAG_EXPIRES}
 * 24 topic length        u16
 * 26 reserved            u16
 * 28 properties length   i32
 * 32 payload length      i32
 * 36 topic, then properties, then payload
 * .. source length       i32, then the source, when {@link #FLAG_SOURCE}
 * </pre>
 *
 * <p>Topic: UTF-8, topic alias already resolved. Properties: the MQTT 5 property bytes as received, without their
 * length prefix and without Topic Alias, Message Expiry Interval and Subscription Identifier; empty for 3.1 and 3.1.1.
 * Source: who has published a retained message; only the gateway knows what it means.
 */
public final class PublishCommand {
    public static final int FLAG_QOS_MASK = 3;
    public static final int FLAG_RETAIN = 4;
    public static final int FLAG_DUP = 8;
    public static final int FLAG_EXPIRES = 16;
    public static final int FLAG_SOURCE = 32;

    /** Length of everything in front of the topic. */
    public static final int FIXED_LENGTH = 36;

    private static final int FLAGS_OFFSET = 16;
    private static final int VERSION_OFFSET = 17;
    private static final int PACKET_ID_OFFSET = 18;
    private static final int EXPIRY_OFFSET = 20;
    private static final int TOPIC_LENGTH_OFFSET = 24;
    private static final int PROPERTIES_LENGTH_OFFSET = 28;
    private static final int PAYLOAD_LENGTH_OFFSET = 32;

    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int offset;

    public PublishCommand wrap(DirectBuffer buffer, int offset) {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    /** Writes the fields behind the header; topic, properties and payload are put by the caller at their offsets. */
    public static void writeFixed(
            MutableDirectBuffer b, int offset, int flags, int protocolVersion, int packetId, long expirySeconds) {
        b.putByte(offset + FLAGS_OFFSET, (byte) flags);
        b.putByte(offset + VERSION_OFFSET, (byte) protocolVersion);
        b.putShort(offset + PACKET_ID_OFFSET, (short) packetId, LITTLE_ENDIAN);
        b.putInt(offset + EXPIRY_OFFSET, (int) expirySeconds, LITTLE_ENDIAN);
    }

    public static void writeLengths(
            MutableDirectBuffer b, int offset, int topicLength, int propertiesLength, int payloadLength) {
        b.putShort(offset + TOPIC_LENGTH_OFFSET, (short) topicLength, LITTLE_ENDIAN);
        b.putShort(offset + TOPIC_LENGTH_OFFSET + 2, (short) 0, LITTLE_ENDIAN);
        b.putInt(offset + PROPERTIES_LENGTH_OFFSET, propertiesLength, LITTLE_ENDIAN);
        b.putInt(offset + PAYLOAD_LENGTH_OFFSET, payloadLength, LITTLE_ENDIAN);
    }

    /** What a source of so many bytes makes a command longer. */
    public static int sourceLengthWritten(int sourceLength) {
        return sourceLength == 0 ? 0 : Integer.BYTES + sourceLength;
    }

    /** Writes the source, if there is one, behind the payload; returns where the command ends. */
    public static int writeSource(MutableDirectBuffer b, int at, byte[] source) {
        if (source.length != 0) {
            b.putInt(at, source.length, LITTLE_ENDIAN);
            b.putBytes(at + Integer.BYTES, source);
        }
        return at + sourceLengthWritten(source.length);
    }

    public DirectBuffer buffer() {
        return buffer;
    }

    public int offset() {
        return offset;
    }

    public long connection() {
        return CommandHeader.connection(buffer, offset);
    }

    public int publishFlags() {
        return buffer.getByte(offset + FLAGS_OFFSET);
    }

    public int qos() {
        return publishFlags() & FLAG_QOS_MASK;
    }

    public boolean retain() {
        return (publishFlags() & FLAG_RETAIN) != 0;
    }

    public boolean dup() {
        return (publishFlags() & FLAG_DUP) != 0;
    }

    public boolean expires() {
        return (publishFlags() & FLAG_EXPIRES) != 0;
    }

    public int protocolVersion() {
        return buffer.getByte(offset + VERSION_OFFSET);
    }

    public int packetId() {
        return buffer.getShort(offset + PACKET_ID_OFFSET, LITTLE_ENDIAN) & 0xFFFF;
    }

    /** Seconds from arrival, 0 to 4,294,967,295; meaningful only when {@link #expires()}. */
    public long expirySeconds() {
        return buffer.getInt(offset + EXPIRY_OFFSET, LITTLE_ENDIAN) & 0xFFFF_FFFFL;
    }

    /** Allocates. */
    public String topic() {
        return buffer.getStringWithoutLengthUtf8(topicOffset(), topicLength());
    }

    public int topicOffset() {
        return offset + FIXED_LENGTH;
    }

    public int topicLength() {
        return buffer.getShort(offset + TOPIC_LENGTH_OFFSET, LITTLE_ENDIAN) & 0xFFFF;
    }

    public int propertiesOffset() {
        return topicOffset() + topicLength();
    }

    public int propertiesLength() {
        return buffer.getInt(offset + PROPERTIES_LENGTH_OFFSET, LITTLE_ENDIAN);
    }

    public int payloadOffset() {
        return propertiesOffset() + propertiesLength();
    }

    public int payloadLength() {
        return buffer.getInt(offset + PAYLOAD_LENGTH_OFFSET, LITTLE_ENDIAN);
    }

    public int sourceOffset() {
        return payloadOffset() + payloadLength() + Integer.BYTES;
    }

    /** 0 = its publisher is not known. */
    public int sourceLength() {
        return (publishFlags() & FLAG_SOURCE) == 0 ? 0 : buffer.getInt(sourceOffset() - Integer.BYTES, LITTLE_ENDIAN);
    }

    /** Of the whole command, header included, in bytes. */
    public int length() {
        int withoutSource = FIXED_LENGTH + topicLength() + propertiesLength() + payloadLength();
        return withoutSource + sourceLengthWritten(sourceLength());
    }
}
