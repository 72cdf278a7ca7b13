package io.tally.ops.launch;

import io.tally.engine.Engine;
import io.tally.engine.port.EffectSink;
import io.tally.engine.port.Positions;
import io.tally.engine.port.StateStore;
import io.tally.ops.config.BrokerConfig;
import io.tally.protocol.Invariant;
import io.tally.protocol.JournalClock;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.RestartedCommand;
import io.tally.storage.journal.ChronicleJournal;
import io.tally.storage.journal.Journal;
import io.tally.storage.journal.JournalDirectory;
import io.tally.storage.journal.JournalException;
import io.tally.storage.journal.JournalMessages;
import io.tally.storage.journal.JournalOptions;
import io.tally.storage.journal.JournalRecovery;
import io.tally.storage.journal.MappedCursor;
import io.tally.storage.journal.ReadAhead;
import io.tally.storage.journal.RecoveredJournal;
import io.tally.storage.sequencer.CommandFeed;
import io.tally.storage.sequencer.Doorbell;
import io.tally.storage.sequencer.Durability;
import io.tally.storage.state.JournalBarrier;
import io.tally.storage.state.RocksStateStore;
import io.tally.storage.state.StoreAgent;
import io.tally.storage.state.StoreConfig;
import io.tally.storage.state.StoredMessages;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.SystemEpochClock;
import org.agrona.concurrent.SystemNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything of a broker that is on disk, and the engine that it is recovered into. Order of use: {@link #recover},
 * {@link #replay}, {@link #restarted}, then the agents; at the end {@link #tryLastCheckpoint}, {@link #close}. Owned by
 * the thread that starts and stops the broker, except what it hands out.
 */
final class Node {
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    private final JournalDirectory directory;
    private final JournalOptions options;
    private final RocksStateStore store;
    private final StoreConfig storeConfig;
    private final RecoveredJournal recovered;
    private final FutureTask<ChronicleJournal> opening;
    private final ReadAhead readAhead;
    private final JournalMessages journalMessages;
    private final StoredMessages engineMessages;
    private final JournalBarrier barrier;
    private final JournalClock clock;
    private final ErrorHandler onFailure;

    private @Nullable Engine engine;
    private @Nullable ChronicleJournal journal;
    private long replayedCount;
    private long replayNs;

    /** Files before this one have been forced; owned by the store's thread. */
    private int forcedFile;

    /** Reads what is on disk, and repairs what a crash has left unfinished. */
    static Node recover(BrokerConfig config, int entryBytesMax, Doorbell storeBell, ErrorHandler onFailure) {
        Path data = config.storage().directory();
        JournalDirectory directory = JournalDirectory.open(data.resolve("journal"));
        long flushIntervalNs = TimeUnit.SECONDS.toNanos(config.storage().checkpointIntervalSeconds());
        StoreConfig storeConfig =
                StoreConfig.of(data.resolve("state"), data.resolve("native")).withFlushIntervalNs(flushIntervalNs);
        JournalOptions options = JournalOptions.DEFAULT
                .withFileBytes(config.storage().journalFileBytes())
                .withEntryBytesMax(entryBytesMax);
        // The first journal file takes the disk some time; nothing that is stored has a say in it.
        boolean isNew = directory.list().length == 0 && !RocksStateStore.isPresent(storeConfig);
        Opening opening = isNew ? Opening.begin(directory, options, Positions.NONE) : null;
        RocksStateStore store = RocksStateStore.open(storeConfig, storeBell);
        return new Node(
                new Disk(directory, options, store, storeConfig),
                opening != null ? opening : Opening.begin(directory, options, store.durablePosition()),
                config.storage().durability(),
                onFailure);
    }

    private record Disk(
            JournalDirectory directory, JournalOptions options, RocksStateStore store, StoreConfig storeConfig) {}

    /** A recovered journal that is opened in the background: Chronicle takes its time, and a replay needs none. */
    private record Opening(RecoveredJournal recovered, FutureTask<ChronicleJournal> journal) {
        static Opening begin(JournalDirectory directory, JournalOptions options, long reflectedPosition) {
            RecoveredJournal recovered = new JournalRecovery(directory, options).recover(reflectedPosition);
            FutureTask<ChronicleJournal> journal =
                    new FutureTask<>(() -> ChronicleJournal.open(directory, options, recovered));
            Threads.factory("tally-open").newThread(journal).start();
            return new Opening(recovered, journal);
        }
    }

    private Node(Disk disk, Opening opening, Durability durability, ErrorHandler onFailure) {
        directory = disk.directory;
        options = disk.options;
        store = disk.store;
        storeConfig = disk.storeConfig;
        this.onFailure = onFailure;
        recovered = opening.recovered;
        this.opening = opening.journal;
        readAhead = new ReadAhead(directory, options);
        journalMessages = newJournalMessages();
        engineMessages = new StoredMessages(journalMessages, store);
        clock = new JournalClock(SystemEpochClock.INSTANCE, SystemNanoClock.INSTANCE, recovered.lastTimeMs());
        forcedFile = Math.max(1, Positions.file(recovered.lastPosition()));
        barrier = durability == Durability.DISK ? JournalBarrier.RELEASED_IS_DURABLE : this::forceTo;
    }

    JournalMessages newJournalMessages() {
        return new JournalMessages(directory, options, readAhead);
    }

    /** The state as it was when the process before ended; effects stay off. */
    Engine replay(EffectSink effects) {
        long startNs = System.nanoTime();
        Engine made = new Engine(effects, engineMessages, store, new SecureRandom().nextLong());
        made.load();
        try (MappedCursor cursor = new MappedCursor(directory, options, made.reflectedPosition(), false)) {
            while (cursor.next(recovered.lastPosition())) {
                made.onCommand(cursor.position(), cursor.timeMs(), cursor.buffer(), cursor.offset(), cursor.length());
                replayedCount++;
            }
        }
        Invariant.check(
                made.position() == recovered.lastPosition(), "the replay ends where the journal does", made.position());
        replayNs = System.nanoTime() - startNs;
        engine = made;
        return made;
    }

    /** Puts the fact that all connections are gone into the journal, and applies it. */
    void restarted(Limits limits) {
        Journal opened = journal();
        UnsafeBuffer command = new UnsafeBuffer(new byte[RestartedCommand.LENGTH]);
        RestartedCommand.write(command, 0, limits);
        long timeMs = clock.time();
        long position = opened.append(timeMs, command, 0, RestartedCommand.LENGTH);
        if (position == Journal.NO_ROOM) {
            throw new IllegalStateException("the disk has no room for another journal entry: make room in "
                    + directory.path() + " and start again");
        }
        opened.force();
        engine().onCommand(position, timeMs, command, 0, RestartedCommand.LENGTH);
    }

    Engine engine() {
        return Invariant.present(engine, "the journal is replayed first");
    }

    Journal journal() {
        ChronicleJournal opened = journal;
        if (opened == null) {
            opened = Threads.result(opening);
            journal = opened;
        }
        return opened;
    }

    long journalFileBytes() {
        return options.fileBytes();
    }

    StateStore store() {
        return store;
    }

    JournalMessages engineMessages() {
        return journalMessages;
    }

    /** Goes on from the newest time in the journal. */
    JournalClock clock() {
        return clock;
    }

    CommandFeed newFeed(AtomicLong released, RingBuffer bypass) {
        long applied = engine().position();
        return new CommandFeed(new MappedCursor(directory, options, applied, false), applied, released, bypass);
    }

    StoreAgent newStoreAgent() {
        return new StoreAgent(
                store,
                new StoreAgent.Inputs(
                        storeConfig, new JournalMessages(directory, options), barrier, SystemNanoClock.INSTANCE),
                onFailure);
    }

    /** Where released is not yet durable: forces through a descriptor of its own, which covers the same pages. */
    private void forceTo(long position) {
        for (int file = forcedFile; file <= Positions.file(position); file++) {
            forceFile(directory.file(file));
        }
        forcedFile = Positions.file(position);
    }

    private static void forceFile(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(false);
        } catch (NoSuchFileException e) {
            LOG.debug("{} was deleted: everything in it is reflected already", file);
        } catch (IOException e) {
            throw new JournalException("cannot force " + file, e);
        }
    }

    String summary() {
        String repairs = recovered.repairs().isEmpty() ? "" : ", " + recovered.repairs();
        return "recovered %d sessions, %d subscriptions, %d retained messages, replayed %d commands in %d ms%s"
                .formatted(
                        engine().sessionCount(),
                        engine().subscriptionCount(),
                        engine().retainedCount(),
                        replayedCount,
                        replayNs / 1_000_000,
                        repairs);
    }

    /** After the engine's thread has stopped: hands over all changes; false if the store takes none now. */
    boolean tryLastCheckpoint() {
        return engine().position() == engine().reflectedPosition() || engine().tryCheckpoint();
    }

    void close() {
        journal().close();
        readAhead.close();
        engineMessages.close();
        journalMessages.close();
        store.close();
        directory.close();
    }
}
