package io.tally.storage.journal;

import org.agrona.BitUtil;

/**
 * Sizes of the journal.
 *
 * @param fileBytes of one file, 256 KiB to 1 GiB, a multiple of 4 KiB; when it is full the next file is begun
 * @param entryBytesMax longest command that can be appended, at most an eighth of the file; longer ones are an error of
 * the caller. It may be lowered: what is in the files already is read all the same
 * @param windowBytes part of a file that a reader maps at a time, a multiple of 4 KiB
 */
public record JournalOptions(long fileBytes, int entryBytesMax, int windowBytes) {
    public static final JournalOptions DEFAULT = new JournalOptions(128L << 20, (2 << 20) + (128 << 10), 4 << 20);

    static final int PAGE_BYTES = 4096;

    /**
     * What no {@link #entryBytesMax} ever exceeds: it, not today's limit, says how long an entry can be that is there.
     * To be raised only.
     */
    static final int ENTRY_BYTES_LIMIT = 17 << 20;

    /** What the longest entry takes in a file that can be there. */
    static final int ENTRY_SPACE_LIMIT = ENTRY_BYTES_LIMIT + JournalFrame.OVERHEAD_MAX;

    private static final long FILE_BYTES_MIN = 256L << 10;
    private static final long FILE_BYTES_MAX = 1L << 30;

    /** No file has more entries. To be raised only. */
    static final long FILE_ENTRIES_LIMIT = FILE_BYTES_MAX / JournalFrame.SPACE_MIN;

    /**
     * Room at the end of a file for the first entry of a process, with {@link #START_TAIL_BYTES}: some 190 times it can
     * start on a full disk.
     */
    static final int START_BYTES = 8192;

    /**
     * By so much such an entry may go into {@link ChronicleFile#TAIL_BYTES}. There is room for one more index document,
     * and it may be there already: then this is what is left for a dozen starts.
     */
    static final int START_TAIL_BYTES = 28 << 10;

    private static final long RESERVE_BYTES_MIN = 1L << 20;
    private static final long RESERVE_BYTES_MAX = 16L << 20;

    public JournalOptions {
        require(fileBytes >= FILE_BYTES_MIN && fileBytes <= FILE_BYTES_MAX, "file size out of range", fileBytes);
        require(fileBytes % PAGE_BYTES == 0, "file size is not a multiple of 4 KiB", fileBytes);
        require(entryBytesMax > 0 && entryBytesMax <= fileBytes / 8, "entry limit above 1/8 of file", entryBytesMax);
        require(entryBytesMax <= ENTRY_BYTES_LIMIT, "entry limit too high", entryBytesMax);
        require(windowBytes > 0 && windowBytes % PAGE_BYTES == 0, "window is not a multiple of 4 KiB", windowBytes);
    }

    public JournalOptions withFileBytes(long bytes) {
        return new JournalOptions(bytes, (int) Math.min(entryBytesMax, bytes / 8), windowBytes);
    }

    /** Makes the file as large as the entry needs it. */
    public JournalOptions withEntryBytesMax(int bytes) {
        return new JournalOptions(Math.max(fileBytes, BitUtil.align(8L * bytes, PAGE_BYTES)), bytes, windowBytes);
    }

    /** Entries end before this offset; what is behind it belongs to Chronicle. */
    long dataLimit() {
        return fileBytes - ChronicleFile.TAIL_BYTES;
    }

    /** Room below which the journal is nearly full: for the longest entry and then for what is not refused yet. */
    long reserveBytes() {
        return entrySpaceMax() + reserve();
    }

    /** Room below which the reserve is low: for the longest entry and then for what cannot be refused. */
    long lowReserveBytes() {
        return entrySpaceMax() + reserve() / 2;
    }

    /** Room below which the reserve is nearly used: as above, but for half as much. */
    long lastReserveBytes() {
        return entrySpaceMax() + reserve() / 4;
    }

    private long reserve() {
        long reserve = Math.min(Math.max(fileBytes / 8, RESERVE_BYTES_MIN), RESERVE_BYTES_MAX);
        return Math.min(reserve, fileBytes / 4);
    }

    /** What the longest entry takes in the file that can be appended. */
    int entrySpaceMax() {
        return entryBytesMax + JournalFrame.OVERHEAD_MAX;
    }

    private static void require(boolean condition, String message, long value) {
        if (!condition) {
            throw new IllegalArgumentException("journal: " + message + ": " + value);
        }
    }
}
