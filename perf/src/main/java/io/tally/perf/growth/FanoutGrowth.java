package io.tally.perf.growth;

import io.tally.engine.delivery.SessionQueue;
import io.tally.perf.jmh.Commands;
import io.tally.perf.report.Points;
import io.tally.protocol.command.AcksCommand;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.agrona.concurrent.UnsafeBuffer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tally bench growth fanout}: what the engine takes for one message that goes to many. */
@Command(
        name = "fanout",
        header = "Subscribers of one message: engine time and effects for each delivery (1 to 10,000).",
        sortOptions = false)
final class FanoutGrowth implements Callable<Integer> {
    private static final int TO_DEFAULT = 10_000;
    private static final int PUBLISHER = 1;
    private static final int SUBSCRIBERS_FROM = 2;
    private static final int PAYLOAD_BYTES = 256;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private GrowthOptions options;

    @Override
    public Integer call() throws IOException {
        Points points = options.points("One message to many subscribers", "subscribers");
        points.fact("message", PAYLOAD_BYTES + " B of payload; subscribers are volatile and acknowledge at once");
        for (long subscribers : options.steps(1, TO_DEFAULT)) {
            measure(points, (int) subscribers, 0);
            measure(points, (int) subscribers, 1);
        }
        return options.publish(points);
    }

    private void measure(Points points, int subscribers, int qos) {
        EngineRig rig = new EngineRig(0);
        rig.journaled(Commands.connect(PUBLISHER, "publisher"));
        UnsafeBuffer[] acks = new UnsafeBuffer[subscribers];
        for (int i = 0; i < subscribers; i++) {
            int connection = SUBSCRIBERS_FROM + i;
            rig.journaled(Commands.connect(connection, "subscriber" + i));
            rig.journaled(Commands.subscribe(connection, "a/+/c", qos));
            acks[i] = Commands.pubacks(connection, 1);
        }
        UnsafeBuffer publish = Commands.publish(PUBLISHER, "a/b/c", qos, PAYLOAD_BYTES);
        long[] published = {0};
        double ns = options.medianNs(number -> {
            rig.journaled(publish);
            for (int i = 0; qos > 0 && i < subscribers; i++) {
                AcksCommand.entry(acks[i], 0, 0, AcksCommand.PUBACK, 0, SessionQueue.packetId(published[0]));
                rig.bypassing(acks[i]);
            }
            published[0]++;
        });
        String name = qos == 0 ? "QoS 0" : "QoS 1, with its acknowledgement";
        points.add(subscribers, name, "ns per delivery", ns / subscribers);
        double bytes = (double) rig.effects.bytes() / rig.effects.deliveries();
        points.add(subscribers, "QoS " + qos + ", effects", "bytes per delivery", bytes);
    }
}
