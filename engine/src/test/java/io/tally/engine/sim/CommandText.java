package io.tally.engine.sim;

import io.tally.engine.port.Positions;
import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CleanCommand;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.DisconnectedCommand;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.command.SubscribeCommand;
import org.agrona.DirectBuffer;

/** Commands as lines of a trace. */
final class CommandText {
    private CommandText() {}

    static String of(long position, DirectBuffer b) {
        String where = position == 0 ? "bypass" : Positions.toString(position);
        String refused = CommandHeader.isRefused(b, 0) ? "refused " : "";
        return where + " connection " + CommandHeader.connection(b, 0) + " " + refused + body(b);
    }

    private static String body(DirectBuffer b) {
        return switch (CommandHeader.type(b, 0)) {
            case CommandType.CONNECT -> {
                ConnectCommand c = new ConnectCommand().wrap(b, 0);
                yield "CONNECT " + c.clientId() + (c.cleanStart() ? " clean" : "") + " expiry "
                        + c.sessionExpirySeconds() + " will " + (c.willLength() > 0) + " delay " + c.willDelaySeconds();
            }
            case CommandType.DISCONNECTED ->
                "DISCONNECTED will " + DisconnectedCommand.will(b, 0) + " sent "
                        + DisconnectedCommand.lastSentPacketId(b, 0)
                        + (DisconnectedCommand.hasExpiry(b, 0)
                                ? " expiry " + DisconnectedCommand.expirySeconds(b, 0)
                                : "");
            case CommandType.PUBLISH -> publish(b);
            case CommandType.ACKS -> acks(b);
            case CommandType.SUBSCRIBE -> "SUBSCRIBE" + filters(b);
            case CommandType.UNSUBSCRIBE -> "UNSUBSCRIBE" + filters(b);
            case CommandType.TICK -> "TICK";
            case CommandType.RESTARTED -> "RESTARTED";
            case CommandType.CLEAN -> "CLEAN " + CleanCommand.file(b, 0) + " entries " + CleanCommand.entriesMax(b, 0);
            default -> "?";
        };
    }

    private static String publish(DirectBuffer b) {
        PublishCommand p = new PublishCommand().wrap(b, 0);
        String payload = b.getStringWithoutLengthUtf8(p.payloadOffset(), p.payloadLength());
        return "PUBLISH "
                + b.getStringWithoutLengthUtf8(p.topicOffset(), p.topicLength()) + " '" + Trace.shorten(payload)
                + "' qos " + p.qos() + " id " + p.packetId() + (p.retain() ? " retain" : "") + (p.dup() ? " dup" : "");
    }

    private static String acks(DirectBuffer b) {
        StringBuilder text = new StringBuilder("ACKS");
        for (int i = 0; i < AcksCommand.count(b, 0); i++) {
            int kind = AcksCommand.kind(b, 0, i);
            Object name = kind == AcksCommand.DROPPED ? "DROPPED" : Packet.AckKind.of(kind);
            text.append(' ').append(name).append(' ').append(AcksCommand.packetId(b, 0, i));
        }
        return text.toString();
    }

    private static String filters(DirectBuffer b) {
        SubscribeCommand c = new SubscribeCommand().wrap(b, 0);
        StringBuilder text = new StringBuilder();
        while (c.nextFilter()) {
            text.append(' ').append(c.filter()).append(" (").append(c.options()).append(')');
        }
        return text + " id " + c.subscriptionId();
    }
}
