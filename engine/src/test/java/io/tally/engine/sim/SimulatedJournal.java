package io.tally.engine.sim;

import io.tally.engine.port.MessageReader;
import io.tally.engine.port.Positions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A journal in memory: entries with positions in small files, a mark up to which they are forced, and a crash that
 * loses some or all of what lies behind the mark. Entries of deleted files can no longer be read, but are
 * remembered, so that the audit can replay everything.
 */
public final class SimulatedJournal implements MessageReader {
    private static final int FILE_HEADER = 256;
    private static final int ENTRY_OVERHEAD = 48;

    private final int fileBytes;
    private final List<Entry> entries = new ArrayList<>();
    private final Set<Integer> deleted = new HashSet<>();
    private int file = 1;
    private int offset = FILE_HEADER;
    private int forcedCount;

    /** One journaled command; never compared. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Entry(long position, long timeMs, byte[] command) {}

    public SimulatedJournal(int fileBytes) {
        this.fileBytes = fileBytes;
    }

    /** Answers the position of the new entry. */
    public long append(long timeMs, byte[] command) {
        int length = (command.length + ENTRY_OVERHEAD + 7) & ~7;
        if (offset + length > fileBytes && offset > FILE_HEADER) {
            file++;
            offset = FILE_HEADER;
        }
        long position = Positions.of(file, offset);
        offset += length;
        entries.add(new Entry(position, timeMs, command));
        return position;
    }

    public void force() {
        forcedCount = entries.size();
    }

    /** Everything up to here survives a crash. */
    public long forcedPosition() {
        return forcedCount == 0 ? 0 : entries.get(forcedCount - 1).position;
    }

    public long lastPosition() {
        return entries.isEmpty() ? 0 : entries.get(entries.size() - 1).position;
    }

    public long lastTimeMs() {
        return entries.isEmpty() ? 0 : entries.get(entries.size() - 1).timeMs;
    }

    /** The one that is written. */
    int file() {
        return file;
    }

    public int unforcedCount() {
        return entries.size() - forcedCount;
    }

    /** Loses what is not forced, but for the first {@code kept} entries of it, which recovery then finds and forces. */
    void crash(int kept) {
        while (entries.size() > forcedCount + kept) {
            entries.remove(entries.size() - 1);
        }
        forcedCount = entries.size();
        if (entries.isEmpty()) {
            file = 1;
            offset = FILE_HEADER;
            return;
        }
        Entry last = entries.get(entries.size() - 1);
        file = Positions.file(last.position);
        offset = (int) Positions.offset(last.position) + ((last.command.length + ENTRY_OVERHEAD + 7) & ~7);
    }

    /** Index in {@link #entry} of the first entry behind a position. */
    public int indexBehind(long position) {
        int low = 0;
        int high = entries.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (entries.get(middle).position <= position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    public int count() {
        return entries.size();
    }

    public Entry entry(int index) {
        return entries.get(index);
    }

    /** Files that still exist, without the one that is written, by ascending number. */
    List<Integer> finishedFiles() {
        List<Integer> files = new ArrayList<>();
        int lastForced = Positions.file(forcedPosition());
        for (int f = 1; f < lastForced; f++) {
            if (!deleted.contains(f)) {
                files.add(f);
            }
        }
        return files;
    }

    void deleteFile(int number) {
        deleted.add(number);
    }

    boolean isDeleted(int number) {
        return deleted.contains(number);
    }

    @Override
    public long read(long position, UnsafeBuffer view) {
        return deleted.contains(Positions.file(position)) ? -1 : readArchived(position, view);
    }

    /** As {@link #read}, deleted files included: for the audit only. */
    long readArchived(long position, UnsafeBuffer view) {
        int index = indexBehind(position) - 1;
        if (index < 0 || entries.get(index).position != position) {
            return -1;
        }
        view.wrap(entries.get(index).command);
        return entries.get(index).timeMs;
    }

    static byte[] copy(DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return bytes;
    }
}
