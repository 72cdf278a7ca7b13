package io.tally.engine.port;

/**
 * A position names one journaled command: number of its file in the upper 32 bits, byte offset of its entry in that
 * file in the lower 32. Positions grow strictly; 0 is none, since files are numbered from 1.
 */
public final class Positions {
    public static final long NONE = 0;

    /** The greatest position there can be: no limit. */
    public static final long MAX = Long.MAX_VALUE;

    private Positions() {}

    public static long of(int file, long offset) {
        return ((long) file << 32) | offset;
    }

    public static int file(long position) {
        return (int) (position >>> 32);
    }

    /** In bytes from the start of the file. */
    public static long offset(long position) {
        return position & 0xFFFF_FFFFL;
    }

    /** For messages to people. */
    public static String toString(long position) {
        return file(position) + ":" + offset(position);
    }
}
