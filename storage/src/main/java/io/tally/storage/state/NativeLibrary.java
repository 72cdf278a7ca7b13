package io.tally.storage.state;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.jar.JarEntry;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

/**
 * Loads RocksDB's native library from a place of our own. Left to itself RocksDB unpacks 17 MB into the temporary
 * directory at every start and leaves them there when the process is killed. Here it is unpacked once, into a folder
 * named after its checksum.
 */
final class NativeLibrary {
    /** What {@link RocksDB#loadLibrary(List)} looks for; not the name of the jar's entry. */
    private static final String LOADED_NAME = Environment.getJniLibraryFileName("rocksdbjni");

    private NativeLibrary() {}

    /** Loads the library unless it is loaded already. */
    static synchronized void load(Path directory) {
        Path folder = unpacked(directory);
        if (folder == null) {
            RocksDB.loadLibrary();
            return;
        }
        try {
            RocksDB.loadLibrary(List.of(folder.toAbsolutePath().toString()));
        } catch (UnsatisfiedLinkError e) {
            // A file system that forbids execution: the temporary directory may allow it.
            RocksDB.loadLibrary();
        }
    }

    /** The folder that holds the library, null when the class path holds it otherwise than as a jar's entry. */
    private static @Nullable Path unpacked(Path directory) {
        try {
            URL url = RocksDB.class.getClassLoader().getResource(Environment.getJniLibraryFileName("rocksdb"));
            if (url == null || !(url.openConnection() instanceof JarURLConnection connection)) {
                return null;
            }
            JarEntry entry = connection.getJarEntry();
            Path folder = directory.resolve(Long.toHexString(entry.getCrc()));
            Path library = folder.resolve(LOADED_NAME);
            if (!Files.exists(library) || Files.size(library) != entry.getSize()) {
                Files.createDirectories(folder);
                unpack(connection, library);
            }
            return folder;
        } catch (IOException e) {
            throw new StoreException("cannot unpack RocksDB's native library into " + directory + ": " + e, e);
        }
    }

    private static void unpack(JarURLConnection connection, Path library) throws IOException {
        Path part = library.resolveSibling(
                library.getFileName() + "." + ProcessHandle.current().pid());
        try (InputStream in = connection.getInputStream()) {
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
        }
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(part, library, StandardCopyOption.ATOMIC_MOVE);
    }
}
