package io.tally.storage.sequencer;

import io.tally.engine.port.CommandHandler;
import io.tally.engine.sim.CommandPath;
import io.tally.engine.sim.Dice;
import io.tally.engine.sim.SimulatedJournal;
import io.tally.protocol.JournalClock;
import io.tally.protocol.command.CommandHeader;
import io.tally.storage.journal.Journal;
import io.tally.storage.journal.JournalCursor;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/**
 * The real sequencer and command feed between real rings, in a simulated broker. The rings are small, so that they are
 * full at times and wrap often. Between appending and forcing the sequencer is stopped by an exception of the journal,
 * so that a crash finds it there too.
 */
final class SequencerPath implements CommandPath {
    private static final int RING_BYTES = 32 << 10;

    private final DiskOfSimulation disk;
    private final AtomicLong nextDeadlineMs = new AtomicLong(Long.MAX_VALUE);
    private final RingBuffer commands = new ManyToOneRingBuffer(memory());
    private final RingBuffer bypass = new OneToOneRingBuffer(memory());
    private final Consumer<UnsafeBuffer> onRefused;
    private final Sequencer sequencer;
    private final CommandFeed feed;

    private long bypassSeen;

    /** Those that the gateways still hold because the ring is full, or because the step has not come to them. */
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();

    SequencerPath(SimulatedJournal journal, JournalClock clock, Consumer<UnsafeBuffer> onRefused, Dice dice) {
        this.onRefused = onRefused;
        disk = new DiskOfSimulation(journal, dice);
        AtomicLong released = new AtomicLong();
        sequencer = new Sequencer(
                new Sequencer.Inputs(commands, clock, nextDeadlineMs),
                new Sequencer.Outputs(disk, bypass, released, new Doorbell()),
                new Sequencer.Settings(Durability.DISK),
                failure -> {
                    throw new AssertionError("the sequencer fails", failure);
                });
        feed = new CommandFeed(new Cursor(journal), journal.lastPosition(), released, bypass);
    }

    private static UnsafeBuffer memory() {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(RING_BYTES + RingBufferDescriptor.TRAILER_LENGTH));
    }

    @Override
    public void offer(byte[] command) {
        waiting.add(command);
    }

    @Override
    public boolean sequence(int limit) {
        boolean worked = false;
        int left = limit;
        boolean goesOn = true;
        while (goesOn) {
            int moved = fillRing(left);
            left -= moved;
            long before = commands.consumerPosition();
            work(true);
            worked |= moved > 0 || commands.consumerPosition() != before;
            goesOn = left > 0 && !waiting.isEmpty() && commands.consumerPosition() != before;
        }
        return worked;
    }

    private int fillRing(int limit) {
        int moved = 0;
        while (moved < limit && !waiting.isEmpty()) {
            byte[] command = waiting.peek();
            if (!commands.write(Sequencer.COMMAND_TYPE, new UnsafeBuffer(command), 0, command.length)) {
                break;
            }
            waiting.remove();
            moved++;
        }
        return moved;
    }

    @Override
    public boolean tick(long deadlineMs) {
        nextDeadlineMs.set(deadlineMs);
        int before = disk.journal.count();
        work(true);
        return disk.journal.count() != before;
    }

    @Override
    public boolean force() {
        boolean isNew = disk.journal.unforcedCount() > 0;
        work(false);
        return isNew;
    }

    private void work(boolean stopsAtForce) {
        disk.stopsAtForce = stopsAtForce;
        try {
            sequencer.doWork();
        } catch (StoppedAtForce e) {
            // goes on with the force in a later step
        }
        tellRefused();
    }

    /** Looks at what has come into the bypass ring, and leaves it there. */
    private void tellRefused() {
        for (long end = bypass.producerPosition(); bypassSeen < end; ) {
            int record = (int) (bypassSeen & bypass.capacity() - 1);
            int length = bypass.buffer().getInt(RecordDescriptor.lengthOffset(record));
            int command = RecordDescriptor.encodedMsgOffset(record) + BypassRecord.COMMAND_OFFSET;
            boolean isPadding =
                    bypass.buffer().getInt(RecordDescriptor.typeOffset(record)) == RingBuffer.PADDING_MSG_TYPE_ID;
            if (!isPadding && (CommandHeader.flags(bypass.buffer(), command) & CommandHeader.FLAG_REFUSED) != 0) {
                onRefused.accept(new UnsafeBuffer(bypass.buffer(), command, record + length - command));
            }
            bypassSeen += BitUtil.align(length, RecordDescriptor.ALIGNMENT);
        }
    }

    @Override
    public boolean poll(CommandHandler handler, Dice dice) {
        return feed.poll(
                        (position, timeMs, buffer, offset, length) -> {
                            UnsafeBuffer command = new UnsafeBuffer(new byte[length]);
                            command.putBytes(0, buffer, offset, length);
                            handler.onCommand(position, timeMs, command, 0, length);
                        },
                        1)
                > 0;
    }

    @Override
    public void setFull(boolean full, boolean reserveLow) {
        disk.isFull = full;
        disk.isReserveLow = reserveLow;
    }

    private static final class StoppedAtForce extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** The simulated journal as the sequencer sees it. While it is full it has room now and then. */
    private static final class DiskOfSimulation implements Journal {
        private final SimulatedJournal journal;
        private final Dice dice;
        private boolean isFull;
        private boolean isReserveLow;
        private boolean stopsAtForce;

        DiskOfSimulation(SimulatedJournal journal, Dice dice) {
            this.journal = journal;
            this.dice = dice;
        }

        @Override
        public long append(long timeMs, DirectBuffer command, int offset, int length) {
            if (isFull && dice.oneIn(3)) {
                return NO_ROOM;
            }
            byte[] bytes = new byte[length];
            command.getBytes(offset, bytes);
            return journal.append(timeMs, bytes);
        }

        @Override
        public long force() {
            if (stopsAtForce) {
                throw new StoppedAtForce();
            }
            journal.force();
            return journal.lastPosition();
        }

        @Override
        public boolean isNearlyFull() {
            return isFull;
        }

        @Override
        public boolean isReserveLow() {
            return isReserveLow;
        }

        @Override
        public boolean isReserveNearlyUsed() {
            return isReserveLow && dice.oneIn(3);
        }

        @Override
        public long lastPosition() {
            return journal.lastPosition();
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

    /** Reads the simulated journal from its end on. */
    private static final class Cursor implements JournalCursor {
        private final SimulatedJournal journal;
        private int index;

        Cursor(SimulatedJournal journal) {
            this.journal = journal;
            index = journal.count() - 1;
        }

        @Override
        public boolean next(long limit) {
            if (index + 1 == journal.count() || journal.entry(index + 1).position() > limit) {
                return false;
            }
            index++;
            return true;
        }

        @Override
        public long position() {
            return journal.entry(index).position();
        }

        @Override
        public long timeMs() {
            return journal.entry(index).timeMs();
        }

        @Override
        public long sequence() {
            return index + 1;
        }

        @Override
        public DirectBuffer buffer() {
            return new UnsafeBuffer(journal.entry(index).command());
        }

        @Override
        public int offset() {
            return 0;
        }

        @Override
        public int length() {
            return journal.entry(index).command().length;
        }

        @Override
        public void close() {}
    }
}
