package io.tally.storage.state;

import io.tally.engine.port.MessageReader;
import io.tally.storage.journal.JournalException;
import io.tally.storage.journal.JournalMessages;
import java.util.concurrent.TimeUnit;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.NanoClock;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/**
 * Writes the engine's batches into RocksDB, and now and then makes them durable. Owns its thread, which should have a
 * low priority: nobody waits for it.
 *
 * <p>A full disk is waited out: the batch stays where it is and is tried again every second; the engine goes on, only
 * without new checkpoints. Any other failure is final and the handler is told.
 */
public final class StoreAgent implements Agent {
    private static final long IDLE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long RETRY_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    private final RocksStateStore store;
    private final StoreConfig config;
    private final JournalBarrier barrier;
    private final NanoClock clock;
    private final ErrorHandler onFailure;
    private final BatchWriter writer;

    private long writtenPosition;
    private long flushDueNs;
    private long retryNs;
    private boolean isDirty;
    private volatile boolean isFull;
    private boolean failed;

    /**
     * What the agent works with besides the store itself.
     *
     * @param journalMessages reads the journal on the agent's thread
     * @param journalReleaser lets go of the journal's files, so that a deleted one gives its room back
     */
    public record Inputs(
            StoreConfig config,
            MessageReader journalMessages,
            Runnable journalReleaser,
            JournalBarrier barrier,
            NanoClock clock) {
        /** With the messages of a journal on disk. */
        public Inputs(StoreConfig config, JournalMessages messages, JournalBarrier barrier, NanoClock clock) {
            this(config, messages, messages::release, barrier, clock);
        }
    }

    /**
     * For the thread that will call {@link #doWork}.
     *
     * @param onFailure told once when the store has failed; it ends the process
     */
    public StoreAgent(RocksStateStore store, Inputs inputs, ErrorHandler onFailure) {
        this.store = store;
        this.config = inputs.config();
        this.barrier = inputs.barrier();
        this.clock = inputs.clock();
        this.onFailure = onFailure;
        writer = new BatchWriter(store.tables(), inputs.journalMessages(), inputs.journalReleaser());
        writtenPosition = store.durablePosition();
    }

    @Override
    public String roleName() {
        return "store";
    }

    @Override
    public int doWork() {
        if (failed) {
            throw new AgentTerminationException("the state store has failed");
        }
        if (isFull && clock.nanoTime() - retryNs < 0) {
            return 0;
        }
        try {
            int work = writeCommitted() + flushIfDue();
            isFull = false;
            return work;
        } catch (RocksDBException e) {
            return onError(e);
        } catch (JournalException e) {
            throw fail(e);
        }
    }

    /** Writes and flushes what has been committed, unless the disk is full: then the journal still has it. */
    @Override
    public void onClose() {
        if (!failed) {
            flushDueNs = clock.nanoTime();
            retryNs = flushDueNs;
            doWork();
        }
        writer.close();
    }

    /** Whether batches wait for room on the disk; any thread. */
    public boolean isDiskFull() {
        return isFull;
    }

    /** Whether a duty cycle would find something to do at once. */
    public boolean hasWork() {
        return !isFull && store.appliedBatch() < store.committedBatch();
    }

    /** The longest sleep from now in nanoseconds. */
    public long timeoutNs() {
        if (isFull) {
            return Math.max(1, retryNs - clock.nanoTime());
        }
        return isDirty ? Math.max(1, Math.min(flushDueNs - clock.nanoTime(), IDLE_TIMEOUT_NS)) : IDLE_TIMEOUT_NS;
    }

    private int writeCommitted() throws RocksDBException {
        int work = 0;
        while (store.appliedBatch() < store.committedBatch()) {
            long number = store.appliedBatch() + 1;
            MutationBuffer batch = store.batch(number);
            barrier.forceTo(batch.reflectedPosition());
            writer.write(batch);
            if (!isDirty) {
                flushDueNs = clock.nanoTime() + config.flushIntervalNs();
            }
            isDirty = true;
            writtenPosition = batch.reflectedPosition();
            store.onApplied(number);
            work++;
        }
        return work;
    }

    private int flushIfDue() throws RocksDBException {
        if (!isDirty || (clock.nanoTime() - flushDueNs < 0 && progress() < config.flushJournalBytes())) {
            return 0;
        }
        store.tables().flush();
        store.onDurable(writtenPosition);
        isDirty = false;
        return 1;
    }

    /** Bytes of the journal between what is durable and what is written; very many when a file ended between. */
    private long progress() {
        return writtenPosition - store.durablePosition();
    }

    private int onError(RocksDBException e) {
        Status status = e.getStatus();
        if (status == null || status.getSubCode() != Status.SubCode.NoSpace) {
            throw fail(new StoreException("the state store in " + config.directory() + " has failed", e));
        }
        isFull = true;
        retryNs = clock.nanoTime() + RETRY_INTERVAL_NS;
        return 0;
    }

    private AgentTerminationException fail(RuntimeException e) {
        failed = true;
        onFailure.onError(e);
        return new AgentTerminationException(e);
    }
}
