package io.tally.storage.journal;

import io.tally.engine.port.Positions;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the journal raw before anything else touches it, and cuts off what a crash has left unfinished at its end.
 * Nothing that may have been acknowledged is ever cut: the start is refused instead.
 *
 * <p>Only what lies behind the <i>reflected position</i> is read: the state store has everything up to it, and it was
 * durable before the store took it over. From there on the checksum and the dense sequence of every entry are
 * verified. The first entry that isn't valid ends the journal, provided that nothing behind it proves that it had been
 * forced: neither an entry in a later file, since a file is forced before the next one is used, nor an entry in the
 * same file that was written after a force of what is missing.
 */
public final class JournalRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(JournalRecovery.class);
    private static final String ADVICE = "; refusing to start, restore the data directory from a backup";

    private final JournalDirectory directory;
    private final JournalOptions options;
    private final List<FileScan> scans = new ArrayList<>();
    private final List<String> repairs = new ArrayList<>();

    public JournalRecovery(JournalDirectory directory, JournalOptions options) {
        this.directory = directory;
        this.options = options;
    }

    /**
     * Scans and, where needed, repairs. The directory's lock must be held and no appender open.
     *
     * @param reflectedPosition that the state store has; 0 when it is empty
     * @throws JournalException when something acknowledged is missing
     */
    public RecoveredJournal recover(long reflectedPosition) {
        try {
            int[] files = setUnusedFilesAside(directory.list());
            tidy(files.length == 0 ? 0 : files[files.length - 1]);
            scan(files, reflectedPosition);
            for (FileScan scan : scans) {
                refuseProvenLoss(scan);
            }
            for (FileScan scan : scans) {
                repair(scan);
            }
            makeDurable();
            return result();
        } catch (IOException e) {
            throw new JournalException("cannot recover the journal in " + directory.path() + ": " + e, e);
        } finally {
            scans.forEach(FileScan::close);
        }
    }

    /** A newest file that a crash has kept from being begun becomes raw material for the same file. */
    private int[] setUnusedFilesAside(int[] files) throws IOException {
        int count = files.length;
        while (count > 0 && isUnused(files[count - 1])) {
            count--;
            move(directory.file(files[count]), directory.temporary(files[count]));
        }
        return Arrays.copyOf(files, count);
    }

    private boolean isUnused(int file) {
        try (FileScan scan = new FileScan(directory, options, file)) {
            return scan.isUnused();
        }
    }

    /** Keeps what was reserved for the file after the newest, and deletes other leftovers. */
    private void tidy(int newest) throws IOException {
        Path precreated = directory.precreated(newest + 1);
        Path temporary = directory.temporary(newest + 1);
        if (Files.exists(precreated)) {
            move(precreated, temporary);
        }
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(directory.path(), "*.{tmp,precreated}")) {
            for (Path leftover : leftovers) {
                int number = JournalDirectory.number(leftover);
                require(number <= newest + 1, directory.file(newest + 1), "is missing, " + leftover + " came after it");
                if (!leftover.equals(temporary)) {
                    Files.delete(leftover);
                }
            }
        }
    }

    private void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        directory.force();
    }

    private void scan(int[] files, long reflected) {
        int first = 0;
        if (reflected != Positions.NONE) {
            first = Arrays.binarySearch(files, Positions.file(reflected));
            require(first >= 0, directory.file(Positions.file(reflected)), "is missing, but holds reflected entries");
        }
        for (int i = first; i < files.length; i++) {
            FileScan scan = new FileScan(directory, options, files[i]);
            Path path = directory.file(files[i]);
            require(scan.hasHeader(), path, "has no valid header at 0, though it is not empty");
            if (i == first) {
                scanFirst(scan, path, reflected);
            } else {
                scanNext(scan, path);
            }
            scans.add(scan);
        }
    }

    private void scanFirst(FileScan scan, Path path, long reflected) {
        if (reflected == Positions.NONE) {
            scan.run(ChronicleFile.FIRST_DATA_OFFSET, 1);
            require(
                    scan.firstSequence() <= 1,
                    path,
                    "begins with entry " + scan.firstSequence() + ", but the state store is empty");
            require(!scan.beginsUnderAnotherKey(), path, "was written under another key than " + JournalKey.NAME);
        } else {
            scan.run(Positions.offset(reflected), 0);
            require(
                    scan.entries() > 0,
                    path,
                    "has no valid entry at " + Positions.offset(reflected)
                            + ", the position that the state store reflects");
        }
    }

    private void scanNext(FileScan scan, Path path) {
        FileScan before = scans.get(scans.size() - 1);
        long expected = lastSequence() + 1;
        scan.run(ChronicleFile.FIRST_DATA_OFFSET, expected);
        require(scan.file() == before.file() + 1, path, "does not follow " + directory.file(before.file()));
        if (scan.firstSequence() == 0) {
            return;
        }
        require(
                before.dirtyEnd() == before.end(),
                directory.file(before.file()),
                "is damaged at " + before.end() + " behind entry " + lastSequence() + ", and later entries exist");
        require(
                scan.firstSequence() == expected,
                path,
                "begins with entry " + scan.firstSequence() + " instead of " + expected);
    }

    private static void require(boolean condition, Path path, String problem) {
        if (!condition) {
            throw new JournalException("journal file " + path + " " + problem + ADVICE);
        }
    }

    /** Numbers are dense, so that none is higher than the files from the last valid entry on have entries. */
    private void refuseProvenLoss(FileScan scan) {
        long last = lastSequence();
        long proof = scan.provenLoss(last, last + scans.size() * JournalOptions.FILE_ENTRIES_LIMIT);
        require(
                proof < 0,
                directory.file(scan.file()),
                "is damaged at " + scan.end() + ", and the entry at " + proof + " shows that this part was durable");
    }

    private void repair(FileScan scan) throws IOException {
        if (scan.hasEndMark()) {
            return;
        }
        try (FileRepair repair = new FileRepair(directory, scan)) {
            if (scan.dirtyEnd() > scan.end()) {
                String done = repair.cutTail();
                LOG.warn("journal repaired: {}", done);
                repairs.add(done);
            }
            repair.settle();
            if (scan == scans.get(scans.size() - 1)) {
                repair.renewRest(options.fileBytes(), hasPlentyOfRoom());
            }
        }
    }

    private boolean hasPlentyOfRoom() throws IOException {
        return Files.getFileStore(directory.path()).getUsableSpace() > 2 * options.fileBytes();
    }

    /**
     * What was found becomes durable before anyone acts on it. Not proven to be so are the end of the newest file that
     * has entries, and a file that was begun behind it: all files before were forced when that one was begun.
     */
    private void makeDurable() throws IOException {
        int first = scans.isEmpty() ? 0 : scans.indexOf(lastEntryScan());
        for (FileScan scan : scans.subList(first, scans.size())) {
            try (FileRepair repair = new FileRepair(directory, scan)) {
                repair.makeDurable();
            }
        }
        directory.force();
    }

    private long lastSequence() {
        return lastEntryScan().lastSequence();
    }

    /** The scan of the newest file that has an entry, or of the first one. */
    private FileScan lastEntryScan() {
        int i = scans.size() - 1;
        while (i > 0 && scans.get(i).entries() == 0) {
            i--;
        }
        return scans.get(i);
    }

    private RecoveredJournal result() {
        if (scans.isEmpty()) {
            return new RecoveredJournal(0, 0, 0, 1, 0, 0, 0, "");
        }
        FileScan newest = scans.get(scans.size() - 1);
        FileScan last = lastEntryScan();
        return new RecoveredJournal(
                last.entries() == 0 ? Positions.NONE : Positions.of(last.file(), last.lastOffset()),
                last.lastSequence(),
                last.lastTimeMs(),
                newest.hasEndMark() ? newest.file() + 1 : newest.file(),
                newest.hasEndMark() ? 0 : newest.end(),
                scans.stream().mapToLong(FileScan::entries).sum(),
                scans.stream().mapToLong(FileScan::end).sum(),
                String.join("; ", repairs));
    }
}
