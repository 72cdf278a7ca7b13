package io.tally.ops.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A broker in a process of its own, started from the class path of the tests. All tests of a run share it, so each
 * takes client ids and topics from {@link #unique}.
 */
final class TestBroker implements AutoCloseable {
    private static final Path ROOT = Path.of("target/conformance").toAbsolutePath();
    private static final AtomicInteger STARTED = new AtomicInteger();
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final long START_NS = 60_000_000_000L;

    private final Process process;
    private final int port;
    private final Path home;
    private final List<Wire> wires = new ArrayList<>();
    private String test = "";

    private TestBroker(Process process, int port, Path home) {
        this.process = process;
        this.port = port;
        this.home = home;
    }

    static TestBroker start(List<String> lines) throws IOException {
        Path home = ROOT.resolve("broker-" + STARTED.incrementAndGet());
        delete(home);
        Files.createDirectories(home);
        int port = freePort();
        List<String> all = new ArrayList<>(List.of(
                "listener " + port + " 127.0.0.1",
                "allow_anonymous true",
                "persistence_location " + home.resolve("data"),
                "journal_file_size 16m",
                "durability process"));
        for (String line : lines) {
            all.add(line.replace("HOME", home.toString()));
        }
        Files.write(home.resolve("broker.conf"), all);
        Process process = new ProcessBuilder(command(home.resolve("broker.conf")))
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("broker.log").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        TestBroker broker = new TestBroker(process, port, home);
        broker.awaitPort();
        return broker;
    }

    TestBroker named(String testName) {
        test = testName;
        return this;
    }

    /** A word that no other test of the run uses; for client ids and topics. */
    String unique() {
        return "n" + NAMES.incrementAndGet() + "-" + test;
    }

    int port() {
        return port;
    }

    /** The directory of its configuration, log and data. */
    Path home() {
        return home;
    }

    /** A connection on which nothing was sent yet; closed after the test. */
    Wire open() {
        return open(5);
    }

    private Wire open(int version) {
        Wire wire = new Wire(port, version);
        wires.add(wire);
        return wire;
    }

    void closeWires() {
        wires.forEach(Wire::close);
        wires.clear();
    }

    /** A client of MQTT 5.0 with clean start, no properties and a client id of its own. */
    Wire v5() {
        return v5(unique(), 2, "");
    }

    /** A client of MQTT 5.0 with clean start and these properties. */
    Wire v5(String properties) {
        return v5(unique(), 2, properties);
    }

    /** A client of MQTT 5.0, connected; connect flags as in the packet, without will. */
    Wire v5(String clientId, int flags, String properties) {
        return open(5).send("10 # 'MQTT' 05 %02x 0000 [%s] '%s'".formatted(flags, properties, clientId))
                .expect("20 # 0? 00 {}");
    }

    /** A client of MQTT 5.0 that finds its session, which never expires. */
    Wire v5Resumed(String clientId) {
        return open().send("10 # 'MQTT' 05 00 0000 [11 ffffffff] '" + clientId + "'")
                .expect("20 # 01 00 {}");
    }

    /** A client of MQTT 3.1.1 with clean session and a client id of its own. */
    Wire v4() {
        return v4(unique(), 2);
    }

    /** A client of MQTT 3.1.1, connected; connect flags as in the packet, without will. */
    Wire v4(String clientId, int flags) {
        return open(4).send("10 # 'MQTT' 04 %02x 0000 '%s'".formatted(flags, clientId))
                .expect("20 02 0? 00");
    }

    /** A client of MQTT 3.1.1 that finds its session. */
    Wire v4Resumed(String clientId) {
        return open(4).send("10 # 'MQTT' 04 00 0000 '" + clientId + "'").expect("20 02 01 00");
    }

    /** CONNECT of MQTT 5.0 with a will; flags: 2 clean start, 4 will, 8 and 16 its QoS, 32 retain. */
    static String connectWithWill(String clientId, int flags, String properties, String will) {
        return "10 # 'MQTT' 05 %02x 0000 [%s] '%s' %s".formatted(flags, properties, clientId, will);
    }

    /** SIGTERM, and waits for the end. */
    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }

    private static List<String> command(Path configuration) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (flag.startsWith("--add-")) {
                command.add(flag);
            }
        }
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classPath));
        command.addAll(List.of("io.tally.ops.cli.Main", "serve", "-c", configuration.toString()));
        return command;
    }

    private void awaitPort() throws IOException {
        long end = System.nanoTime() + START_NS;
        while (!accepts()) {
            if (!process.isAlive() || System.nanoTime() > end) {
                process.destroyForcibly();
                throw new IOException("no broker: " + Files.readString(home.resolve("broker.log")));
            }
            LockSupport.parkNanos(10_000_000);
        }
    }

    private boolean accepts() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Below those that the kernel gives to outgoing connections: one of these could take it before the broker does. */
    private static int freePort() {
        while (true) {
            try (ServerSocket socket =
                    new ServerSocket(ThreadLocalRandom.current().nextInt(10_000, 32_000))) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // Somebody listens there.
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> found = Files.walk(directory)) {
            found.sorted(Comparator.reverseOrder()).forEach(TestBroker::deleteOne);
        }
    }

    private static void deleteOne(Path path) {
        try {
            Files.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
