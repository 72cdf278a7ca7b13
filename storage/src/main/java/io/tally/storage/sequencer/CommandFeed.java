package io.tally.storage.sequencer;

import io.tally.engine.port.CommandHandler;
import io.tally.protocol.Invariant;
import io.tally.storage.journal.JournalCursor;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Hands commands to the engine: the released part of the journal and the bypass ring as one stream in which the
 * commands of each connection keep their order.
 *
 * <p>A bypass command goes as soon as the position that it comes after has been applied, and in any case before every
 * journaled command that the sequencer ordered behind it: the end of the bypass ring is read after the released
 * position, and the sequencer writes them in the opposite order. What lies before these two is a round, of as many
 * polls as it takes, but it ends at {@link #JOURNALED_MAX}. What comes meanwhile waits for the next, so neither kind
 * can keep the other waiting for ever, and acknowledgements that bypass do not wait for all that is released.
 * Owned by the engine thread. Allocates nothing.
 */
public final class CommandFeed implements AutoCloseable {
    /** Journaled commands of a round. */
    static final int JOURNALED_MAX = 4_096;

    private static final long NONE = Long.MAX_VALUE;

    private final JournalCursor cursor;
    private final AtomicLong released;
    private final RingBuffer bypass;
    private final ControlledMessageHandler bypassHandler = this::onBypass;

    private CommandHandler handler = CommandFeed::nobody;
    private long appliedPosition;
    private long awaitedPosition = NONE;

    /** Where the round ends: in the journal, and in the bypass ring. */
    private long roundPosition;

    private long roundBypassPosition;

    /** Journaled commands that the round may still have. */
    private int journaledLeft;

    /** Of the records of one read of the ring: the consumer's position before it, less its index. */
    private long readBase;

    /**
     * @param cursor stands behind {@code appliedPosition}
     * @param appliedPosition the newest position that the engine's state reflects already
     * @param released the newest position that may be applied; written by the sequencer
     * @param bypass written by the sequencer
     */
    public CommandFeed(JournalCursor cursor, long appliedPosition, AtomicLong released, RingBuffer bypass) {
        this.cursor = cursor;
        this.appliedPosition = appliedPosition;
        this.released = released;
        this.bypass = bypass;
    }

    /** Hands over at most {@code limit} commands of the journal alone, up to {@code endPosition}: for recovery. */
    public int replay(CommandHandler handler, long endPosition, int limit) {
        int work = 0;
        while (work < limit && cursor.next(endPosition)) {
            apply(handler);
            work++;
        }
        return work;
    }

    /** Hands over at most {@code limit} commands; returns how many. */
    public int poll(CommandHandler handler, int limit) {
        this.handler = handler;
        int work = goOn(limit);
        if (work == 0) {
            roundPosition = released.getAcquire();
            roundBypassPosition = bypass.producerPosition();
            journaledLeft = JOURNALED_MAX;
            work = goOn(limit);
        }
        return work;
    }

    private int goOn(int limit) {
        int work = drainBypass(limit);
        while (work < limit && journaledLeft > 0 && appliedPosition < roundPosition) {
            boolean isThere = cursor.next(roundPosition);
            Invariant.check(isThere, "the journal ends before the released position", roundPosition);
            apply(handler);
            work++;
            journaledLeft--;
            if (appliedPosition >= awaitedPosition) {
                work += drainBypass(limit - work);
            }
        }
        return work;
    }

    /** Position of the newest journaled command that was handed over, 0 for none. */
    public long appliedPosition() {
        return appliedPosition;
    }

    /** Whether a poll would find something. */
    public boolean hasWork() {
        return appliedPosition < released.getAcquire() || (awaitedPosition == NONE && bypass.size() > 0);
    }

    @Override
    public void close() {
        cursor.close();
    }

    private void apply(CommandHandler handler) {
        handler.onCommand(cursor.position(), cursor.timeMs(), cursor.buffer(), cursor.offset(), cursor.length());
        appliedPosition = cursor.position();
    }

    /** As far as the round goes. One read of the ring stops at its wrap, so it takes more than one. */
    private int drainBypass(int limit) {
        int work = 0;
        awaitedPosition = NONE;
        do {
            long head = bypass.consumerPosition();
            if (head >= roundBypassPosition) {
                return work;
            }
            readBase = head - (head & (bypass.capacity() - 1));
            work += bypass.controlledRead(bypassHandler, limit - work);
            if (bypass.consumerPosition() == head) {
                return work;
            }
        } while (work < limit && awaitedPosition == NONE);
        return work;
    }

    private ControlledMessageHandler.Action onBypass(int type, MutableDirectBuffer buffer, int offset, int length) {
        if (readBase + offset >= roundBypassPosition) {
            return ControlledMessageHandler.Action.ABORT;
        }
        long afterPosition = BypassRecord.afterPosition(buffer, offset);
        if (afterPosition > appliedPosition) {
            awaitedPosition = afterPosition;
            return ControlledMessageHandler.Action.ABORT;
        }
        int command = offset + BypassRecord.COMMAND_OFFSET;
        handler.onCommand(
                0, BypassRecord.timeMs(buffer, offset), buffer, command, length - BypassRecord.COMMAND_OFFSET);
        return ControlledMessageHandler.Action.CONTINUE;
    }

    private static void nobody(long position, long timeMs, DirectBuffer buffer, int offset, int length) {
        throw new Invariant.Broken("nobody polls");
    }
}
