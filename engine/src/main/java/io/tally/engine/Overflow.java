package io.tally.engine;

import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.routing.Lane;
import io.tally.engine.routing.SharedGroup;
import io.tally.engine.session.Session;
import io.tally.protocol.command.FullQueue;
import io.tally.protocol.command.Limit;
import java.util.function.Consumer;

/** What happens when a queue is full, and how often it has. Owned by the engine thread. */
final class Overflow {
    private final BrokerState state;

    // ---- since RESTARTED, with which a process begins; no state ----
    private long droppedNewest;
    private long droppedOldest;
    private long rejected;
    private long droppedVolatile;

    private Consumer<Session> whenShorter = session -> {};

    Overflow(BrokerState state) {
        this.state = state;
    }

    /** Is told of sessions whose queue has become shorter without an acknowledgement: it may have room again. */
    void whenShorter(Consumer<Session> listener) {
        whenShorter = listener;
    }

    void onShorter(Session session) {
        whenShorter.accept(session);
    }

    /** Whether another message of so many bytes is within the limits of a queue that outlives its connection. */
    boolean fits(SessionQueue queue, int count, int size) {
        return !state.limits.isReached(Limit.QUEUED_MESSAGES, queue.count() + count - 1)
                && !state.limits.isReached(Limit.QUEUED_BYTES, queue.bytes() + (long) count * size - 1);
    }

    /** Whether so many messages of so many bytes are within the limits of an empty queue. */
    boolean fitsAtAll(int count, int size) {
        return !state.limits.isReached(Limit.QUEUED_MESSAGES, count - 1)
                && !state.limits.isReached(Limit.QUEUED_BYTES, (long) count * size - 1);
    }

    /** Whether another message of so many bytes is within the limits of what waits for a shared group. */
    boolean fits(SharedGroup group, int size) {
        return !state.limits.isReached(Limit.QUEUED_MESSAGES, group.count())
                && !state.limits.isReached(Limit.QUEUED_BYTES, group.bytes() + size - 1);
    }

    /** A process begins to count. */
    void onRestarted() {
        droppedNewest = 0;
        droppedOldest = 0;
        rejected = 0;
        droppedVolatile = 0;
    }

    /** Makes room if need be and allowed; false when the message has to be dropped. */
    boolean makeRoom(Session session, SessionQueue queue, int size) {
        boolean mayDrop = is(FullQueue.DROP_OLDEST) && !state.limits.isReached(Limit.QUEUED_BYTES, size - 1);
        int reach = session.isConnected() ? Deliveries.PUSHED_COUNT_MAX : 0;
        long before = droppedOldest;
        boolean fits = fits(queue, 1, size);
        // Those of shared groups are few, and may still go to another member.
        while (!fits && mayDrop && queue.tryDropOldest(reach, session.shared()) >= 0) {
            droppedOldest++;
            fits = fits(queue, 1, size);
        }
        droppedNewest += fits ? 0 : 1;
        if (droppedOldest > before) {
            onShorter(session);
        }
        return fits;
    }

    /** The same for what waits for a shared group, in this lane and others: nothing of it may have been sent. */
    boolean makeRoom(Lane lane, int size) {
        SharedGroup group = lane.group;
        boolean mayDrop = is(FullQueue.DROP_OLDEST) && fitsAtAll(1, size);
        while (!fits(group, size)) {
            if (!mayDrop) {
                droppedNewest++;
                return false;
            }
            Lane dropped = group.dropOldest();
            droppedOldest++;
            if (dropped != lane) {
                state.forgetIfIdle(dropped);
            }
        }
        return true;
    }

    boolean rejects() {
        return is(FullQueue.REJECT);
    }

    private boolean is(FullQueue policy) {
        return state.limits.of(Limit.FULL_QUEUE) == policy.code;
    }

    void onRejected() {
        rejected++;
    }

    void onVolatileFull() {
        droppedVolatile++;
    }

    DropCounts counts() {
        return new DropCounts(droppedNewest, droppedOldest, rejected, droppedVolatile);
    }
}
