package io.tally.ops.launch;

import io.tally.engine.Engine;
import io.tally.engine.port.Positions;
import io.tally.engine.port.StateStore;
import io.tally.storage.journal.Journal;
import io.tally.storage.journal.JournalMessages;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Deletes journal files that recovery does not need and no queue refers to. First every I/O loop has to say that it is
 * past all effects that could refer to the file. Owned by the engine thread.
 */
final class JournalCleaner {
    private final Engine engine;
    private final Journal journal;
    private final StateStore store;
    private final JournalMessages engineMessages;
    private final AtomicLong releases;
    private final int gatewayCount;
    private long releasesAwaited;
    private int fileAwaited;

    /** @param releases counted up by each I/O loop for each file that it has let go */
    JournalCleaner(
            Engine engine,
            Journal journal,
            StateStore store,
            JournalMessages engineMessages,
            AtomicLong releases,
            int gatewayCount) {
        this.engine = engine;
        this.journal = journal;
        this.store = store;
        this.engineMessages = engineMessages;
        this.releases = releases;
        this.gatewayCount = gatewayCount;
    }

    /** One step; called now and then. */
    void clean() {
        if (fileAwaited != 0) {
            if (releases.get() == releasesAwaited) {
                journal.deleteFile(fileAwaited);
                fileAwaited = 0;
            }
            return;
        }
        int needed = Positions.file(store.durablePosition());
        for (int file : journal.files()) {
            if (file >= needed) {
                return;
            }
            if (!engine.refersTo(file)) {
                release(file);
                return;
            }
        }
    }

    private void release(int file) {
        engineMessages.release(file);
        releasesAwaited += gatewayCount;
        fileAwaited = file;
        engine.release(file);
    }
}
