package io.tally.storage.journal;

import java.nio.MappedByteBuffer;
import java.util.zip.CRC32C;

/** Checks frames in a window. One instance per thread; allocates nothing. */
final class FrameChecksum {
    private final CRC32C crc = new CRC32C();
    private long bytes;

    /** @param frame index of the frame in the window's buffer, {@code length} bytes of it being there */
    boolean matches(JournalWindow window, int frame, int length) {
        MappedByteBuffer mapped = window.bytes();
        mapped.limit(frame + length).position(frame + JournalFrame.LENGTH_OFFSET);
        bytes += mapped.remaining();
        crc.reset();
        crc.update(mapped);
        mapped.clear();
        return (int) crc.getValue() == JournalFrame.crc(window.buffer(), frame);
    }

    /** That checksums were computed of so far. */
    long bytes() {
        return bytes;
    }
}
