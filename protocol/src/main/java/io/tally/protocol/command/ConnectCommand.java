package io.tally.protocol.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A CONNECT that has passed authentication. Holds no password. One instance per thread; a view, valid until the next
 * wrap.
 *
 * <pre>
 * 16 connect flags         u8   {@link #FLAG_CLEAN_START} ...
 * 17 protocol version      u8   3, 4 or 5
 * 18 receive maximum       u16  the client's, 65,535 when absent
 * 20 session expiry        u32  seconds; 0 = ends with the connection, 0xFFFFFFFF = never
 * 24 will delay            u32  seconds
 * 28 client id length      u16
 * 30 user name length      u16
 * 32 will length           i32  0 = no will
 * 36 client id, user name, padding to a multiple of 8 from the start of the command, then the will
 * </pre>
 *
 * <p>The will is a whole {@link PublishCommand} (header included) with QoS, retain and properties of the will message,
 * Will Delay Interval left out; so a delivery is made from it as from any PUBLISH.
 */
public final class ConnectCommand {
    public static final int FLAG_CLEAN_START = 1;

    /**
     * Clean start and session expiry 0: the session lives as long as the connection, its deliveries are not
     * journaled.
     */
    public static final int FLAG_VOLATILE = 2;

    public static final int FIXED_LENGTH = 36;
    public static final long EXPIRY_NEVER = 0xFFFF_FFFFL;

    private static final int FLAGS_OFFSET = 16;
    private static final int VERSION_OFFSET = 17;
    private static final int RECEIVE_MAXIMUM_OFFSET = 18;
    private static final int SESSION_EXPIRY_OFFSET = 20;
    private static final int WILL_DELAY_OFFSET = 24;
    private static final int CLIENT_ID_LENGTH_OFFSET = 28;
    private static final int USER_NAME_LENGTH_OFFSET = 30;
    private static final int WILL_LENGTH_OFFSET = 32;

    private DirectBuffer buffer = EmptyBuffer.INSTANCE;
    private int offset;

    public ConnectCommand wrap(DirectBuffer buffer, int offset) {
        this.buffer = buffer;
        this.offset = offset;
        return this;
    }

    public static void writeFixed(
            MutableDirectBuffer b,
            int offset,
            int flags,
            int protocolVersion,
            int receiveMaximum,
            long sessionExpirySeconds) {
        b.putByte(offset + FLAGS_OFFSET, (byte) flags);
        b.putByte(offset + VERSION_OFFSET, (byte) protocolVersion);
        b.putShort(offset + RECEIVE_MAXIMUM_OFFSET, (short) receiveMaximum, LITTLE_ENDIAN);
        b.putInt(offset + SESSION_EXPIRY_OFFSET, (int) sessionExpirySeconds, LITTLE_ENDIAN);
    }

    public static void writeLengths(
            MutableDirectBuffer b,
            int offset,
            long willDelaySeconds,
            int clientIdLength,
            int userNameLength,
            int willLength) {
        b.putInt(offset + WILL_DELAY_OFFSET, (int) willDelaySeconds, LITTLE_ENDIAN);
        b.putShort(offset + CLIENT_ID_LENGTH_OFFSET, (short) clientIdLength, LITTLE_ENDIAN);
        b.putShort(offset + USER_NAME_LENGTH_OFFSET, (short) userNameLength, LITTLE_ENDIAN);
        b.putInt(offset + WILL_LENGTH_OFFSET, willLength, LITTLE_ENDIAN);
    }

    /** Where the will starts, relative to the command. */
    public static int willStart(int clientIdLength, int userNameLength) {
        return (FIXED_LENGTH + clientIdLength + userNameLength + 7) & ~7;
    }

    public DirectBuffer buffer() {
        return buffer;
    }

    public long connection() {
        return CommandHeader.connection(buffer, offset);
    }

    public int gateway() {
        return CommandHeader.gateway(buffer, offset);
    }

    public boolean cleanStart() {
        return cleanStart(buffer, offset);
    }

    public static boolean cleanStart(DirectBuffer b, int offset) {
        return (b.getByte(offset + FLAGS_OFFSET) & FLAG_CLEAN_START) != 0;
    }

    public boolean isVolatile() {
        return (buffer.getByte(offset + FLAGS_OFFSET) & FLAG_VOLATILE) != 0;
    }

    public int protocolVersion() {
        return buffer.getByte(offset + VERSION_OFFSET);
    }

    public int receiveMaximum() {
        return buffer.getShort(offset + RECEIVE_MAXIMUM_OFFSET, LITTLE_ENDIAN) & 0xFFFF;
    }

    public long sessionExpirySeconds() {
        return buffer.getInt(offset + SESSION_EXPIRY_OFFSET, LITTLE_ENDIAN) & 0xFFFF_FFFFL;
    }

    public long willDelaySeconds() {
        return buffer.getInt(offset + WILL_DELAY_OFFSET, LITTLE_ENDIAN) & 0xFFFF_FFFFL;
    }

    private int clientIdLength() {
        return buffer.getShort(offset + CLIENT_ID_LENGTH_OFFSET, LITTLE_ENDIAN) & 0xFFFF;
    }

    private int userNameLength() {
        return buffer.getShort(offset + USER_NAME_LENGTH_OFFSET, LITTLE_ENDIAN) & 0xFFFF;
    }

    public String clientId() {
        return buffer.getStringWithoutLengthUtf8(offset + FIXED_LENGTH, clientIdLength());
    }

    /** Empty when there is none. */
    public String userName() {
        return buffer.getStringWithoutLengthUtf8(offset + FIXED_LENGTH + clientIdLength(), userNameLength());
    }

    /** 0 = no will. */
    public int willLength() {
        return buffer.getInt(offset + WILL_LENGTH_OFFSET, LITTLE_ENDIAN);
    }

    /** Where the will's {@link PublishCommand} starts in {@link #buffer()}. */
    public int willOffset() {
        return offset + willStart(clientIdLength(), userNameLength());
    }
}
