package io.tally.storage.sequencer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.tally.engine.port.CommandHandler;
import io.tally.protocol.JournalClock;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.storage.journal.ChronicleJournal;
import io.tally.storage.journal.JournalDirectory;
import io.tally.storage.journal.JournalOptions;
import io.tally.storage.journal.JournalRecovery;
import io.tally.storage.journal.MappedCursor;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The sequencer and the command feed on the journal on disk, with threads. */
@Timeout(120)
class SequencerOnDiskTest {
    private static final JournalOptions OPTIONS = new JournalOptions(512 << 10, 20_000, 64 << 10);
    private static final int CONNECTIONS = 2;
    private static final int COMMANDS = 20_000;
    private static final int LENGTH = 100;

    @TempDir
    private Path path;

    private JournalDirectory directory;
    private ChronicleJournal journal;
    private final ManyToOneRingBuffer commands = new ManyToOneRingBuffer(memory(64 << 10));
    private final OneToOneRingBuffer bypass = new OneToOneRingBuffer(memory(64 << 10));
    private final AtomicLong released = new AtomicLong();
    private final Doorbell engineBell = new Doorbell();
    private final Doorbell sequencerBell = new Doorbell();
    private final List<Throwable> failures = new ArrayList<>();
    private final long[] heard = new long[CONNECTIONS];
    private final long[] journaled = new long[CONNECTIONS];

    @BeforeEach
    void open() {
        directory = JournalDirectory.open(path);
        journal = ChronicleJournal.open(directory, OPTIONS, new JournalRecovery(directory, OPTIONS).recover(0));
    }

    @AfterEach
    void close() {
        journal.close();
        directory.close();
    }

    @Test
    void everyConnectionIsHeardInItsOrderOnceAndAgainAfterARestart() throws InterruptedException {
        Sequencer sequencer = newSequencer(Durability.DISK);
        DoorbellIdle idle = new DoorbellIdle(sequencerBell, sequencer::hasWork, sequencer::timeoutNs);
        AgentRunner runner = new AgentRunner(idle, failures::add, null, sequencer);
        AgentRunner.startOnThread(runner);
        List<Thread> producers = new ArrayList<>();
        for (int connection = 0; connection < CONNECTIONS; connection++) {
            int number = connection;
            producers.add(new Thread(() -> produce(number)));
        }
        producers.forEach(Thread::start);
        try (CommandFeed feed = newFeed()) {
            while (heard[0] + heard[1] < CONNECTIONS * COMMANDS) {
                if (feed.poll(this::onCommand, 1000) == 0) {
                    engineBell.await(feed::hasWork, TimeUnit.SECONDS.toNanos(60));
                }
            }
        }
        for (Thread producer : producers) {
            producer.join();
        }
        sequencerBell.close();
        runner.close();
        assertEquals(List.of(), failures);
        assertReplays();
    }

    @Test
    void allocatesNothing() {
        Sequencer sequencer = newSequencer(Durability.PROCESS);
        UnsafeBuffer command = new UnsafeBuffer(new byte[LENGTH]);
        CommandHandler handler = this::onCommand;
        try (CommandFeed feed = newFeed()) {
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 10; round++) {
                ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 200; i++) {
                    write(command, 0, heard[0]);
                    write(command, 0, heard[0] + 1);
                    sequencer.doWork();
                    feed.poll(handler, 10);
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertTrue(least == 0, "bytes for 400 commands: " + least);
        }
    }

    private void assertReplays() {
        assertTrue(directory.list().length > 1, "more than one file");
        long[] replayed = new long[CONNECTIONS];
        try (CommandFeed feed = newFeed()) {
            int count;
            do {
                count = feed.replay(
                        (position, timeMs, buffer, offset, length) -> replayed[connection(buffer, offset)]++,
                        journal.lastPosition(),
                        1000);
            } while (count > 0);
            assertEquals(journal.lastPosition(), feed.appliedPosition());
        }
        assertEquals(journaled[0], replayed[0]);
        assertEquals(journaled[1], replayed[1]);
    }

    private void produce(int connection) {
        UnsafeBuffer command = new UnsafeBuffer(new byte[LENGTH]);
        for (long number = 0; number < COMMANDS; number++) {
            while (!write(command, connection, number)) {
                Thread.onSpinWait();
            }
            sequencerBell.ring();
        }
    }

    private boolean write(UnsafeBuffer command, int connection, long number) {
        int flags = number % 3 == 0 ? CommandHeader.FLAG_BYPASS : 0;
        CommandHeader.write(command, 0, CommandType.PUBLISH, flags, 0, connection);
        command.putLong(CommandHeader.LENGTH, number);
        return commands.write(Sequencer.COMMAND_TYPE, command, 0, LENGTH);
    }

    private void onCommand(long position, long timeMs, DirectBuffer buffer, int offset, int length) {
        int connection = connection(buffer, offset);
        long number = buffer.getLong(offset + CommandHeader.LENGTH);
        if (number != heard[connection] || (position == 0) != (number % 3 == 0)) {
            throw new AssertionError("connection " + connection + " heard " + number + " after " + heard[connection]);
        }
        heard[connection]++;
        journaled[connection] += position == 0 ? 0 : 1;
    }

    private static int connection(DirectBuffer buffer, int offset) {
        return (int) CommandHeader.connection(buffer, offset);
    }

    private Sequencer newSequencer(Durability durability) {
        return new Sequencer(
                new Sequencer.Inputs(
                        commands,
                        new JournalClock(SystemEpochClock.INSTANCE, SystemNanoClock.INSTANCE, 0),
                        new AtomicLong(Long.MAX_VALUE)),
                new Sequencer.Outputs(journal, bypass, released, engineBell),
                new Sequencer.Settings(durability),
                failures::add);
    }

    private CommandFeed newFeed() {
        return new CommandFeed(new MappedCursor(directory, OPTIONS, 0, true), 0, released, bypass);
    }

    private static UnsafeBuffer memory(int capacity) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(capacity + RingBufferDescriptor.TRAILER_LENGTH));
    }
}
