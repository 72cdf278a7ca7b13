package io.tally.ops.launch;

import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.internal.PlatformDependent;
import io.tally.protocol.fuzz.HeapBound;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.SplittableRandom;

/**
 * Fuzzing target: three hostile clients do what the input says to a whole broker, beside two good ones. Whatever they
 * send, the good ones get exactly what they are due, nothing fails, every byte sent back is MQTT, every connection is
 * gone when its client is, no buffer is lost, and a replay of the journal comes to the same state.
 *
 * <p>The input is a list of steps. The low four bits of the first byte of each say what, the two above on which
 * connection; see {@link #step}. A whole packet on no connection follows a CONNECT, so that inputs get far.
 */
public final class SessionFuzzer {
    private static final int CLIENTS = 3;
    private static final int INPUTS_PER_BROKER = 500;
    private static final int TURNS_MAX = 2_000;
    private static final int STEPS_MAX = 64;
    private static final long LINGER_MS = 3_000;

    /** What one broker may come to hold more than after its first inputs; each broker begins with memory of its own. */
    private static final long DIRECT_GROWTH_MAX = 32L << 20;

    private static final int INPUTS_TO_WARM_UP = 200;
    private static final long HEAP_BYTES_MAX = 32 << 20;

    static {
        LeakedBuffers.detect();
    }

    /** Packets that a step begins with, and may change bytes of: first byte, and what follows the fixed header. */
    private static final byte[][] PACKETS = packets(
            // CONNECT: 3.1, 3.1.1 clean and not, 5.0 plain, with limits, with user name, password and will
            "10 00064d51497364700302000000016b",
            "10 00044d51545404020000000161",
            "10 00044d51545404000000000162",
            "10 00044d5154540502000000000161",
            "10 00044d5154540500000a101100000078210005270000020022000a000162",
            "10 00044d51545404ee003c0001610003612f62000577696c6c21000175000170",
            "10 00044d5154540526000a0511ffffffff00016113180000000202000000052600016b00017601010003612f62000177",
            "10 00044d515454050200001915000d534352414d2d5348412d3235361600066e2c2c6e3d75000163",
            // PUBLISH of each QoS, retained, with alias and properties, with a subscription identifier, empty
            "30 0001616263",
            "32 0003612f6200017830",
            "34 0003612f6200027830",
            "3c 0003612f6200027830",
            "31 0003612f6278",
            "32 0003612f6200030323000521",
            "35 0001610004182300052600016b000176020000000108000172090002123478",
            "32 000000050323000531",
            "32 0001610006020b0531",
            "31 000161",
            // acknowledgements
            "40 0001",
            "50 0001",
            "62 0001",
            "70 0001",
            "50 000210",
            "62 00029200",
            "40 fffe",
            // SUBSCRIBE and UNSUBSCRIBE
            "82 000100012302",
            "82 00020003612f2b0100016102",
            "82 0003020b05000a2473686172652f672f6101",
            "82 0004000a2473686172652f672f2301",
            "82 0005000003612f232d",
            "a2 000600000123",
            "a2 00070003612f2b000a2473686172652f672f23",
            // PINGREQ, DISCONNECT, AUTH
            "c0",
            "e0",
            "e0 04",
            "e0 00051100000000",
            "f0",
            "f0 181915000d534352414d2d5348412d3235361600066e2c2c6e3d75");

    /** The first of them are CONNECT. */
    private static final int CONNECT_PACKETS = 8;

    private static World world;
    private static int brokers;

    private SessionFuzzer() {}

    private static byte[][] packets(String... hexadecimal) {
        byte[][] packets = new byte[hexadecimal.length][];
        for (int i = 0; i < packets.length; i++) {
            byte[] body = HexFormat.of().parseHex(hexadecimal[i].substring(2).strip());
            packets[i] = new byte[body.length + 2];
            packets[i][0] = (byte) Integer.parseInt(hexadecimal[i].substring(0, 2), 16);
            packets[i][1] = (byte) body.length;
            System.arraycopy(body, 0, packets[i], 2, body.length);
        }
        return packets;
    }

    /** A broker with its good clients, used for many inputs. */
    private static final class World {
        final HandDrivenBroker broker = new HandDrivenBroker();
        final FuzzClient[] hostile = new FuzzClient[CLIENTS];
        final GoodClients good;
        int inputs;
        long directBytes;

