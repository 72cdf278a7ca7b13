package io.tally.perf.growth;

import io.tally.engine.delivery.SessionQueue;
import io.tally.perf.jmh.Commands;
import io.tally.perf.report.Points;
import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CommandHeader;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.agrona.concurrent.UnsafeBuffer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tally bench growth payload}: what the engine takes for messages of different sizes. */
@Command(
        name = "payload",
        header = "Bytes of payload: engine time and effects for a message to one subscriber (16 B to 1 MB).",
        sortOptions = false)
final class PayloadGrowth implements Callable<Integer> {
    private static final int FROM_DEFAULT = 16;
    private static final int TO_DEFAULT = 1 << 20;
    private static final int PUBLISHER = 1;
    private static final int SUBSCRIBER = 2;
    private static final int EFFECT_SPARE_BYTES = 1024;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private GrowthOptions options;

    @Override
    public Integer call() throws IOException {
        Points points = options.points("One message to one subscriber", "payload [B]");
        for (long bytes : options.steps(FROM_DEFAULT, TO_DEFAULT)) {
            measure(points, (int) bytes, 0);
            measure(points, (int) bytes, 1);
        }
        return options.publish(points);
    }

    private void measure(Points points, int payloadBytes, int qos) {
        EngineRig rig = new EngineRig(payloadBytes + EFFECT_SPARE_BYTES);
        rig.journaled(Commands.connect(PUBLISHER, "publisher"));
        rig.journaled(Commands.connect(SUBSCRIBER, "subscriber"));
        rig.journaled(Commands.subscribe(SUBSCRIBER, "a/+/c", qos));
        UnsafeBuffer acks = Commands.pubacks(SUBSCRIBER, 1);
        UnsafeBuffer publish = Commands.publish(PUBLISHER, "a/b/c", qos, payloadBytes);
        if (qos == 0) {
            CommandHeader.flags(publish, 0, CommandHeader.FLAG_BYPASS);
        }
        long[] published = {0};
        double ns = options.medianNs(number -> {
            if (qos == 0) {
                rig.bypassing(publish);
                return;
            }
            rig.journaled(publish);
            AcksCommand.entry(acks, 0, 0, AcksCommand.PUBACK, 0, SessionQueue.packetId(published[0]++));
            rig.bypassing(acks);
        });
        String name = qos == 0 ? "QoS 0" : "QoS 1, with its acknowledgement";
        points.add(payloadBytes, name, "ns", ns);
        double bytes = (double) rig.effects.bytes() / rig.effects.deliveries();
        points.add(payloadBytes, "QoS " + qos + ", effects", "bytes per message", bytes);
    }
}
