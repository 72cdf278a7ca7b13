package io.tally.storage.journal;

import java.nio.MappedByteBuffer;
import java.util.zip.CRC32C;

/** Checks frames in a window. One instance per thread; allocates nothing. */
final class FrameChecksum {
    private final CRC32C crc = new CRC32C();

    /** @param frame index of the frame in the window's buffer, {@code length} bytes of it being there */
    boolean matches(JournalWindow window, int frame, int length) {
        MappedByteBuffer bytes = window.bytes();
        bytes.limit(frame + length).position(frame + JournalFrame.LENGTH_OFFSET);
        crc.reset();
        crc.update(bytes);
        bytes.clear();
        return (int) crc.getValue() == JournalFrame.crc(window.buffer(), frame);
    }
}
