package io.tally.ops.system;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a ledger's message carries: magic, publisher, sequence number, time of sending, then bytes that follow from the
 * sequence number, so that damage is seen.
 *
 * @param publisher index of the publisher
 * @param sequence dense per publisher, from 0
 * @param sentNs {@link System#nanoTime()} at the first sending
 */
record Message(int publisher, long sequence, long sentNs) {
    static final int HEADER_BYTES = 24;
    static final int MAGIC = 0x7A11_0001;

    byte[] payload(int bytes) {
        ByteBuffer b = ByteBuffer.allocate(Math.max(bytes, HEADER_BYTES));
        b.putInt(MAGIC).putInt(publisher).putLong(sequence).putLong(sentNs);
        while (b.hasRemaining()) {
            b.put(filler(sequence, b.position()));
        }
        return b.array();
    }

    /** The message in this payload; null when it is damaged or none of ours. */
    static @Nullable Message parse(ByteBuffer payload) {
        if (payload.remaining() < HEADER_BYTES || payload.getInt(0) != MAGIC) {
            return null;
        }
        Message message = new Message(payload.getInt(4), payload.getLong(8), payload.getLong(16));
        for (int i = HEADER_BYTES; i < payload.limit(); i++) {
            if (payload.get(i) != filler(message.sequence, i)) {
                return null;
            }
        }
        return message;
    }

    private static byte filler(long sequence, int at) {
        return (byte) (sequence * 31 + at);
    }
}
