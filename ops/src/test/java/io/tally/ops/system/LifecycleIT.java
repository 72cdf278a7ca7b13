package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.ops.security.PasswordEditor;
import io.tally.ops.security.PasswordEditor.Algorithm;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Start, ready line, clean shutdown, restart, refusal to start. */
final class LifecycleIT {
    private static final Duration STALL = Duration.ofSeconds(15);
    private static final int LOGINS_MAX = 20;

    @Test
    void printsOneReadyLineWithAddressDurabilityAndDataDirectory() throws Exception {
        Path home = TestHome.fresh("ready-line");
        BrokerSettings settings = new BrokerSettings(home);
        try (BrokerProcess broker = BrokerProcess.start(settings)) {
            String ready = "127.0.0.1:" + broker.port();
            Await.until("ready line", Duration.ofSeconds(5), () -> readyLines(settings, ready) == 1);
            String line =
                    lines(settings).filter(l -> l.contains(ready)).findFirst().orElseThrow();
            assertTrue(line.contains("disk"), line);
            assertTrue(line.contains(settings.dataDir().getFileName().toString()), line);
            assertEquals(0, broker.terminate());
            assertEquals(1, readyLines(settings, ready), broker.log());
        }
        TestHome.delete(home);
    }

    /** Those of Chronicle take a sixth of a second of each start, and nobody uses them. */
    @Test
    void noBindingsToTheSystemAreMade() throws Exception {
        Path home = TestHome.fresh("bindings");
        try (BrokerProcess broker = BrokerProcess.start(new BrokerSettings(home))) {
            String maps = broker.maps();
            assertTrue(maps.contains("rocksdbjni"), maps);
            assertFalse(maps.contains("jffi"), maps);
            assertEquals(0, broker.terminate());
        }
        TestHome.delete(home);
    }

    @Test
    void namesAllAddressesOfTheMachineByAStar() throws Exception {
        Path home = TestHome.fresh("any-address");
        int any = new BrokerSettings(home).port();
        BrokerSettings settings = new BrokerSettings(home).line("listener " + any);
        try (BrokerProcess broker = BrokerProcess.start(settings)) {
            String ready = "Tally is ready on 127.0.0.1:" + broker.port() + ", *:" + any + ",";
            Await.until(ready, STALL, () -> readyLines(settings, ready) == 1);
        }
        TestHome.delete(home);
    }

    @Test
    void namesTheLineOfAHostThatCannotBeResolved() throws Exception {
        Path home = TestHome.fresh("no-such-host");
        BrokerSettings settings = new BrokerSettings(home).line("listener 1 no-such-host.invalid");
        String refusal = refusal(settings);
        String wanted = settings.configuration() + ":4: the host name no-such-host.invalid cannot be resolved";
        assertTrue(refusal.contains(wanted), refusal);
        TestHome.delete(home);
    }

    @Test
    void sigtermSendsDisconnectToMqtt5ClientsClosesAllAndExitsWithZero() throws Exception {
        Path home = TestHome.fresh("sigterm");
        try (BrokerProcess broker = BrokerProcess.start(new BrokerSettings(home));
                RawClient five = RawClient.connected(broker.port(), 5, "five");
                RawClient four = RawClient.connected(broker.port(), 4, "four")) {
            assertEquals(0, broker.terminate());
            Packet last = five.lastPacketBeforeClose();
            assertNotNull(last, "no DISCONNECT");
            assertEquals(Packets.DISCONNECT, last.type());
            assertEquals(0x8B, last.reason());
            assertEquals(null, four.lastPacketBeforeClose(), "a 3.1.1 client gets no DISCONNECT");
        }
        TestHome.delete(home);
    }

