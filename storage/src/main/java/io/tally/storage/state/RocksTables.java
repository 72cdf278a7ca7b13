package io.tally.storage.state;

import io.tally.engine.port.Table;
import io.tally.storage.journal.JournalDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.Env;
import org.rocksdb.FlushOptions;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.Priority;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/**
 * The open database: a column family for each {@link Table}, and RocksDB's default one for the rows of the store
 * itself. No write-ahead log, for the journal is one; all column families are flushed as one, so that whatever a crash
 * leaves is a state that existed. Reading and writing is for any thread.
 */
final class RocksTables implements AutoCloseable {
    private static final byte[] REFLECTED_KEY = "reflected".getBytes(StandardCharsets.US_ASCII);

    /** Smallest piece of memory of a table's write buffer; RocksDB would take 512 KiB. */
    private static final long ARENA_BLOCK_BYTES = 64 << 10;

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private final List<ColumnFamilyHandle> handles = new ArrayList<>();
    private final Path directory;
    private final RocksDB db;
    private final WriteOptions writeOptions;
    private final FlushOptions flushOptions;

    private RocksTables(StoreConfig config) throws RocksDBException {
        directory = config.directory();
        Cache cache = owned(new LRUCache(config.cacheBytes()));
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        ColumnFamilyOptions familyOptions = owned(familyOptions(cache));
        families.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, familyOptions));
        for (Table table : Table.values()) {
            families.add(new ColumnFamilyDescriptor(familyName(table), familyOptions));
        }
        DBOptions dbOptions = owned(dbOptions(config, cache));
        writeOptions = owned(new WriteOptions().setDisableWAL(true));
        flushOptions = owned(new FlushOptions().setWaitForFlush(true));
        db = RocksDB.open(dbOptions, directory.toString(), families, handles);
        resources.push(db);
        handles.forEach(resources::push);
    }

    static RocksTables open(StoreConfig config) {
        NativeLibrary.load(config.nativeDirectory());
        Env.getDefault().lowerThreadPoolCPUPriority(Priority.LOW); // compaction; nobody waits for it
        try {
            JournalDirectory.create(config.directory());
            checkFamilies(config.directory());
            RocksTables tables = new RocksTables(config);
            tables.checkSchema();
            return tables;
        } catch (IOException | RocksDBException e) {
            throw new StoreException("cannot open the state store in " + config.directory() + ": " + e.getMessage(), e);
        }
    }

    static boolean isPresent(Path directory) {
        return Files.exists(directory.resolve("CURRENT"));
    }

    RocksDB db() {
        return db;
    }

    ColumnFamilyHandle family(int tableId) {
        return handles.get(tableId + 1);
    }

    /** The position in the batch is what the database will reflect. */
    void write(WriteBatch batch, long reflectedPosition) throws RocksDBException {
        batch.put(REFLECTED_KEY, Long.toString(reflectedPosition).getBytes(StandardCharsets.US_ASCII));
        db.write(writeOptions, batch);
    }

    /** Makes everything written so far survive power loss, all column families at once. */
    void flush() throws RocksDBException {
        db.flush(flushOptions, handles);
    }

    /** 0 for a new database. */
    long reflectedPosition() {
        try {
            byte[] row = db.get(REFLECTED_KEY);
            return row == null ? 0 : Long.parseLong(new String(row, StandardCharsets.US_ASCII));
        } catch (RocksDBException e) {
            throw new StoreException("cannot read the state store in " + directory, e);
        }
    }

    Path directory() {
        return directory;
    }

    @Override
    public void close() {
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Exception e) {
                throw new StoreException("cannot close the state store in " + directory, e);
            }
        }
    }

    private void checkSchema() throws RocksDBException {
        byte[] row = db.get(SchemaVersion.KEY);
        try {
            SchemaVersion.check(row, directory);
        } catch (StoreException e) {
            close();
            throw e;
        }
        if (row == null) {
            db.put(writeOptions, SchemaVersion.KEY, SchemaVersion.row());
        }
    }

    /** RocksDB refuses to open with fewer column families than there are, in words that help nobody. */
    private static void checkFamilies(Path directory) throws RocksDBException {
        if (!isPresent(directory)) {
            return;
        }
        List<String> known =
                new ArrayList<>(List.of(new String(RocksDB.DEFAULT_COLUMN_FAMILY, StandardCharsets.UTF_8)));
        Arrays.stream(Table.values())
                .forEach(table -> known.add(new String(familyName(table), StandardCharsets.UTF_8)));
        try (Options options = new Options()) {
            for (byte[] name : RocksDB.listColumnFamilies(options, directory.toString())) {
                String family = new String(name, StandardCharsets.UTF_8);
                if (!known.contains(family)) {
                    throw SchemaVersion.tooNew(directory, "table " + family);
                }
            }
        }
    }

    private static byte[] familyName(Table table) {
        return table.name().toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
    }

    private DBOptions dbOptions(StoreConfig config, Cache cache) {
        return new DBOptions()
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setAtomicFlush(true)
                .setWriteBufferManager(owned(new WriteBufferManager(config.writeBufferBytes(), cache)))
                .setMaxOpenFiles(256)
                .setMaxBackgroundJobs(2)
                .setKeepLogFileNum(2)
                .setMaxLogFileSize(1 << 20)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setStatsDumpPeriodSec(0)
                .setStatsPersistPeriodSec(0)
                .setBytesPerSync(1 << 20);
    }

    /** Index and filter in partitions: in one piece each they do not fit a small cache and a get takes 300 µs. */
    private ColumnFamilyOptions familyOptions(Cache cache) {
        BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setCacheIndexAndFilterBlocks(true)
                .setIndexType(IndexType.kTwoLevelIndexSearch)
                .setPartitionFilters(true)
                .setMetadataBlockSize(4096)
                .setPinTopLevelIndexAndFilter(true)
                .setFilterPolicy(owned(new BloomFilter(10)))
                .setFormatVersion(5);
        return new ColumnFamilyOptions()
                .setTableFormatConfig(table)
                .setWriteBufferSize(4 << 20)
                .setArenaBlockSize(ARENA_BLOCK_BYTES)
                .setMaxWriteBufferNumber(3)
                .setCompressionType(CompressionType.LZ4_COMPRESSION);
    }

    private <T extends AutoCloseable> T owned(T resource) {
        resources.push(resource);
        return resource;
    }
}
