package io.tally.ops.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.ops.config.LogConfig;
import io.tally.ops.config.LogType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What gets into the log, and what the log never does to its callers. */
class LogsTest {
    private static final Logger OURS = LoggerFactory.getLogger("io.tally.test");
    private static final Logger LIBRARY = LoggerFactory.getLogger("org.library");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @AfterEach
    void silence() {
        Logs.silence();
    }

    private Path logTo(Set<LogType> types, boolean timestamped) {
        Path file = dir.resolve("tally.log");
        Logs.configure(new LogConfig(false, false, file, types, timestamped, true));
        return file;
    }

    private static List<String> lines(Path file) throws IOException {
        Logs.flush();
        return Files.readAllLines(file, StandardCharsets.UTF_8);
    }

    private static void logEverything(Logger logger) {
        logger.error("e");
        logger.warn("w");
        logger.info("i");
        logger.info(Logs.NOTICE, "n");
        logger.info(Logs.SUBSCRIBE, "s");
        logger.info(Logs.UNSUBSCRIBE, "u");
        logger.debug("d");
        logger.trace("t");
    }

    @Test
    void writesEachTypeUnderItsName() throws IOException {
        Path file = logTo(EnumSet.allOf(LogType.class), false);
        logEverything(OURS);
        assertEquals(
                List.of(
                        "error: e",
                        "warning: w",
                        "information: i",
                        "notice: n",
                        "subscribe: s",
                        "unsubscribe: u",
                        "debug: d",
                        "internal: t"),
                lines(file));
    }

    @Test
    void writesOnlyTheTypesAskedFor() throws IOException {
        Path file = logTo(EnumSet.of(LogType.WARNING, LogType.SUBSCRIBE), false);
        logEverything(OURS);
        assertEquals(List.of("warning: w", "subscribe: s"), lines(file));
        assertTrue(OURS.isWarnEnabled());
        assertFalse(OURS.isErrorEnabled());
        assertTrue(OURS.isInfoEnabled(Logs.SUBSCRIBE));
        assertFalse(OURS.isInfoEnabled());
    }

    @Test
    void libraryInformationIsDebug() throws IOException {
        Path file = logTo(LogType.DEFAULT, false);
        LIBRARY.info("chatter");
        LIBRARY.warn("careful");
        assertEquals(List.of("warning: careful [org.library]"), lines(file));
    }

    @Test
    void javaUtilLoggingComesHereToo() throws IOException {
        Path file = logTo(LogType.DEFAULT, false);
        JulRouting routing = new JulRouting();
        java.util.logging.Logger.getLogger("jul")
                .warning("through " + routing.getClass().getSimpleName());
        assertEquals(List.of("warning: through JulRouting"), lines(file));
    }

    @Test
    void messageCannotForgeALine() throws IOException {
        Path file = logTo(LogType.DEFAULT, false);
        OURS.warn("client '{}' said", "x\nerror: forged\u001b[1m");
        assertEquals(List.of("warning: client 'x\\x0aerror: forged\\x1b[1m' said"), lines(file));
    }

    @Test
    void stackTraceFollowsItsMessage() throws IOException {
        Path file = logTo(LogType.DEFAULT, false);
        OURS.error("failed: {}", "here", new IllegalStateException("why"));
        List<String> lines = lines(file);
        assertEquals("error: failed: here", lines.get(0));
        assertEquals("java.lang.IllegalStateException: why", lines.get(1));
        assertTrue(lines.get(2).startsWith("\tat "), lines.get(2));
    }

    @Test
    void timestampsAreUtcWithMilliseconds() throws IOException {
        Path file = logTo(LogType.DEFAULT, true);
        OURS.warn("now");
        String line = lines(file).get(0);
        assertTrue(line.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z warning: now"), line);
    }

    @Test
    void reconfiguringKeepsWhatWasLogged() throws IOException {
        Path file = logTo(LogType.DEFAULT, false);
        OURS.warn("one");
        logTo(LogType.DEFAULT, false);
        OURS.warn("two");
        assertEquals(List.of("warning: one", "warning: two"), lines(file));
    }

    @Test
    void fullDiskNeitherThrowsNorBlocks() {
        Path full = Path.of("/dev/full");
        Logs.configure(new LogConfig(false, false, full, LogType.DEFAULT, false, true));
        for (int i = 0; i < 20_000; i++) {
            OURS.warn("line {}", i);
        }
        Logs.flush();
        assertTrue(Files.exists(full));
    }

    @Test
    void linesAreInOrderAndLossIsCounted() throws IOException {
        Path file = logTo(LogType.DEFAULT, false);
        int count = 50_000;
        for (int i = 0; i < count; i++) {
            OURS.warn("{}", i);
        }
        long written = 0;
        long dropped = 0;
        int last = -1;
        for (String line : lines(file)) {
            String text = line.substring("warning: ".length());
            if (text.contains("dropped")) {
                dropped += Long.parseLong(text.substring(0, text.indexOf(' ')));
            } else {
                assertTrue(Integer.parseInt(text) > last);
                last = Integer.parseInt(text);
                written++;
            }
        }
        assertEquals(count, written + dropped);
    }
}
