package io.tally.engine.message;

import io.tally.engine.port.MessageReader;
import io.tally.protocol.Invariant;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.PublishCommand;
import org.agrona.concurrent.UnsafeBuffer;

/** A message read back by its position: a PUBLISH, or the will in a CONNECT. Owned by the engine thread. */
public final class Message {
    private final MessageReader reader;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final PublishCommand publish = new PublishCommand();
    private final ConnectCommand connect = new ConnectCommand();
    private long timeMs;

    public Message(MessageReader reader) {
        this.reader = reader;
    }

    /** Reads the message that something still refers to. The answer is valid until the next call. */
    public PublishCommand at(long position) {
        timeMs = reader.read(position, view);
        Invariant.check(timeMs >= 0, "a message that is still needed is gone", position);
        if (CommandHeader.type(view, 0) == CommandType.CONNECT) {
            connect.wrap(view, 0);
            timeMs = -1;
            return publish.wrap(view, connect.willOffset());
        }
        Invariant.check(
                CommandHeader.type(view, 0) == CommandType.PUBLISH, "a position does not hold a message", position);
        return publish.wrap(view, 0);
    }

    /** When the message read last arrived; {@code otherwise} for a will, whose life begins when it is published. */
    public long timeMs(long otherwise) {
        return timeMs < 0 ? otherwise : timeMs;
    }
}