    @Test
    void sigtermEndsAStartCleanlyWhereverItStands() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("LifecycleIT seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        Path home = TestHome.fresh("sigterm-start");
        Path pidFile = home.resolve("tally.pid");
        BrokerSettings settings = new BrokerSettings(home)
                .line("max_queued_messages 0")
                .line("log_type all")
                .line("pid_file " + pidFile)
                .tallyLine("checkpoint_interval 86400");
        try (BrokerProcess broker = BrokerProcess.start(settings);
                Crowd crowd = new Crowd("s", broker.port(), 1, 1)) {
            crowd.subscriber(0, 5, 1);
            crowd.awaitSubscribed();
            crowd.subscriberWanted(0, false);
            crowd.publisher(new LedgerPublisher.Plan(5, 1, 64, 1, 64, 0), 100_000);
            crowd.awaitPublished(STALL);
            broker.kill9();
            Files.delete(pidFile);
            for (String moment : List.of("recovering", "replaying", "opening the listeners", "is ready on")) {
                assertEquals(0, broker.terminateStart(moment, Duration.ZERO), moment + ", seed " + seed);
                assertFalse(Files.exists(pidFile), moment);
            }
            for (int i = 0; i < 5; i++) {
                Duration later = Duration.ofNanos(random.nextLong(1_000_000_000));
                assertEquals(0, broker.terminateStart("recovering", later), later + ", seed " + seed);
            }
            assertFalse(broker.log().contains("Exception"), broker.log());
            broker.restart();
            crowd.subscriberWanted(0, true);
            LedgerReport report = crowd.finish(STALL);
            // Not all of it: who connects while the broker stops is refused, and the ledger notes that.
            assertEquals(0, report.lost() + report.doubled() + report.reordered(), report.toString());
            assertEquals(report.accepted(), report.received());
        }
        TestHome.delete(home);
    }

    @Test
    void deliversEverythingExactlyOnceWhileSubscribersComeAndGo() throws Exception {
        Path home = TestHome.fresh("come-and-go");
        try (BrokerProcess broker = BrokerProcess.start(new BrokerSettings(home).line("max_queued_messages 0"));
                Crowd crowd = Crowd.mixed("g", broker.port(), 8, 2_000)) {
            for (int i = 0; i < 10; i++) {
                crowd.awaitAccepted(400, Duration.ofSeconds(30));
                crowd.cutSubscriber(i % 5);
            }
            LedgerReport report = crowd.finish(STALL);
            System.out.println("LifecycleIT " + report);
            assertTrue(report.isClean(), report.toString());
        }
        TestHome.delete(home);
    }

    @Test
    void losesAndDoublesNothingOverCleanRestartsUnderLoad() throws Exception {
        Path home = TestHome.fresh("clean-restarts");
        try (BrokerProcess broker = BrokerProcess.start(new BrokerSettings(home).line("max_queued_messages 0"));
                Crowd crowd = Crowd.mixed("c", broker.port(), 8, 2_000)) {
            for (int i = 0; i < 3; i++) {
                crowd.awaitAccepted(1_500, Duration.ofSeconds(30));
                assertEquals(0, broker.terminate());
                broker.restart();
            }
            crowd.awaitAccepted(500, Duration.ofSeconds(30));
            LedgerReport report = crowd.finish(STALL);
            System.out.println("LifecycleIT " + report);
            assertTrue(report.isClean(), report.toString());
        }
        TestHome.delete(home);
    }

    @Test
    void keepsRetainedMessagesSubscriptionsAndQueuesOverARestart() throws Exception {
        Path home = TestHome.fresh("keeps");
        try (BrokerProcess broker = BrokerProcess.start(new BrokerSettings(home))) {
            try (RawClient sub = RawClient.connected(broker.port(), 5, new ConnectPacket(5, "sub").persistent())) {
                assertEquals(1, sub.subscribe("q/#", 1));
                sub.send(Packets.disconnect());
            }
            try (RawClient pub = RawClient.connected(broker.port(), 5, "pub")) {
                pub.send(Packets.publish(5, "r/1", 1, 1, 1, bytes("kept")));
                pub.expect(Packets.PUBACK);
                pub.publish("q/1", 1, 2, bytes("queued"));
                pub.expect(Packets.PUBACK);
            }
            broker.kill9();
            broker.restart();
            try (RawClient sub = RawClient.connected(broker.port(), 5, new ConnectPacket(5, "sub").persistent())) {
                Packet queued = sub.expect(Packets.PUBLISH);
                assertEquals("queued", queued.payloadText(5));
                sub.send(Packets.ack(Packets.PUBACK, queued.id()));
                sub.send(Packets.subscribe(5, 7, "r/#", 1));
                sub.expect(Packets.SUBACK);
                Packet retained = sub.expect(Packets.PUBLISH);
                assertTrue(retained.retain());
                assertEquals("kept", retained.payloadText(5));
            }
        }
        TestHome.delete(home);
    }

