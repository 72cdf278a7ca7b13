package io.tally.ops.launch;

import io.tally.engine.Engine;
import io.tally.engine.port.Positions;
import io.tally.engine.port.StateStore;
import io.tally.protocol.command.CleanCommand;
import io.tally.storage.journal.Journal;
import io.tally.storage.journal.JournalMessages;
import io.tally.storage.sequencer.Sequencer;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Deletes journal files that nobody needs. Owned by the engine thread.
 *
 * <p>A file goes when recovery is past it, no queue refers to it, and every I/O loop has said that it is past all
 * effects that could refer to it. A file that queues hardly refer to any more is cleaned: the engine is told, through
 * the journal, to have those few messages kept in the state store. But not while such files hold less that nobody needs
 * than all files hold that is needed, and no more than some files do: else each file of a backlog would be copied just
 * before its last messages are delivered, and the one in which a backlog begins.
 */
final class JournalCleaner {
    /** Of each {@link CleanCommand}: some milliseconds of the engine's time, should each entry be of another queue. */
    private static final int ENTRIES_MAX = 1024;

    /** A file is cleaned when at most this part of its bytes is still needed. */
    private static final int NEEDED_PART = 4;

    /** Files in front of the one that recovery needs that are left alone: their messages are on their way. */
    private static final int YOUNG_FILES = 2;

    /** When hardly needed files hold so many files' bytes for nobody they are cleaned, whatever else is needed. */
    private static final int IDLE_FILES_MAX = 8;

    /** A volatile session that is so many files behind is closed. */
    private static final int FILES_BEHIND_MAX = 8;

    private final Parts parts;
    private final Commands commands;
    private final AtomicLong releases;
    private final int gatewayCount;
    private long releasesAwaited;
    private int fileAwaited;
    private long cleansAwaited;
    private int closedFor;

    /** What the cleaner looks at. */
    record Parts(Engine engine, Journal journal, StateStore store, JournalMessages engineMessages, long fileBytes) {}

    /** How commands reach the journal. */
    record Commands(RingBuffer ring, Runnable sequencerBell) {}

    /** @param releases counted up by each I/O loop for each file that it has let go */
    JournalCleaner(Parts parts, Commands commands, AtomicLong releases, int gatewayCount) {
        this.parts = parts;
        this.commands = commands;
        this.releases = releases;
        this.gatewayCount = gatewayCount;
        this.cleansAwaited = parts.engine.cleanCount();
    }

    /** One step; called now and then. */
    void clean() {
        if (fileAwaited != 0) {
            deleteIfReleased();
            return;
        }
        int needed = Positions.file(parts.store.durablePosition());
        int[] files = parts.journal.files();
        boolean mayClean = parts.engine.cleanCount() >= cleansAwaited; // else one is on its way
        for (int file : files) {
            if (file >= needed) {
                return;
            }
            if (!parts.engine.needs(file)) {
                release(file);
                return;
            }
            if (mayClean && file < needed - YOUNG_FILES && isHardlyNeeded(file)) {
                mayClean = false;
                if (pays(files, needed)) {
                    writeClean(file);
                }
            }
            if (file < needed - FILES_BEHIND_MAX && file > closedFor) {
                closedFor = file;
                parts.engine.closeVolatile(file);
            }
        }
    }

    private void deleteIfReleased() {
        if (releases.get() == releasesAwaited) {
            // The engine may have read a kept message where it still found it.
            parts.engineMessages.release(fileAwaited);
            parts.journal.deleteFile(fileAwaited);
            fileAwaited = 0;
        }
    }

    private void release(int file) {
        parts.engineMessages.release(file);
        releasesAwaited += gatewayCount;
        fileAwaited = file;
        parts.engine.release(file);
    }

    private boolean isHardlyNeeded(int file) {
        long bytes = parts.engine.cleanableBytes(file);
        return bytes > 0 && bytes <= parts.fileBytes / NEEDED_PART;
    }

    private boolean pays(int[] files, int needed) {
        long wanted = 0;
        long idle = 0;
        for (int file : files) {
            long bytes = Math.min(parts.engine.cleanableBytes(file), parts.fileBytes);
            wanted += bytes;
            idle += file < needed - YOUNG_FILES && isHardlyNeeded(file) ? parts.fileBytes - bytes : 0;
        }
        return idle > Math.min(wanted, IDLE_FILES_MAX * parts.fileBytes);
    }

    /** Unless the ring has no room. */
    private void writeClean(int file) {
        int index = commands.ring.tryClaim(Sequencer.COMMAND_TYPE, CleanCommand.LENGTH);
        if (index < 0) {
            return;
        }
        CleanCommand.write(commands.ring.buffer(), index, file, ENTRIES_MAX);
        commands.ring.commit(index);
        commands.sequencerBell.run();
        cleansAwaited++;
    }
}
