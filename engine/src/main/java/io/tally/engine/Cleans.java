package io.tally.engine;

import io.tally.engine.port.Positions;
import io.tally.engine.routing.Lane;
import io.tally.engine.session.Session;
import io.tally.protocol.command.CleanCommand;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.agrona.DirectBuffer;

/**
 * Log cleaning: the few messages that queues still need from an old journal file are kept in the state store from the
 * next checkpoint on, so that the file can go. Owned by the engine thread.
 */
final class Cleans {
    private final BrokerState state;
    private long count;

    /** The file being cleaned. */
    private int file;

    /**
     * Ids of all queues that refer to it, perhaps of others. Who begins to refer to an old file says so: a replay,
     * which looks for them anew, must come to the same.
     */
    private final NavigableSet<Long> queues = new TreeSet<>();

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
            findQueues();
        }
        clean(CleanCommand.entriesMax(buffer, offset));
        state.files.cleaned(file, position);
        if (queues.isEmpty()) {
            file = 0;
        }
    }

    private void findQueues() {
        queues.clear();
        for (Session session : state.sessionsById.values()) {
            if (session.isJournaled() && session.queue.refersTo(file)) {
                queues.add(session.id);
            }
        }
        for (Lane lane : state.lanes.values()) {
            if (lane.refersTo(file)) {
                queues.add(lane.id);
            }
        }
    }

    /** A message at this position has passed into the queue of a session, or a lane, with this id. */
    void onMoved(long queue, long position) {
        if (Positions.file(position) == file) {
            queues.add(queue);
        }
    }

    private void clean(int entriesMax) {
        int left = entriesMax;
        while (!queues.isEmpty() && left > 0) {
            Session session = state.sessionsById.get(queues.first());
            Lane lane = state.lanes.get(queues.first());
            if (session != null && session.queue.refersTo(file)) {
                left -= session.queue.keep(file, left);
                state.dirty(session);
            } else if (lane != null && lane.refersTo(file)) {
                left -= (lane.returned.refersTo(file) ? lane.returned : lane.waiting).keep(file, left);
                state.dirty(lane.group);
            } else {
                queues.pollFirst();
            }
        }
    }
}
