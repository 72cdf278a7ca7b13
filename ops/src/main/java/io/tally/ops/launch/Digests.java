package io.tally.ops.launch;

import io.tally.engine.Engine;
import io.tally.engine.port.EffectSink;
import io.tally.engine.port.Positions;
import io.tally.engine.port.StateStore;
import io.tally.engine.port.Table;
import io.tally.ops.config.BrokerConfig;
import io.tally.protocol.gateway.GatewayConfig;
import io.tally.storage.journal.JournalDirectory;
import io.tally.storage.journal.JournalMessages;
import io.tally.storage.journal.JournalOptions;
import io.tally.storage.journal.JournalRecovery;
import io.tally.storage.journal.MappedCursor;
import io.tally.storage.sequencer.Doorbell;
import io.tally.storage.state.RocksStateStore;
import io.tally.storage.state.StoreConfig;
import io.tally.storage.state.StoredMessages;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** The digest of the state that a stopped broker's data directory stands for. */
public final class Digests {
    /**
     * What was replayed, and what came out.
     *
     * @param position of the last command
     * @param commands replayed
     */
    public record Result(long digest, long position, long commands) {}

    private Digests() {}

    /** As a restart would see it: from the last checkpoint on. */
    public static Result fromCheckpoint(BrokerConfig config) {
        Path data = config.storage().directory();
        JournalOptions options = options(config);
        StoreConfig storeConfig = StoreConfig.of(data.resolve("state"), data.resolve("native"));
        try (JournalDirectory directory = JournalDirectory.open(data.resolve("journal"));
                RocksStateStore store = RocksStateStore.open(storeConfig, new Doorbell());
                JournalMessages journal = new JournalMessages(directory, options);
                StoredMessages messages = new StoredMessages(journal, store)) {
            Engine engine = new Engine(Silence.INSTANCE, messages, store);
            engine.load();
            return replay(engine, directory, options);
        }
    }

    /** From the first command that there ever was; every journal file must still be there. */
    public static Result fromTheBeginning(BrokerConfig config) {
        JournalOptions options = options(config);
        try (JournalDirectory directory =
                        JournalDirectory.open(config.storage().directory().resolve("journal"));
                JournalMessages journal = new JournalMessages(directory, options)) {
            int[] files = directory.list();
            if (files.length > 0 && files[0] != 1) {
                throw new IllegalStateException("the journal begins with file " + files[0]
                        + ": earlier ones were deleted because nothing needs them any more, so it cannot be replayed"
                        + " from the beginning");
            }
            return replay(new Engine(Silence.INSTANCE, journal, Nothing.INSTANCE), directory, options);
        }
    }

    private static Result replay(Engine engine, JournalDirectory directory, JournalOptions options) {
        long end = new JournalRecovery(directory, options)
                .recover(engine.reflectedPosition())
                .lastPosition();
        long commands = 0;
        try (MappedCursor cursor = new MappedCursor(directory, options, engine.reflectedPosition(), true)) {
            while (cursor.next(end)) {
                engine.onCommand(cursor.position(), cursor.timeMs(), cursor.buffer(), cursor.offset(), cursor.length());
                commands++;
            }
        }
        return new Result(engine.digest(), engine.position(), commands);
    }

    private static JournalOptions options(BrokerConfig config) {
        return JournalOptions.DEFAULT
                .withFileBytes(config.storage().journalFileBytes())
                .withEntryBytesMax(config.clients().packetBytesMax() + GatewayConfig.COMMAND_OVERHEAD_MAX);
    }

    /** Effects that nobody hears. */
    private enum Silence implements EffectSink {
        INSTANCE;

        @Override
        public boolean isOn() {
            return false;
        }

        @Override
        public int effectBytesMax() {
            throw new IllegalStateException("a replay has no effects");
        }

        @Override
        public int claim(int gateway, int length) {
            throw new IllegalStateException("a replay has no effects");
        }

        @Override
        public MutableDirectBuffer buffer(int gateway) {
            throw new IllegalStateException("a replay has no effects");
        }

        @Override
        public void commit(int gateway, int index) {
            throw new IllegalStateException("a replay has no effects");
        }

        @Override
        public int gatewayCount() {
            return 0;
        }
    }

    /** A store that holds nothing and takes nothing: all state stays in memory. */
    private enum Nothing implements StateStore {
        INSTANCE;

        @Override
        public boolean tryBegin() {
            return false;
        }

        @Override
        public void put(Table table, DirectBuffer key, int keyLength, DirectBuffer value, int valueLength) {
            throw new IllegalStateException("no batch was begun");
        }

        @Override
        public void delete(Table table, DirectBuffer key, int keyLength) {
            throw new IllegalStateException("no batch was begun");
        }

        @Override
        public void keepMessage(long position) {
            throw new IllegalStateException("no batch was begun");
        }

        @Override
        public void dropMessage(long position) {
            throw new IllegalStateException("no batch was begun");
        }

        @Override
        public long commit(long reflectedPosition) {
            throw new IllegalStateException("no batch was begun");
        }

        @Override
        public long appliedBatch() {
            return 0;
        }

        @Override
        public long durablePosition() {
            return Positions.NONE;
        }

        @Override
        public int get(Table table, DirectBuffer key, int keyLength, MutableDirectBuffer into) {
            return -1;
        }

        @Override
        public void forEach(Table table, RowHandler handler) {}
    }
}