    @Test
    void refusesASecondProcessOnTheSameDataAndLeavesTheFirstOnesPidFile() throws Exception {
        Path home = TestHome.fresh("second");
        Path pidFile = home.resolve("tally.pid");
        Files.writeString(pidFile, "4194304\n");
        try (BrokerProcess broker = BrokerProcess.start(new BrokerSettings(home).line("pid_file " + pidFile))) {
            Await.until("pid file", STALL, () -> broker.isPid(pidFile));
            BrokerSettings second = new BrokerSettings(home.resolve("other"))
                    .dataDir(home.resolve("data"))
                    .line("pid_file " + pidFile);
            String refusal = refusal(second);
            assertTrue(refusal.contains("exited with"), refusal);
            assertTrue(refusal.contains("data"), refusal);
            assertTrue(broker.isAlive());
            assertTrue(broker.isPid(pidFile));
            assertEquals(0, broker.terminate());
            assertFalse(Files.exists(pidFile));
        }
        TestHome.delete(home);
    }

    @Test
    void refusesToStartWithoutTheKeyOfItsJournalUntilItIsBack() throws Exception {
        Assumptions.assumeTrue(BrokerSettings.isTally(), "the journal is Tally's");
        Path home = TestHome.fresh("journal-key");
        BrokerSettings settings = new BrokerSettings(home);
        Path key = settings.dataDir().resolve("journal/journal.key");
        Path elsewhere = home.resolve("elsewhere");
        try (BrokerProcess broker = BrokerProcess.start(settings)) {
            broker.kill9();
            Files.move(key, elsewhere);
            String refusal = refusal(settings);
            assertTrue(refusal.contains("exited with 1"), refusal);
            assertTrue(refusal.contains(key + " is missing"), refusal);
            Files.move(elsewhere, key);
            broker.restart();
            assertEquals(0, broker.terminate());
        }
        TestHome.delete(home);
    }

    @Test
    void refusesToStartOnAnUnknownOptionAndNamesFileAndLine() throws Exception {
        Path home = TestHome.fresh("unknown-option");
        BrokerSettings settings = new BrokerSettings(home).line("no_such_option 1");
        String refusal = refusal(settings);
        assertTrue(refusal.contains("broker.conf"), refusal);
        assertTrue(refusal.contains("no_such_option"), refusal);
        TestHome.delete(home);
    }

    @Test
    void refusesToStartWhenThePortIsTaken() throws Exception {
        Path home = TestHome.fresh("port-taken");
        BrokerSettings settings = new BrokerSettings(home);
        try (ServerSocket taken = new ServerSocket(settings.port())) {
            Process process = new ProcessBuilder(settings.command())
                    .redirectErrorStream(true)
                    .redirectOutput(settings.log().toFile())
                    .start();
            Await.until("exit", Duration.ofSeconds(20), () -> !process.isAlive());
            assertEquals(1, process.exitValue());
            String where = settings.configuration() + ":1: cannot listen on 127.0.0.1:" + taken.getLocalPort();
            List<String> told =
                    lines(settings).filter(l -> l.contains("cannot")).toList();
            assertEquals(1, told.size(), told.toString());
            assertTrue(told.get(0).contains(where + ": another program listens there already"), told.get(0));
        }
        TestHome.delete(home);
    }

    @Test
    void startsFromTheJarAloneOnEveryJdkOfThisMachine() throws Exception {
        for (Map.Entry<Integer, Path> jdk : Jdks.all().entrySet()) {
            Path home = TestHome.fresh("jdk-" + jdk.getKey());
            BrokerSettings settings =
                    new BrokerSettings(home).jdk(jdk.getValue()).plainJar();
            try (BrokerProcess broker = BrokerProcess.start(settings)) {
                RawClient.connected(broker.port(), 5, "client").close();
                assertEquals(0, broker.terminate());
                assertTrue(!broker.log().contains("Exception"), broker.log());
            }
            TestHome.delete(home);
        }
    }

