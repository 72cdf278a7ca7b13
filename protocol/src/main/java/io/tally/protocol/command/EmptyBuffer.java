package io.tally.protocol.command;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** What a flyweight looks at before its first wrap. */
public final class EmptyBuffer {
    public static final DirectBuffer INSTANCE = new UnsafeBuffer(new byte[0]);

    private EmptyBuffer() {}
}
