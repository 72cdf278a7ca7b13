package io.tally.perf.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiskLoadTest {
    private static final int GROUP_BYTES_MAX = 16 << 20;

    @TempDir
    private Path directory;

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    @AfterEach
    void leavesNoFile() throws IOException {
        assertEquals(List.of(), files());
    }

    @ParameterizedTest
    @CsvSource({
        "2000, 320, 0.1, 0.2, 400",
        "1000000, 16, 0, 0.1, 100000",
        "3, 320, 0, 0.01, 1",
        "1e9, 1000, 0.00001, 0.00002, 20000",
        "1e9, 6000000, 0, 0.000000005, 5"
    })
    void eachMessageOfTheMeasuredTimeIsForcedAndCountedOnce(
            double rate, int entryBytes, double warmup, double seconds, long expected) throws Exception {
        DiskLoad.Result result = new DiskLoad(rate, entryBytes, warmup, seconds).run(directory);
        long forces = result.forces().getTotalCount();
        assertEquals(expected, result.messages().getTotalCount());
        assertEquals(forces, result.late().getTotalCount());
        assertTrue(forces <= expected, forces + " forces");
        int groupMax = GROUP_BYTES_MAX / entryBytes;
        assertTrue(forces >= (expected + groupMax - 1) / groupMax, forces + " forces");
        // A warm-up that the machine held up ends later, and what was due meanwhile is done in less time.
        assertTrue(warmup > 0 || result.seconds() > (expected - 1) / rate, result.seconds() + " s");
    }

    @Test
    void aMessageWaitsForTheForceItIsWrittenWith() throws Exception {
        DiskLoad.Result result = new DiskLoad(5_000, 320, 0, 0.1).run(directory);
        assertTrue(result.forces().getMinValue() > 0);
        assertTrue(result.messages().getMinValue() >= result.forces().getMinValue());
        assertTrue(result.messages().getMaxValue() >= result.forces().getMaxValue());
    }

    @Test
    void theFileGoesWhenWritingFails() {
        Thread.currentThread().interrupt(); // closes the channel at its first write
        assertThrows(ClosedByInterruptException.class, () -> new DiskLoad(1_000, 320, 0, 1).run(directory));
        assertTrue(Thread.interrupted());
    }

    @ParameterizedTest
    @CsvSource({"1e9, 16777216, 0, 1e6", "1000, 320, 0, Infinity", "1000, 320, Infinity, 1"})
    void whatHasNoRoomIsNotBegun(double rate, int entryBytes, double warmup, double seconds) {
        DiskLoad load = new DiskLoad(rate, entryBytes, warmup, seconds);
        IOException e = assertThrows(IOException.class, () -> load.run(directory));
        assertTrue(String.valueOf(e.getMessage()).contains(" bytes are left, needed are "), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 320, 3, 10, rate 0.0",
        "-1, 320, 3, 10, rate -1.0",
        "NaN, 320, 3, 10, rate NaN",
        "2e9, 320, 3, 10, rate 2.0E9",
        "5000, 0, 3, 10, size 0",
        "5000, 16777217, 3, 10, size 16777217",
        "5000, 320, -1, 10, warmup -1.0",
        "5000, 320, 3, 0, seconds 0.0"
    })
    void whatIsOutOfRangeIsNamed(double rate, int entryBytes, double warmup, double seconds, String named) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> new DiskLoad(rate, entryBytes, warmup, seconds));
        assertEquals(named + " is out of range", e.getMessage());
    }
}
