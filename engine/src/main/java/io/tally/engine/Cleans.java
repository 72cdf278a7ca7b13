package io.tally.engine;

import io.tally.engine.port.Positions;
import io.tally.engine.session.Session;
import io.tally.protocol.command.CleanCommand;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * Log cleaning: the few messages that queues still need from an old journal file are kept in the state store from the
 * next checkpoint on, so that the file can go. Owned by the engine thread.
 */
final class Cleans {
    private static final long[] NONE = new long[0];

    private final BrokerState state;
    private long count;

    // ---- the file being cleaned: no queue begins to refer to an old one, so what was found once holds ----
    private int file;
    private long[] sessionIds = NONE;
    private int done;

    Cleans(BrokerState state) {
        this.state = state;
    }

    /** Commands applied. */
    long count() {
        return count;
    }

    void onClean(DirectBuffer buffer, int offset, long position) {
        count++;
        int wanted = CleanCommand.file(buffer, offset);
        if (wanted >= Positions.file(position)) {
            return;
        }
        if (wanted != file) {
            file = wanted;
            done = 0;
            sessionIds = state.sessionsById.values().stream()
                    .filter(s -> !s.isVolatile && s.queue.refersTo(wanted))
                    .mapToLong(s -> s.id)
                    .toArray();
            Arrays.sort(sessionIds);
        }
        clean(CleanCommand.entriesMax(buffer, offset));
        state.files.cleaned(file, position);
        if (done == sessionIds.length) {
            file = 0;
            sessionIds = NONE;
        }
    }

    private void clean(int entriesMax) {
        int left = entriesMax;
        while (done < sessionIds.length && left > 0) {
            Session session = state.sessionsById.get(sessionIds[done]);
            if (session != null && session.queue.refersTo(file)) {
                left -= session.queue.keep(file, left);
                state.dirty(session);
            } else {
                done++;
            }
        }
    }
}
