package io.tally.storage.sequencer;

import io.tally.storage.journal.Journal;
import io.tally.storage.journal.JournalCursor;
import io.tally.storage.journal.JournalException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A journal in memory, whose disk can be full or broken. Positions are 100, 200, 300 ... */
final class MemoryJournal implements Journal {
    static final long STEP = 100;

    final List<byte[]> commands = new ArrayList<>();
    final List<Long> times = new ArrayList<>();
    boolean isNearlyFull;
    boolean isReserveLow;
    boolean isReserveNearlyUsed;
    boolean isFull;
    boolean forceFails;
    int forces;

    @Override
    public long append(long timeMs, DirectBuffer command, int offset, int length) {
        if (isFull) {
            return NO_ROOM;
        }
        byte[] bytes = new byte[length];
        command.getBytes(offset, bytes);
        commands.add(bytes);
        times.add(timeMs);
        return lastPosition();
    }

    @Override
    public long force() {
        forces++;
        if (forceFails) {
            throw new JournalException("disk broken");
        }
        return lastPosition();
    }

    @Override
    public boolean isNearlyFull() {
        return isNearlyFull;
    }

    @Override
    public boolean isReserveLow() {
        return isReserveLow;
    }

    @Override
    public boolean isReserveNearlyUsed() {
        return isReserveNearlyUsed;
    }

    @Override
    public long lastPosition() {
        return commands.size() * STEP;
    }

    @Override
    public int[] files() {
        return new int[] {0};
    }

    @Override
    public void deleteFile(int file) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    /** Reads what has been appended, from behind this position. */
    JournalCursor cursor(long behind) {
        return new Cursor((int) (behind / STEP) - 1);
    }

    private final class Cursor implements JournalCursor {
        private int index;

        Cursor(int index) {
            this.index = index;
        }

        @Override
        public boolean next(long limit) {
            if ((index + 2) * STEP > Math.min(limit, lastPosition())) {
                return false;
            }
            index++;
            return true;
        }

        @Override
        public long position() {
            return (index + 1) * STEP;
        }

        @Override
        public long timeMs() {
            return times.get(index);
        }

        @Override
        public long sequence() {
            return index;
        }

        @Override
        public DirectBuffer buffer() {
            return new UnsafeBuffer(commands.get(index));
        }

        @Override
        public int offset() {
            return 0;
        }

        @Override
        public int length() {
            return commands.get(index).length;
        }

        @Override
        public void close() {}
    }
}
