package io.tally.protocol.gateway;

import org.agrona.concurrent.EpochClock;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;

/**
 * What one I/O loop is connected to.
 *
 * @param index of the loop, from 0 on; the gateway number in its commands
 * @param commands where commands go; shared by all loops
 * @param effects where this loop's effects come from
 * @param doorbell run when commands were written, at most twice per iteration
 * @param messages of this loop alone
 * @param epochClock for message expiry: goes on as the times do that messages come with
 * @param nanoClock for keep alive and other timeouts
 * @param events may be shared by all loops
 */
public record LoopPorts(
        int index,
        ManyToOneRingBuffer commands,
        OneToOneRingBuffer effects,
        Runnable doorbell,
        MessageSource messages,
        EpochClock epochClock,
        NanoClock nanoClock,
        GatewayEvents events) {}
