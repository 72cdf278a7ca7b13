package io.tally.storage.journal;

/**
 * Layout of a file as Chronicle Queue 2026.4 writes it with {@code LegacyRollCycles.HOURLY}, as far as we rely on it.
 * Documents follow each other at multiples of 4: a little-endian header word, then contents.
 *
 * <pre>
 *      0 header document; in it, each i64:
 *     64   offset of the document written last (a hint; Chronicle looks on from there)
 *     72   the same offset in the upper 32 bits, its number among the data documents of the file in the lower
 *    152   offset of the first index document, always 200
 *    176   number of the next data document to be put into an index
 *    200 first index document: offsets of the other index documents
 *  33008 second index document: offsets of every 16th data document
 *  65808 first data document
 * </pre>
 *
 * <p>Further index documents follow among the data, one for every 65,536 of them. We never read by them, but Chronicle
 * must find them sound when it goes on appending.
 */
final class ChronicleFile {
    static final int WORD_LENGTH = 4;

    /** Header word of the mark that ends a file for good. */
    static final int WORD_END = 0xC000_0000;

    static final int HEADER_WORD = 0x4000_00C1;
    static final int WRITE_POSITION_OFFSET = 64;
    static final int WRITE_SEQUENCE_OFFSET = 72;
    static final int ROOT_INDEX_POINTER_OFFSET = 152;
    static final int NEXT_TO_INDEX_OFFSET = 176;
    static final int ROOT_INDEX_OFFSET = 200;
    static final int SECOND_INDEX_OFFSET = 33_008;
    static final int FIRST_DATA_OFFSET = 65_808;

    /** Slots of an index document. */
    static final int INDEX_SLOTS = 4_096;

    /** Of the two numbers in front of the slots: how many there are and how many are used. */
    static final int SLOTS_HEADER_LENGTH = 16;

    /** Data documents between two slots of an index. */
    static final int INDEX_SPACING = 16;

    /** An index document and the end mark: Chronicle may write these behind any entry. */
    static final int TAIL_BYTES = 64 << 10;

    private static final int FLAG_NOT_COMPLETE = 0x8000_0000;
    private static final int FLAG_META = 0x4000_0000;
    private static final int LENGTH_MASK = 0x3FFF_FFFF;

    private ChronicleFile() {}

    /** Whether the word heads a finished document with data. */
    static boolean isData(int word) {
        return word != 0 && (word & (FLAG_NOT_COMPLETE | FLAG_META)) == 0;
    }

    /** Whether the word heads a finished document of Chronicle's own. */
    static boolean isMeta(int word) {
        return (word & (FLAG_NOT_COMPLETE | FLAG_META)) == FLAG_META;
    }

    /** Whether the word heads a document whose writer has not finished it. */
    static boolean isUnfinished(int word) {
        return word != WORD_END && (word & FLAG_NOT_COMPLETE) != 0;
    }

    /** Of a finished document, without its word. */
    static int contentsLength(int word) {
        return word & LENGTH_MASK;
    }

    /** Offset of the first slot of the index document at this offset. Its name differs, slots are at multiples of 8. */
    static long slots(long indexOffset, boolean isRoot) {
        int nameLength = isRoot ? 13 : 7;
        return ((indexOffset + WORD_LENGTH + nameLength + 1 + 7) & ~7L) + SLOTS_HEADER_LENGTH;
    }

    /** Where the document behind this one starts. */
    static long next(long documentOffset, int word) {
        return align(documentOffset + WORD_LENGTH + contentsLength(word));
    }

    static long align(long offset) {
        return (offset + 3) & ~3L;
    }
}
