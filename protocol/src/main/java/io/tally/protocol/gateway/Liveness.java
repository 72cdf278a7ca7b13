package io.tally.protocol.gateway;

import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.GatewayCounters.Counter;

/**
 * Whether the client of one connection is still there: its keep alive, and what {@link StallWatch} sees. Holds the
 * connection's one timer. Owned by the I/O loop's thread. Allocates nothing.
 */
final class Liveness {
    private static final long LINGER_NS = 2_000_000_000;

    private final LoopContext loop;
    private final Output output;
    private final FrameReader frames;
    private final ConnectionTimers.Node timer;
    private final StallWatch stall;
    private long keepAliveNs;
    private long lastReadNs;

    /** When a packet was complete, or a long one went on. */
    private long lastPacketNs;

    /** Reading is to go on then; 0 = it is not for us to say. */
    private long resumeNs;

    /** The client has so long to prove itself again; {@link Long#MAX_VALUE} = it need not. */
    private long proofDueNs = Long.MAX_VALUE;

    /** The timer looks at {@link #stall}. */
    private boolean isWatched;

    /** Time for the CONNECT begins. */
    Liveness(LoopContext loop, ConnectionTimers.Timed connection, Output output, FrameReader frames) {
        this.loop = loop;
        this.output = output;
        this.frames = frames;
        this.timer = new ConnectionTimers.Node(connection);
        this.stall = new StallWatch(loop.config.stallTimeoutMs() * 1_000_000L);
        this.lastReadNs = loop.nowNs();
        this.lastPacketNs = lastReadNs;
        loop.timers.schedule(timer, lastReadNs + loop.config.connectTimeoutMs() * 1_000_000);
    }

    /** One and a half times the keep alive ([MQTT-3.1.2-22]). */
    void onConnect(ClientTerms terms) {
        keepAliveNs = terms.keepAliveSeconds() * 1_500_000_000L;
        onPacket();
        schedule(loop.nowNs());
    }

    /** The client has begun to prove itself again; as for its CONNECT, its time is limited. */
    void onProofBegun() {
        proofDueNs = loop.nowNs() + loop.config.connectTimeoutMs() * 1_000_000;
        schedule(loop.nowNs());
    }

    void onProved() {
        proofDueNs = Long.MAX_VALUE;
    }

    /** Bytes have come. */
    void onRead() {
        lastReadNs = loop.nowNs();
    }

    /** It was a packet, which parts of a short one are not ([MQTT-3.1.2-22]). */
    void onPacket() {
        lastPacketNs = loop.nowNs();
    }

    /** The packet that is held in part is a new one. */
    void onPacketBegun() {
        stall.onPacketBegun(lastReadNs);
    }

    /** Reading goes on: the time was not the client's. */
    void onResumed() {
        onRead();
        onPacket();
        onPacketBegun();
    }

    /** Has the timer look at a client that may stall, if it does not yet. */
    void watch() {
        if (!isWatched && isToBeWatched()) {
            stall.hasMoved(output, loop.nowNs());
            schedule(loop.nowNs());
        }
    }

    private boolean isToBeWatched() {
        return !frames.isEmpty() || output.pendingBytes() != 0;
    }

    /**
     * The timer has come. While we don't read, silence is not the client's; while it takes our bytes, it is there.
     *
     * @param isHeldUp whether reading is suspended, for whatever reason
     * @param isSlow whether it is because the client does not take its output, and nothing else
     * @return why the connection has to be closed, or SUCCESS
     */
    ReasonCode look(boolean isHeldUp, boolean isSlow, long nowNs) {
        boolean takesBytes = stall.hasMoved(output, nowNs) && isSlow;
        if ((isHeldUp && !isSlow) || takesBytes) {
            lastReadNs = nowNs;
            lastPacketNs = nowNs;
        }
        boolean packetStuck = !isHeldUp && stall.isPacketStuck(frames.heldBytes(), lastReadNs, nowNs);
        if (keepAliveNs > 0 && nowNs - lastPacketNs >= keepAliveNs) {
            loop.counters.increment(Counter.KEEP_ALIVE_TIMEOUTS);
            return ReasonCode.KEEP_ALIVE_TIMEOUT;
        }
        if (nowNs >= proofDueNs) {
            return ReasonCode.NOT_AUTHORIZED;
        }
        if (packetStuck || stall.isOutputStuck(nowNs)) {
            loop.counters.increment(Counter.STALL_TIMEOUTS);
            return ReasonCode.QUOTA_EXCEEDED;
        }
        schedule(nowNs);
        return ReasonCode.SUCCESS;
    }

    /** Reading stops until this time, or a little later. */
    void resumeAt(long timeNs) {
        resumeNs = timeNs;
        schedule(loop.nowNs());
    }

    /** Whether the time of {@link #resumeAt} has come; true once. */
    boolean isToResume(long nowNs) {
        boolean isDue = resumeNs != 0 && nowNs - resumeNs >= 0;
        resumeNs = isDue ? 0 : resumeNs;
        return isDue;
    }

    private void schedule(long nowNs) {
        isWatched = isToBeWatched();
        long waitNs = keepAliveNs == 0 ? Long.MAX_VALUE : lastPacketNs + keepAliveNs - nowNs;
        waitNs = isWatched ? Math.min(waitNs, stall.lookNs()) : waitNs;
        waitNs = resumeNs == 0 ? waitNs : Math.min(waitNs, resumeNs - nowNs);
        waitNs = proofDueNs == Long.MAX_VALUE ? waitNs : Math.min(waitNs, proofDueNs - nowNs);
        if (waitNs == Long.MAX_VALUE) {
            loop.timers.cancel(timer);
        } else {
            loop.timers.schedule(timer, nowNs + waitNs);
        }
    }

    /** The client gets so much time to read what was said last, and to close. */
    void linger() {
        loop.timers.schedule(timer, loop.nowNs() + LINGER_NS);
    }

    void cancel() {
        loop.timers.cancel(timer);
    }
}
