package io.tally.storage.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.Allocations;
import io.tally.engine.port.CommandHandler;
import io.tally.protocol.JournalClock;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.storage.journal.Journal;
import io.tally.storage.journal.JournalCursor;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.Test;

class SequencerAllocationTest {
    private static final int COMMAND_LENGTH = CommandHeader.LENGTH + 100;

    private long applied;
    private long nowMs = 1_000;
    private final LastCommandJournal journal = new LastCommandJournal();
    private final ManyToOneRingBuffer commands = new ManyToOneRingBuffer(memory());
    private final OneToOneRingBuffer bypass = new OneToOneRingBuffer(memory());
    private final AtomicLong released = new AtomicLong();
    private final AtomicLong nextDeadlineMs = new AtomicLong(Long.MAX_VALUE);
    private final Doorbell bell = new Doorbell();
    private final Sequencer sequencer = new Sequencer(
            new Sequencer.Inputs(commands, new JournalClock(() -> ++nowMs, System::nanoTime, 0), nextDeadlineMs),
            new Sequencer.Outputs(journal, bypass, released, bell),
            new Sequencer.Settings(Durability.DISK),
            failure -> {});
    private final CommandFeed feed = new CommandFeed(journal, 0, released, bypass);
    private final DoorbellIdle idle = new DoorbellIdle(bell, () -> true, sequencer::timeoutNs);
    private final UnsafeBuffer command = new UnsafeBuffer(new byte[COMMAND_LENGTH]);
    private final CommandHandler handler = (position, timeMs, buffer, offset, length) -> applied++;

    private static UnsafeBuffer memory() {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(16_384 + RingBufferDescriptor.TRAILER_LENGTH));
    }

    @Test
    void theWayFromTheCommandRingToTheEngineAllocatesNothing() {
        assertEquals(0, Allocations.leastBytes(this::oneOfEach));
        assertTrue(applied > 3);
    }

    private void oneOfEach() {
        journal.isNearlyFull = false;
        send(0);
        sequencer.doWork();
        journal.isNearlyFull = true;
        send(CommandHeader.FLAG_BYPASS);
        send(CommandHeader.FLAG_REFUSABLE);
        sequencer.doWork();
        long before = applied;
        while (feed.hasWork()) {
            feed.poll(handler, 10);
        }
        assertTrue(applied == before + 3);
    }

    private void send(int flags) {
        CommandHeader.write(command, 0, CommandType.PUBLISH, flags, 0, 5);
        commands.write(Sequencer.COMMAND_TYPE, command, 0, COMMAND_LENGTH);
    }

    @Test
    void goingToSleepAndRingingAllocatesNothing() {
        assertEquals(0, Allocations.leastBytes(() -> {
            bell.arm();
            bell.ring();
            idle.idle(1);
            idle.idle(0);
            idle.idle(0);
        }));
    }

    /** Holds what was appended last only: enough for a feed that is polled after each command. */
    private static final class LastCommandJournal implements Journal, JournalCursor {
        private final UnsafeBuffer last = new UnsafeBuffer(new byte[COMMAND_LENGTH]);
        private long lastPosition;
        private long readPosition;
        private boolean isNearlyFull;

        @Override
        public long append(long timeMs, DirectBuffer command, int offset, int length) {
            last.putBytes(0, command, offset, length);
            return ++lastPosition;
        }

        @Override
        public long force() {
            return lastPosition;
        }

        @Override
        public boolean isNearlyFull() {
            return isNearlyFull;
        }

        @Override
        public boolean isReserveLow() {
            return isNearlyFull;
        }

        @Override
        public boolean isReserveNearlyUsed() {
            return isNearlyFull;
        }

        @Override
        public long lastPosition() {
            return lastPosition;
        }

        @Override
        public boolean next(long limit) {
            boolean isThere = readPosition < limit;
            readPosition = limit;
            return isThere;
        }

        @Override
        public long position() {
            return readPosition;
        }

        @Override
        public long timeMs() {
            return 1_000;
        }

        @Override
        public long sequence() {
            return readPosition;
        }

        @Override
        public DirectBuffer buffer() {
            return last;
        }

        @Override
        public int offset() {
            return 0;
        }

        @Override
        public int length() {
            return COMMAND_LENGTH;
        }

        @Override
        public int[] files() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void deleteFile(int file) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
