package io.tally.ops.system;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The end of a stopped broker's journal, found without any knowledge of its format: where the last message that the
 * ledger calls accepted ends.
 */
final class JournalTail {
    private final List<Path> files;
    private final int file;
    private final long end;

    private JournalTail(List<Path> files, int file, long end) {
        this.files = files;
        this.file = file;
        this.end = end;
    }

    /** Looks for the last accepted message of the given payload size. */
    static JournalTail find(Path journal, int payloadBytes, Predicate<Message> accepted) throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.list(journal)) {
            files = new ArrayList<>(
                    found.filter(p -> p.toString().endsWith(".cq4")).sorted().toList());
        }
        for (int i = files.size() - 1; i >= 0; i--) {
            long end = lastEnd(files.get(i), payloadBytes, accepted);
            if (end > 0) {
                return new JournalTail(files, i, end);
            }
        }
        throw new IOException("no accepted message in " + journal);
    }

    /** Deletes everything behind it but for some bytes that follow immediately. */
    void cut(int tornBytes) throws IOException {
        for (Path later : files.subList(file + 1, files.size())) {
            Files.delete(later);
        }
        try (FileChannel channel = FileChannel.open(files.get(file), StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocate(1 << 20);
            long size = channel.size();
            for (long at = end + tornBytes; at < size; at += zeros.capacity()) {
                zeros.clear().limit((int) Math.min(zeros.capacity(), size - at));
                channel.write(zeros, at);
            }
        }
    }

    private static long lastEnd(Path path, int payloadBytes, Predicate<Message> accepted) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer content = channel.map(MapMode.READ_ONLY, 0, channel.size());
            for (int at = content.limit() - payloadBytes; at >= 0; at--) {
                if (content.getInt(at) == Message.MAGIC) {
                    Message message = Message.parse(content.slice(at, payloadBytes));
                    if (message != null && accepted.test(message)) {
                        return at + (long) payloadBytes;
                    }
                }
            }
        }
        return 0;
    }
}
