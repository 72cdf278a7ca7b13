package io.tally.protocol.gateway;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A packet that many connections get alike, one after the other: it is encoded for the first two of them, and copied
 * for the others. Owned by the I/O loop's thread.
 */
final class CommonPacket {
    /** Of longer ones encoding is mostly copying, too. */
    private static final int LENGTH_MAX = 4 << 10;

    private final UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(LENGTH_MAX));
    private long message;
    private int flags;
    private int length;

    /** Whether the packet with this message and these flags is here. */
    boolean is(long message, int flags) {
        return length != 0 && message == this.message && flags == this.flags;
    }

    int length() {
        return length;
    }

    void write(Output output) {
        output.claim(length);
        output.buffer().putBytes(output.index(), bytes, 0, length);
        output.commit(length);
    }

    /** This packet has been encoded; it is kept if it is the second time. */
    void onEncoded(long message, int flags, DirectBuffer b, int index, int encodedLength) {
        boolean isSecond = message == this.message && flags == this.flags;
        length = isSecond && encodedLength <= LENGTH_MAX ? encodedLength : 0;
        bytes.putBytes(0, b, index, length);
        this.message = message;
        this.flags = flags;
    }
}
