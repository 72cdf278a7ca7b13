package io.tally.protocol.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Mutated packets against every decoder. The buffer is a window on exactly the bytes of the packet, with bounds checks,
 * so a read on either side of them fails; each case prints its seed.
 */
@Timeout(600)
class FuzzTest {
    private static final int PADDING = 16;

    private final AnyDecoder toServer = new AnyDecoder(Direction.TO_SERVER);
    private final AnyDecoder toClient = new AnyDecoder(Direction.TO_CLIENT);
    private final UnsafeBuffer window = new UnsafeBuffer(0, 0);

    @Test
    void boundsAreCheckedInThisRun() {
        assertTrue(UnsafeBuffer.SHOULD_BOUNDS_CHECK);
    }

    @Test
    void acceptsEveryUnchangedPacket() {
        for (long seed = 0; seed < 20_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int version = 3 + random.nextInt(3);
            Direction direction = direction(random);
            byte[] packet = new SamplePackets(random).next(version, direction);
            assertEquals(ReasonCode.SUCCESS, decoder(direction).decode(version, packet), () -> describe(packet));
        }
    }

    @Test
    void neverThrowsAndNeverReadsOutsideOfTheRange() {
        run(0, 300_000);
    }

    @Test
    @Tag("slow")
    void neverThrowsAndNeverReadsOutsideOfTheRangeInALongRun() {
        run(1L << 32, 10_000_000);
    }

    private void run(long firstSeed, int cases) {
        int accepted = 0;
        for (long seed = firstSeed; seed < firstSeed + cases; seed++) {
            accepted += tryOne(seed) ? 1 : 0;
        }
        assertTrue(accepted > cases / 100, "mutations too wild to reach deep: " + accepted);
        assertTrue(accepted < cases * 9L / 10, "mutations too tame: " + accepted);
    }

    private boolean tryOne(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int version = 3 + random.nextInt(3);
        Direction direction = direction(random);
        byte[] packet = mutate(new SamplePackets(random).next(version, direction), random);
        try {
            return decodeInWindow(version, random.nextInt(8) == 0 ? direction(random) : direction, packet);
        } catch (RuntimeException | AssertionError e) {
            return fail("seed " + seed + ", version " + version + ", " + direction + ": " + describe(packet), e);
        }
    }

    private boolean decodeInWindow(int version, Direction direction, byte[] packet) {
        byte[] padded = new byte[packet.length + 2 * PADDING];
        System.arraycopy(packet, 0, padded, PADDING, packet.length);
        window.wrap(padded, PADDING, packet.length);
        long frame = FrameDecoder.decode(window, 0, packet.length);
        if (frame < 0) {
            return false;
        }
        int header = FrameDecoder.headerLength(frame);
        int remaining = Math.min(FrameDecoder.remainingLength(frame), packet.length - header);
        window.wrap(padded, PADDING + header, remaining);
        return decoder(direction).decode(version, packet[0], window, 0, remaining) == ReasonCode.SUCCESS;
    }

    private AnyDecoder decoder(Direction direction) {
        return direction == Direction.TO_SERVER ? toServer : toClient;
    }

    private static Direction direction(SplittableRandom random) {
        return random.nextBoolean() ? Direction.TO_SERVER : Direction.TO_CLIENT;
    }

    private static byte[] mutate(byte[] packet, SplittableRandom random) {
        byte[] mutated = packet;
        for (int i = random.nextInt(4); i >= 0; i--) {
            mutated = mutateOnce(mutated, random);
        }
        return mutated;
    }

    private static byte[] mutateOnce(byte[] packet, SplittableRandom random) {
        if (packet.length == 0) {
            return packet;
        }
        int at = random.nextInt(packet.length);
        byte[] changed = packet.clone();
        switch (random.nextInt(7)) {
            case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> changed[at] = (byte) random.nextInt(256);
            case 2 -> changed[at] = (byte) (random.nextBoolean() ? 0xFF : 0);
            case 3 -> changed = Arrays.copyOf(changed, at);
            case 4 -> changed = Arrays.copyOf(changed, changed.length + random.nextInt(9));
            case 5 -> System.arraycopy(packet, at, changed, at / 2, packet.length - at);
            default -> changed[at]++;
        }
        return changed;
    }

    private static String describe(byte[] packet) {
        return HexFormat.of().formatHex(packet);
    }
}
