package io.tally.storage.sequencer;

import io.tally.protocol.JournalClock;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/** A sequencer and a command feed between memory rings, driven by hand. Commands carry a number as their body. */
final class SequencerRig {
    static final int JOURNALED = 0;
    static final int BYPASS = CommandHeader.FLAG_BYPASS;
    static final int REFUSABLE = CommandHeader.FLAG_REFUSABLE;
    static final int CLOSING = CommandHeader.FLAG_REFUSABLE | CommandHeader.FLAG_REFUSAL_CLOSES;
    static final int COMMAND_LENGTH = CommandHeader.LENGTH + Long.BYTES;

    final MemoryJournal journal = new MemoryJournal();
    final RingBuffer commands = new ManyToOneRingBuffer(memory(16_384));
    final OneToOneRingBuffer bypass;
    final AtomicLong released = new AtomicLong();
    final AtomicLong nextDeadlineMs = new AtomicLong(Long.MAX_VALUE);
    final List<Throwable> failures = new ArrayList<>();
    final List<String> applied = new ArrayList<>();
    final Sequencer sequencer;
    final CommandFeed feed;
    long nowMs = 1000;
    /** What nobody can set; as long as it stands still only {@link #nowMs} counts. */
    long passedMs;

    private final UnsafeBuffer command = new UnsafeBuffer(new byte[COMMAND_LENGTH]);

    SequencerRig(Durability durability) {
        this(new Sequencer.Settings(durability), 8192);
    }

    SequencerRig(Sequencer.Settings settings, int bypassCapacity) {
        this(settings, bypassCapacity, 0);
    }

    /** Of a process after one that has journaled up to this time. */
    SequencerRig(Sequencer.Settings settings, int bypassCapacity, long journaledMs) {
        bypass = new OneToOneRingBuffer(memory(bypassCapacity));
        sequencer = new Sequencer(
                new Sequencer.Inputs(
                        commands,
                        new JournalClock(() -> nowMs, () -> passedMs * 1_000_000, journaledMs),
                        nextDeadlineMs),
                new Sequencer.Outputs(journal, bypass, released, new Doorbell()),
                settings,
                failures::add);
        feed = new CommandFeed(journal.cursor(0), 0, released, bypass);
    }

    /** Puts a PUBLISH of this connection into the command ring. */
    boolean send(long connection, int flags, long number) {
        return send(CommandType.PUBLISH, connection, flags, number);
    }

    boolean send(int type, long connection, int flags, long number) {
        CommandHeader.write(command, 0, type, flags, 0, connection);
        command.putLong(CommandHeader.LENGTH, number);
        return commands.write(Sequencer.COMMAND_TYPE, command, 0, COMMAND_LENGTH);
    }

    /** With its length as its number. */
    boolean sendLong(int type, long connection, int flags, int length) {
        UnsafeBuffer longCommand = new UnsafeBuffer(new byte[length]);
        CommandHeader.write(longCommand, 0, type, flags, 0, connection);
        longCommand.putLong(CommandHeader.LENGTH, length);
        return commands.write(Sequencer.COMMAND_TYPE, longCommand, 0, length);
    }

    /** Lets the engine take what it may; each command shows up in {@link #applied}. */
    void poll() {
        int work;
        do {
            work = pollOnce();
        } while (work > 0);
    }

    /** Ten commands at most; answers how many. */
    int pollOnce() {
        return feed.poll(this::onCommand, 10);
    }

    /** Times of the journaled commands of this type. */
    List<Long> journaledTimes(int type) {
        List<Long> times = new ArrayList<>();
        for (int i = 0; i < journal.commands.size(); i++) {
            if (journal.commands.get(i)[0] == type) {
                times.add(journal.times.get(i));
            }
        }
        return times;
    }

    private void onCommand(long position, long timeMs, DirectBuffer buffer, int offset, int length) {
        int flags = CommandHeader.flags(buffer, offset);
        String kind = position > 0 ? "" : (flags & CommandHeader.FLAG_REFUSED) != 0 ? "refused " : "bypass ";
        applied.add(kind + buffer.getLong(offset + CommandHeader.LENGTH));
    }

    private static UnsafeBuffer memory(int capacity) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(capacity + RingBufferDescriptor.TRAILER_LENGTH));
    }
}
