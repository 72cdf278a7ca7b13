package io.tally.protocol.gateway;

import io.tally.protocol.codec.PacketType;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import org.jspecify.annotations.Nullable;

/**
 * Whether one connection reads from its client: closed as long as there is a reason to. Owned by the I/O loop's thread.
 * Allocates nothing.
 */
final class ReadGate {
    /** The command ring is full. */
    static final int FOR_RING = 1;

    /** The client does not read. */
    static final int FOR_OUTPUT = 2;

    /** What comes next is answered here, and CONNACK goes out first ([MQTT-3.2.0-1]). */
    static final int FOR_CONNACK = 4;

    /** The client sends more than it may. */
    static final int FOR_RATE = 8;

    /** What the client has proved is being judged. */
    static final int FOR_VERDICT = 16;

    private final LoopContext loop;
    private final Output output;
    private final Liveness liveness;

    /** Null when clients may send as much as they can. */
    private final @Nullable TrafficLimit traffic;

    private int reasons;
    private boolean transportGone;

    ReadGate(LoopContext loop, Output output, Liveness liveness) {
        this.loop = loop;
        this.output = output;
        this.liveness = liveness;
        this.traffic = loop.config.rates().isPerClient() ? new TrafficLimit(loop.config.rates(), loop.nowNs()) : null;
    }

    boolean isOpen() {
        return reasons == 0;
    }

    boolean isClosed(int why) {
        return (reasons & why) != 0;
    }

    /** Whether it is closed for this reason and no other. */
    boolean isClosedOnly(int why) {
        return reasons == why;
    }

    void close(int why) {
        if (isClosed(why)) {
            return;
        }
        if (reasons == 0 && !transportGone) {
            output.setReading(false);
        }
        reasons |= why;
        if (why == FOR_RING || why == FOR_OUTPUT) {
            loop.counters.increment(why == FOR_RING ? Counter.SUSPENDED_RING_FULL : Counter.SUSPENDED_OUTPUT_FULL);
        }
    }

    /** This reason is gone; whether it was one. Reading goes on when its owner says so. */
    boolean open(int why) {
        boolean wasClosed = isClosed(why);
        reasons &= ~why;
        return wasClosed;
    }

    /** Only the command ring has what was read wait still. */
    void onTransportClosed() {
        transportGone = true;
        reasons &= FOR_RING;
    }

    // ---- what the client may send in a time ----

    /** A packet was handled. */
    void onPacket(int type, int length) {
        if (traffic != null) {
            traffic.onBytes(length, loop.nowNs());
            if (type == PacketType.PUBLISH) {
                traffic.onMessage(loop.nowNs());
            }
        }
    }

    /** Closes for a client that has sent more than it may, until it may again; false when it is to be closed itself. */
    boolean tryPass() {
        TrafficLimit t = traffic;
        if (t == null || isClosed(FOR_RATE) || !t.isExceeded(loop.nowNs())) {
            return true;
        }
        loop.counters.increment(Counter.RATE_EXCEEDED);
        if (t.isClosing()) {
            return false;
        }
        close(FOR_RATE);
        liveness.resumeAt(t.dueNs());
        return true;
    }

    // ---- what waits for the client ----

    /**
     * Closes while much waits for the client; true when that reason has just gone. Only when the socket does not take
     * what it is given: else nobody would tell when to go on.
     */
    boolean watchOutput() {
        long pending = output.pendingBytes();
        long most = loop.stuckBytesMax();
        boolean isStuck = !output.isWritable();
        if (isStuck && pending > most) {
            close(FOR_OUTPUT);
            return false;
        }
        return (!isStuck || pending < most / 2) && open(FOR_OUTPUT);
    }
}
