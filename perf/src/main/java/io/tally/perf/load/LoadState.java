package io.tally.perf.load;

import io.tally.protocol.codec.PacketType;
import org.agrona.DirectBuffer;

/** What all clients of a run share. Owned by the thread that drives the load. */
final class LoadState {
    final Workload workload;
    final int version;
    final int run;
    final Counts counts = new Counts();
    final Latencies latencies = new Latencies();
    final Schedule schedule;

    /** Most deliveries under way; {@link Long#MAX_VALUE} = no limit. */
    private long underWayMax = Long.MAX_VALUE;

    /** Deliveries that count as under way but will not come. */
    private long writtenOff;

    /** Whether a publisher had to wait for subscribers since this was last reset. */
    boolean isHeldBack;

    LoadState(Workload workload, int version, int run, Schedule schedule) {
        this.workload = workload;
        this.version = version;
        this.run = run;
        this.schedule = schedule;
    }

    void underWayMax(long deliveries) {
        underWayMax = deliveries;
    }

    /** Whether subscribers have got enough of what was sent before. */
    boolean maySend() {
        if (counts.underWay() - writtenOff < underWayMax) {
            return true;
        }
        isHeldBack = true;
        return false;
    }

    /** What is under way was lost (QoS 0): publishers need not wait for it. */
    void writeOff() {
        writtenOff = counts.underWay();
    }

    void onOtherPacket(int firstByte, DirectBuffer b, int offset, int length) {
        int type = PacketType.of(firstByte);
        if (type == PacketType.DISCONNECT) {
            String reason = length > 0 ? " 0x%02X".formatted(b.getByte(offset) & 0xFF) : "";
            throw new BrokerError("DISCONNECT" + reason);
        }
        if (type != PacketType.PINGRESP) {
            throw new BrokerError("unexpected " + PacketType.name(type));
        }
    }
}
