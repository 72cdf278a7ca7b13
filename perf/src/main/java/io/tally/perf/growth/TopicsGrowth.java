package io.tally.perf.growth;

import io.tally.perf.jmh.Commands;
import io.tally.perf.report.Points;
import io.tally.protocol.command.CommandHeader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.agrona.concurrent.UnsafeBuffer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tally bench growth topics}: what the engine takes, and keeps, when messages go to ever more topics. */
@Command(
        name = "topics",
        header = "Distinct topics, in turn: engine time for each message, and heap (1 to 1,000,000).",
        sortOptions = false)
final class TopicsGrowth implements Callable<Integer> {
    private static final int TO_DEFAULT = 1_000_000;
    private static final int PUBLISHER = 1;
    private static final int SUBSCRIBER = 2;
    private static final int PAYLOAD_BYTES = 64;
    private static final double MB = 1 << 20;
    private static final int DIGITS = 8;
    private static final String PREFIX = "device/";

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private GrowthOptions options;

    @Override
    public Integer call() throws IOException {
        Points points = options.points("Distinct topics", "topics");
        points.fact("message", PAYLOAD_BYTES + " B of payload at QoS 0 to one subscriber of device/+/power");
        for (long topics : options.steps(1, TO_DEFAULT)) {
            EngineRig rig = new EngineRig(0);
            rig.journaled(Commands.connect(PUBLISHER, "publisher"));
            rig.journaled(Commands.connect(SUBSCRIBER, "subscriber"));
            rig.journaled(Commands.subscribe(SUBSCRIBER, PREFIX + "+/power", 0));
            UnsafeBuffer publish = Commands.publish(PUBLISHER, topic(0), 0, PAYLOAD_BYTES);
            CommandHeader.flags(publish, 0, CommandHeader.FLAG_BYPASS);
            int digits = indexOfDigits(publish);
            long before = CallTimes.liveHeapBytes();
            for (long n = 0; n < topics; n++) {
                number(publish, digits, n);
                rig.bypassing(publish);
            }
            points.add((double) topics, "heap behind all of them", "MB", (CallTimes.liveHeapBytes() - before) / MB);
            double ns = options.medianNs(call -> {
                number(publish, digits, call % topics);
                rig.bypassing(publish);
            });
            points.add((double) topics, "PUBLISH", "ns", ns);
        }
        return options.publish(points);
    }

    private static String topic(int number) {
        return String.format(Locale.ROOT, "%s%0" + DIGITS + "d/power", PREFIX, number);
    }

    private static int indexOfDigits(UnsafeBuffer publish) {
        byte[] bytes = new byte[publish.capacity()];
        publish.getBytes(0, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(PREFIX) + PREFIX.length();
    }

    private static void number(UnsafeBuffer publish, int digits, long number) {
        long rest = number;
        for (int i = DIGITS - 1; i >= 0; i--) {
            publish.putByte(digits + i, (byte) ('0' + rest % 10));
            rest /= 10;
        }
    }
}