        World(long seed) throws IOException {
            good = new GoodClients(broker, new SplittableRandom(seed));
            for (int i = 0; i < CLIENTS; i++) {
                hostile[i] = new FuzzClient(broker.address());
            }
        }
    }

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] input) {
        try {
            if (world == null) {
                world = new World(brokers);
            }
            HeapBound.check(HEAP_BYTES_MAX, () -> run(new Input(input)));
            LeakedBuffers.check();
            checkDirectMemory();
            if (world.inputs == INPUTS_PER_BROKER) {
                endWorld();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the broker, looking at what it leaves behind. */
    static void endWorld() throws IOException {
        if (world == null) {
            return;
        }
        world.broker.checkReplay();
        world.good.close();
        world.broker.close();
        world = null;
        brokers++;
        FastThreadLocal.removeAll(); // Threads cache what loops allocate; a loop has a thread of its own elsewhere.
        System.gc(); // What is lost is found when it is collected.
    }

    private static void checkDirectMemory() {
        long direct = PlatformDependent.usedDirectMemory();
        if (++world.inputs == INPUTS_TO_WARM_UP) {
            world.directBytes = direct;
        } else if (world.inputs > INPUTS_TO_WARM_UP && direct > world.directBytes + DIRECT_GROWTH_MAX) {
            throw new AssertionError("direct memory has grown from " + world.directBytes + " to " + direct);
        }
    }

    private static void run(Input input) {
        try {
            for (int i = 0; i < STEPS_MAX && input.hasMore(); i++) {
                step(input);
            }
            for (FuzzClient client : world.hostile) {
                client.abort();
            }
            afterwards();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All hostile connections are gone, and the good clients have noticed nothing. */
    private static void afterwards() throws IOException {
        world.broker.advanceMs(LINGER_MS);
        for (int i = 0; world.broker.connectionCount() > GoodClients.CONNECTIONS; i++) {
            if (i == TURNS_MAX) {
                throw new AssertionError("connections stay when their clients are gone");
            }
            world.broker.turn();
        }
        world.good.exchange();
    }

    private static void step(Input input) throws IOException {
        int first = input.next();
        FuzzClient client = world.hostile[(first >> 4) % CLIENTS];
        switch (first & 0xF) {
            case 0, 1, 2, 3, 4 -> {
                if (!client.isConnected()) {
                    client.send(PACKETS[input.next() % CONNECT_PACKETS]);
                }
                client.send(PACKETS[input.next() % PACKETS.length]);
            }
            case 5, 6 -> client.send(input.change(PACKETS[input.next() % PACKETS.length]));
            case 7 -> client.send(input.take(input.next()));
            case 8 -> client.send(new byte[input.next() * 256]);
            case 9 -> client.halfClose();
            case 10 -> client.abort();
            case 11 -> world.broker.advanceMs((long) input.next() * input.next());
            case 12 -> world.broker.checkpoint();
            case 13 -> client.stopReading();
            case 14 -> settle();
            default -> world.broker.turn();
        }
        if ((first & 0x80) == 0) {
            settle();
        }
    }

    private static void settle() throws IOException {
        int turns = 0;
        boolean isWorking = true;
        while (isWorking && turns++ < TURNS_MAX) {
            isWorking = world.broker.turn();
            for (FuzzClient client : world.hostile) {
                isWorking |= client.receive();
            }
        }
    }

    /** What is left of the input. */
    private static final class Input {
        private final byte[] bytes;
        private int at;

        Input(byte[] bytes) {
            this.bytes = bytes;
        }

        boolean hasMore() {
            return at < bytes.length;
        }

        int next() {
            return hasMore() ? bytes[at++] & 0xFF : 0;
        }

        byte[] take(int length) {
            byte[] part = new byte[Math.min(length, bytes.length - at)];
            System.arraycopy(bytes, at, part, 0, part.length);
            at += part.length;
            return part;
        }

        /** A copy with up to four bytes overwritten. */
        byte[] change(byte[] packet) {
            byte[] changed = packet.clone();
            for (int count = next() % 4; count >= 0; count--) {
                int where = next() % changed.length;
                changed[where] = (byte) next();
            }
            return changed;
        }
    }
}
