package io.tally.ops.launch;

import io.tally.protocol.gateway.MessageSource;
import io.tally.storage.journal.JournalMessages;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.UnsafeBuffer;

/** Lets an I/O loop read the journal. Owned by that loop's thread. */
final class JournalMessageSource implements MessageSource {
    private final JournalMessages messages;
    private final AtomicLong releases;

    /** @param releases counted up for each file let go */
    JournalMessageSource(JournalMessages messages, AtomicLong releases) {
        this.messages = messages;
        this.releases = releases;
    }

    @Override
    public long read(long position, UnsafeBuffer view) {
        return messages.read(position, view);
    }

    @Override
    public void release(long file) {
        messages.release((int) file);
        releases.incrementAndGet();
    }
}
