package io.tally.storage.journal;

import org.agrona.DirectBuffer;

/**
 * The append side of the journal. Owned by the sequencer thread, except where a method says otherwise. Every method
 * throws {@link JournalException} when the disk fails; from then on the journal has failed for ever.
 */
public interface Journal extends AutoCloseable {
    /** Answer of {@link #append} when nothing was written because no room could be had. */
    long NO_ROOM = -1;

    /**
     * Appends one command; durable after the next {@link #force}. May wait for the next file to be ready. Allocates
     * nothing.
     *
     * @param timeMs epoch milliseconds, never less than that of the entry before
     * @return its position, greater than every one before, or {@link #NO_ROOM}: nothing was written, try again later.
     * The first entry since it was opened has room where no other has
     */
    long append(long timeMs, DirectBuffer command, int offset, int length);

    /**
     * Makes everything appended so far survive power loss.
     *
     * @return the last position that is now durable, 0 when there is none
     */
    long force();

    /**
     * Whether the next file can't be had and the room in the current one is below the reserve (an eighth of the file, 1
     * to 16 MiB, but at most a quarter of it, behind room for the longest entry), so that no messages should be
     * appended. While it isn't, the next append has room. Cheap, but that it waits when half of the reserve is used
     * before it is known whether there will be a next file; also drives the retries.
     */
    boolean isNearlyFull();

    /**
     * Whether it is nearly full and half of the reserve is used, so that only what cannot be refused should be
     * appended. Else as {@link #isNearlyFull}.
     */
    boolean isReserveLow();

    /** The same of three quarters of the reserve. */
    boolean isReserveNearlyUsed();

    /** Of the entry appended last, also by an earlier process; 0 when there is none. */
    long lastPosition();

    /** Numbers of the files that hold entries, ascending. Any thread. */
    int[] files();

    /**
     * Deletes a file that is not the newest: {@link #files} is without it at once, the disk soon. Readers must have
     * released it, and the state store must reflect durably everything in it. Any thread.
     */
    void deleteFile(int file);

    /** Forces what is not durable yet and closes the files. */
    @Override
    void close();
}
