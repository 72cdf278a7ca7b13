package io.tally.ops.launch;

import io.tally.engine.port.CommandHandler;
import io.tally.engine.port.MessageReader;
import io.tally.protocol.gateway.MessageSource;
import io.tally.storage.journal.Journal;
import io.tally.storage.journal.JournalCursor;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** A journal of one file in memory that loses nothing. */
final class MemoryJournal implements Journal, MessageReader, MessageSource {
    private static final long FILE = 1L << 32;

    private final List<byte[]> commands = new ArrayList<>();
    private final List<Long> times = new ArrayList<>();

    @Override
    public long append(long timeMs, DirectBuffer command, int offset, int length) {
        byte[] bytes = new byte[length];
        command.getBytes(offset, bytes);
        commands.add(bytes);
        times.add(timeMs);
        return lastPosition();
    }

    @Override
    public long force() {
        return lastPosition();
    }

    @Override
    public boolean isNearlyFull() {
        return false;
    }

    @Override
    public boolean isReserveLow() {
        return false;
    }

    @Override
    public boolean isReserveNearlyUsed() {
        return false;
    }

    @Override
    public long lastPosition() {
        return commands.isEmpty() ? 0 : FILE + commands.size();
    }

    @Override
    public int[] files() {
        return new int[] {1};
    }

    @Override
    public void deleteFile(int file) {
        throw new UnsupportedOperationException("there is only one");
    }

    @Override
    public void close() {}

    @Override
    public long read(long position, UnsafeBuffer view) {
        int index = (int) (position - FILE) - 1;
        if (index < 0 || index >= commands.size()) {
            return -1;
        }
        view.wrap(commands.get(index));
        return times.get(index);
    }

    @Override
    public void release(long file) {}

    /** Hands all of it over, from the first command on. */
    void replay(CommandHandler handler) {
        for (int i = 0; i < commands.size(); i++) {
            byte[] command = commands.get(i);
            handler.onCommand(FILE + i + 1, times.get(i), new UnsafeBuffer(command), 0, command.length);
        }
    }

    JournalCursor cursor() {
        return new Cursor();
    }

    private final class Cursor implements JournalCursor {
        private int index = -1;

        @Override
        public boolean next(long limit) {
            if (FILE + index + 2 > Math.min(limit, lastPosition())) {
                return false;
            }
            index++;
            return true;
        }

        @Override
        public long position() {
            return FILE + index + 1;
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
