package io.tally.protocol.gateway;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A copy of a message that could not be sent at once and that no position leads to; shared by the connections of one
 * loop that wait to send it. Never changes.
 */
final class StoredMessage {
    private final byte[] command;
    private final long timeMs;

    StoredMessage(DirectBuffer buffer, int offset, int length, long timeMs) {
        this.command = new byte[length];
        this.timeMs = timeMs;
        buffer.getBytes(offset, command);
    }

    long read(UnsafeBuffer view) {
        view.wrap(command);
        return timeMs;
    }

    int length() {
        return command.length;
    }
}
