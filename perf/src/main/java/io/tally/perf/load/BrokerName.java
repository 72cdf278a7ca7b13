package io.tally.perf.load;

import io.tally.protocol.codec.Direction;
import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.PublishDecoder;
import io.tally.protocol.codec.ReasonCode;
import java.io.IOException;
import java.util.List;

/** What a broker calls itself: the retained message of {@code $SYS/broker/version}, which many of them have. */
public final class BrokerName {
    private static final String TOPIC = "$SYS/broker/version";
    private static final int TIMEOUT_MS = 1_000;

    private BrokerName() {}

    /** Asks; empty if there is no answer in a second. */
    public static String ask(Target target) {
        Handshake handshake = new Handshake(target);
        try (Wire wire = handshake.connect("bench-name", false)) {
            handshake.subscribe(wire, List.of(TOPIC), 0);
            wire.timeout(TIMEOUT_MS);
            int length = handshake.read(wire.in, PacketType.PUBLISH);
            PublishDecoder publish = new PublishDecoder(Direction.TO_CLIENT);
            ReasonCode reason =
                    publish.wrap(target.version(), handshake.packet().getByte(0) & 0xF, handshake.packet(), 1, length);
            return reason == ReasonCode.SUCCESS
                    ? handshake.packet().getStringWithoutLengthUtf8(publish.payloadOffset(), publish.payloadLength())
                    : "";
        } catch (IOException | BrokerError e) {
            return ""; // The run itself will say what is wrong, if it is more than that.
        }
    }
}
