package io.tally.perf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The growth benches that start brokers of their own, with little to do. */
class StorageGrowthTest {
    @TempDir
    private Path directory;

    @BeforeEach
    void writeLauncher() throws IOException {
        Path launcher = directory.resolve("tally");
        Files.writeString(launcher, "#!/bin/sh\nexec '" + String.join("' '", TallyProcess.command()) + "' \"$@\"\n");
        Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwx------"));
    }

    private String bench(String line) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        String all = "growth " + line + " --with journal_file_size=16m --tally " + directory.resolve("tally")
                + " --dir " + directory.resolve("broker");
        int exitCode = Bench.run(all.split(" "), print, print);
        String text = output.toString(StandardCharsets.UTF_8);
        assertEquals(0, exitCode, text);
        return text;
    }

    @Test
    void aKilledBrokerIsTimedUntilItListensAgain() {
        String text = bench("restart --gb 0.04 --rounds 1");
        assertTrue(text.matches("(?s).*start, median \\[ms\\] +[0-9.,]+.*"), text);
        assertTrue(Files.notExists(directory.resolve("broker")), "the data are deleted");
    }

    @Test
    void sessionsWithoutAConnectionAreCountedAfterARestart() {
        String text = bench("sessions --from 20 --to 60 --threads 4");
        assertTrue(text.matches("(?s).*start after kill -9 \\[ms\\] +[0-9.,]+ +[0-9.,]+\n.*"), text);
    }

    @Test
    void aBacklogComesWholeAndInOrderBehindACrash() {
        String text = bench("backlog --from 5000 --to 5000 --normal 0.5 --restart");
        assertTrue(text.matches("(?s).*meanwhile, p99 of the others' latency \\[ms\\] +[0-9.,]+\n.*"), text);
        assertTrue(text.matches("(?s).*out of order \\[messages\\] +0.00\n.*"), text);
    }

    @Test
    void connectionsStayOpenWhileTheyAreCounted() {
        String text = bench("connections --from 10 --to 20 --warm-up 5 --settle 0");
        assertTrue(text.matches("(?s).*heap for each \\[B\\] +[0-9.,-]+ +[0-9.,-]+\n.*"), text);
        assertTrue(text.matches("(?s).*closed by the broker \\[connections\\] +0.00\n.*"), text);
    }

    @Test
    void sessionsThatWakeTogetherGetEachMessageOnce() {
        String text = bench("waking --from 20 --to 60 --messages 2 --qos 2");
        assertTrue(text.matches("(?s).*CONNACK, the last \\[ms\\] +[0-9.,]+ +[0-9.,]+\n.*"), text);
        assertTrue(text.matches("(?s).*not back \\[messages\\] +0.00 +0.00\n.*"), text);
    }
}
