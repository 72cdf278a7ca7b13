package io.tally.storage.journal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Computes and checks the checksums of frames. One instance per thread; allocates nothing. */
final class FrameChecksum {
    private final JournalKey key;
    private final CRC32C crc = new CRC32C();
    private long bytes;

    FrameChecksum(JournalKey key) {
        this.key = key;
    }

    /** Of a frame at the beginning of this buffer. */
    int of(ByteBuffer frame, int length) {
        return crc(frame, 0, length) ^ key.checksumMask();
    }

    /** @param frame index of the frame in the window's buffer, {@code length} bytes of it being there */
    boolean matches(JournalWindow window, int frame, int length) {
        return mask(window, frame, length) == key.checksumMask();
    }

    /** {@link JournalKey#checksumMask} of the key under which this frame was written, provided that it is whole. */
    int mask(JournalWindow window, int frame, int length) {
        return crc(window.bytes(), frame, length) ^ JournalFrame.crc(window.buffer(), frame);
    }

    private int crc(ByteBuffer buffer, int frame, int length) {
        buffer.limit(frame + length).position(frame + JournalFrame.LENGTH_OFFSET);
        bytes += buffer.remaining();
        crc.reset();
        crc.update(buffer);
        buffer.clear();
        return (int) crc.getValue();
    }

    /** That checksums were computed of so far. */
    long bytes() {
        return bytes;
    }
}
