package io.tally.engine.sim;

import io.tally.engine.port.MessageReader;
import io.tally.engine.port.Positions;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.PublishCommand;
import org.agrona.concurrent.UnsafeBuffer;

/** Reads messages by their positions: a PUBLISH, or the will in a CONNECT. */
final class MessageView {
    private final MessageReader reader;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final PublishCommand publish = new PublishCommand();
    private final ConnectCommand connect = new ConnectCommand();
    private long timeMs;

    MessageView(MessageReader reader) {
        this.reader = reader;
    }

    /** Valid until the next call. */
    PublishCommand at(long position) {
        timeMs = reader.read(position, view);
        AuditFailure.check(timeMs >= 0, "a delivery refers to a message that is there", Positions.toString(position));
        boolean isWill = CommandHeader.type(view, 0) == CommandType.CONNECT;
        return publish.wrap(view, isWill ? connect.wrap(view, 0).willOffset() : 0);
    }

    /** When the message read last arrived. */
    long timeMs() {
        return timeMs;
    }
}