    @Test
    void threadsRunWhereTheConfigurationSaysAndMaySpin() throws Exception {
        String[] allowed = BrokerProcess.cpus(Path.of("/proc/self"))
                .replaceAll("[^0-9]", " ")
                .split(" ");
        String first = allowed[0];
        String last = allowed[allowed.length - 1];
        Assumptions.assumeFalse(first.equals(last), "NOT RUN: needs two CPUs");
        Path home = TestHome.fresh("cpus");
        BrokerSettings settings = new BrokerSettings(home)
                .line("threading dedicated")
                .line("io_threads 1")
                .line("thread_cpus io " + last)
                .line("thread_cpus engine " + first)
                .line("thread_cpus journal " + last)
                .line("thread_cpus others " + last)
                .line("idle_strategy engine spin");
        try (BrokerProcess broker = BrokerProcess.start(settings);
                RawClient client = RawClient.connected(broker.port(), 5, "c")) {
            assertEquals(last, broker.cpusOf("tally-io-0"));
            assertEquals(first, broker.cpusOf("tally-engine"));
            assertEquals(last, broker.cpusOf("sequencer"));
            assertEquals(last, broker.cpusOf("store"));
            assertEquals(last, broker.cpusOf("journal-reads"));
            assertEquals(last, broker.cpusOf("VM Thread"));
            client.subscribe("t", 1);
            client.publish("t", 0, 0, new byte[1]);
            client.expect(Packets.PUBLISH);
            client.publish("u", 1, 7, new byte[1]);
            assertEquals(7, client.expect(Packets.PUBACK).id());
            assertEquals(0, broker.terminate());
        }
        TestHome.delete(home);
    }

    /** A password is hashed for a client of an I/O loop, by a thread that is made then. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void passwordsAreNotHashedOnTheCpuOfTheThreadThatNeedsThem(boolean isToldWhere) throws Exception {
        String all = BrokerProcess.cpus(Path.of("/proc/self"));
        String[] allowed = all.replaceAll("[^0-9]", " ").split(" ");
        String first = allowed[0];
        String last = allowed[allowed.length - 1];
        Assumptions.assumeFalse(first.equals(last), "NOT RUN: needs two CPUs");
        Path home = TestHome.fresh("helper-cpus");
        Path passwords = home.resolve("passwords").toAbsolutePath();
        new PasswordEditor(Algorithm.SHA512_PBKDF2, 100).create(passwords, "ann", "pass");
        BrokerSettings settings = new BrokerSettings(home)
                .line("allow_anonymous false")
                .line("password_file " + passwords)
                .line("threading dedicated")
                .line("io_threads 1")
                .line("thread_cpus io " + last);
        if (isToldWhere) {
            settings.line("thread_cpus others " + first);
        }
        try (BrokerProcess broker = BrokerProcess.start(settings)) {
            assertEquals(last, broker.cpusOf("tally-io-0"));
            assertEquals(isToldWhere ? first : all, cpusOfHelper(broker));
        }
        TestHome.delete(home);
    }

    /** A helper ends when it has had nothing to do for some time: then another login makes a new one. */
    private static String cpusOfHelper(BrokerProcess broker) throws IOException {
        for (int i = 1; ; i++) {
            RawClient.connected(broker.port(), 5, new ConnectPacket(5, "c").login("ann", "pass"))
                    .close();
            try {
                return broker.cpusOf("tally-helper");
            } catch (IOException e) {
                if (i == LOGINS_MAX) {
                    throw e;
                }
            }
        }
    }

    /** Why this broker does not start: its exit code and output. */
    private static String refusal(BrokerSettings settings) {
        return assertThrows(
                        IOException.class, () -> BrokerProcess.start(settings).close())
                .toString();
    }

    private static long readyLines(BrokerSettings settings, String address) {
        try {
            return lines(settings).filter(l -> l.contains(address)).count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Stream<String> lines(BrokerSettings settings) throws IOException {
        return Files.readString(settings.log()).lines();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
