package io.tally.engine.egress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.Allocations;
import io.tally.engine.CountingSink;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class EffectWriterTest {
    private final CountingSink sink = new CountingSink();
    private final EffectWriter writer = new EffectWriter(sink);
    private final UnsafeBuffer body = new UnsafeBuffer(new byte[256]);
    private final UnsafeBuffer longBody = new UnsafeBuffer(new byte[2_500]);
    private final int[] subscriptionIds = {7, 8};

    @Test
    void writingEffectsAllocatesNothing() {
        assertEquals(0, Allocations.leastBytes(this::writeOneOfEach));
        assertTrue(sink.commits > 0);
    }

    private void writeOneOfEach() {
        writer.connack(0, 1, 0, true, 10);
        writer.ack(1, 2, 1, 9, 0);
        writer.nextBody();
        writer.body(0, 1_000, body, 0, 256);
        writer.body(0, 1_000, body, 0, 256);
        writer.nextBody();
        writer.body(0, 1_000, longBody, 0, longBody.capacity());
        writer.deliver(0, 1, 2, 3, 4, subscriptionIds);
        writer.close(1, 2, 0x8E);
        writer.release(3);
    }

    @Test
    void givesEachGatewayAMessageOnce() {
        writer.body(0, 1, body, 0, 10);
        writer.body(0, 1, body, 0, 10);
        writer.body(1, 1, body, 0, 10);
        assertEquals(2, sink.commits);
        writer.nextBody();
        writer.body(0, 1, body, 0, 10);
        assertEquals(3, sink.commits);
    }

    /** The sink takes 1,024 bytes, of which 1,000 are the message's. */
    @Test
    void aMessageLongerThanAnEffectComesInParts() {
        writer.body(0, 1, longBody, 0, 1_000);
        assertEquals(1, sink.commits);
        writer.body(1, 1, longBody, 0, longBody.capacity());
        assertEquals(1 + 3, sink.commits);
    }
}
