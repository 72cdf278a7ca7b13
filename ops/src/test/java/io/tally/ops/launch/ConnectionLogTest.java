package io.tally.ops.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.ops.config.LogConfig;
import io.tally.ops.config.LogType;
import io.tally.ops.log.Logs;
import io.tally.protocol.codec.ReasonCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionLogTest {
    @TempDir
    private Path directory;

    private long nowNs;

    @AfterEach
    void silence() {
        Logs.silence();
    }

    @Test
    void refusalsBeyondSoManyASecondAreCountedInOneLine() throws Exception {
        Path file = directory.resolve("log");
        Logs.configure(new LogConfig(false, false, file, EnumSet.of(LogType.NOTICE), false, true));
        ConnectionLog log = new ConnectionLog(() -> nowNs);
        for (int i = 0; i < 1_000; i++) {
            log.onRefused("192.0.2.1:" + i, ReasonCode.NOT_AUTHORIZED);
        }
        log.onDisconnect("192.0.2.2:1", "c", ReasonCode.SUCCESS);
        nowNs += 1_000_000_000;
        log.onTransportFailed("192.0.2.1:9", "TLS", new IllegalStateException("no"));
        Logs.flush();
        List<String> lines = Files.readAllLines(file);
        int most = ConnectionLog.REFUSALS_PER_SECOND;
        assertEquals(most + 3, lines.size());
        assertEquals(
                List.of(
                        "notice: Client c [192.0.2.2:1] disconnected.",
                        "notice: 900 more connections were refused or failed.",
                        "notice: TLS with 192.0.2.1:9 failed: no."),
                lines.subList(most, most + 3));
    }

    @Test
    void aBanIsTellingWhomItMayHitAndOfManyOneASecondIsTold() throws Exception {
        Path file = directory.resolve("log");
        Logs.configure(new LogConfig(false, false, file, EnumSet.of(LogType.WARNING), false, true));
        ConnectionLog log = new ConnectionLog(() -> nowNs);
        for (int i = 0; i < 3; i++) {
            log.onBanned("192.0.2." + i + ":1883", 60);
        }
        nowNs += 1_000_000_000;
        log.onBanned("192.0.2.9:1883", 60);
        Logs.flush();
        List<String> lines = Files.readAllLines(file);
        assertEquals(2, lines.size(), lines.toString());
        assertTrue(lines.get(0).contains("192.0.2.0:1883 for 60 s (0 more"), lines.get(0));
        assertTrue(lines.get(0).contains("enable_proxy_protocol"), lines.get(0));
        assertTrue(lines.get(1).contains("192.0.2.9:1883 for 60 s (2 more"), lines.get(1));
    }
}
