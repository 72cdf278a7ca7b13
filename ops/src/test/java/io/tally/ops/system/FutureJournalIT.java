package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tally.engine.port.Positions;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.RestartedCommand;
import io.tally.storage.journal.ChronicleJournal;
import io.tally.storage.journal.JournalDirectory;
import io.tally.storage.journal.JournalOptions;
import io.tally.storage.journal.JournalRecovery;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** A machine's clock was years ahead when the broker ran first, and is right now. */
final class FutureJournalIT {
    private static final int WILL_DELAY_S = 3;
    private static final int EXPIRY_S = 1;

    @Test
    void delayedWillsAndExpiryDoNotWaitForTheClock() throws Exception {
        Assumptions.assumeTrue(BrokerSettings.isTally());
        Path home = TestHome.fresh("future-journal");
        BrokerSettings settings = new BrokerSettings(home);
        journal(Files.createDirectories(settings.dataDir().resolve("journal")));
        try (BrokerProcess broker = BrokerProcess.start(settings)) {
            ConnectPacket away = new ConnectPacket(5, "away").persistent();
            try (RawClient client = RawClient.connected(broker.port(), 5, away)) {
                client.subscribe("waits", 1);
            }
            ConnectPacket leaving = new ConnectPacket(5, "leaving")
                    .persistent()
                    .will("will", bytes("gone"), 0, false)
                    .willDelay(WILL_DELAY_S);
            try (RawClient watcher = RawClient.connected(broker.port(), 5, "watcher")) {
                watcher.subscribe("will", 0);
                publish(watcher, 1, new Bytes().u8(2).u32(EXPIRY_S), "expires");
                publish(watcher, 2, new Bytes(), "stays");
                RawClient.connected(broker.port(), 5, leaving).close();
                assertEquals("will", watcher.expect(Packets.PUBLISH).topic());
            }
            try (RawClient client = RawClient.connected(broker.port(), 5, away)) {
                assertEquals("stays", client.expect(Packets.PUBLISH).payloadText(5));
            }
            assertEquals(0, broker.terminate());
        }
        TestHome.delete(home);
    }

    private static void publish(RawClient client, int id, Bytes properties, String payload) throws Exception {
        client.send(new Bytes()
                .string("waits")
                .u16(id)
                .section(properties)
                .raw(bytes(payload))
                .packet(0x32));
        client.expect(Packets.PUBACK);
    }

    /** Of a process that began ten years from now. */
    private static void journal(Path path) {
        UnsafeBuffer command = new UnsafeBuffer(new byte[RestartedCommand.LENGTH]);
        RestartedCommand.write(command, 0, Limits.NONE);
        JournalDirectory directory = JournalDirectory.open(path);
        JournalOptions options = JournalOptions.DEFAULT.withFileBytes(16 << 20);
        try (ChronicleJournal journal = ChronicleJournal.open(
                directory, options, new JournalRecovery(directory, options).recover(Positions.NONE))) {
            journal.append(
                    System.currentTimeMillis() + TimeUnit.DAYS.toMillis(3650), command, 0, RestartedCommand.LENGTH);
            journal.force();
        }
        directory.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
