package io.tally.protocol.gateway;

import io.tally.protocol.codec.FrameDecoder;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import org.agrona.DirectBuffer;

/**
 * Cuts the bytes of one connection into packets. Whole packets are handled where they lie; only the rest is copied.
 * Owned by its connection. Allocates nothing but room for a part of a packet that is longer than {@link
 * FrameMemory#SMALL}.
 */
final class FrameReader {
    private static final int LONG = 1_000;

    private final FrameBuffer held;
    private final PacketHandler handler;
    private final GatewayCounters counters;
    private long handledCount;

    FrameReader(LoopContext loop, HeldMemory holder, PacketHandler handler) {
        this.held = new FrameBuffer(loop.frames, holder);
        this.handler = handler;
        this.counters = loop.counters;
    }

    /** Takes packets. */
    interface PacketHandler {
        /** Judges a fixed header (see {@link FrameDecoder}); false when the connection has ended. */
        boolean isAcceptable(long frame);

        /** False when the packet could not be handled now: it will be offered again. */
        boolean onPacket(DirectBuffer b, int offset, int headerLength, int packetLength);

        /** Whether more packets are wanted now. */
        boolean isListening();

        /** Whether what is left has to be kept. */
        boolean isTalking();
    }

    /** Handles what can be handled and keeps the rest; false when there is no memory to keep it. */
    boolean onBytes(DirectBuffer b, int offset, int length) {
        int at = offset;
        int end = offset + length;
        if (!held.isEmpty()) {
            at = completeHeldPacket(b, at, end);
        }
        if (at >= 0 && held.isEmpty() && handler.isListening()) {
            at += handlePackets(b, at, end - at);
        }
        return at >= 0 && (!handler.isTalking() || held.append(b, at, end - at));
    }

    /** Adds to the packet that is held in part until it is handled; returns how far it came, -1 without memory. */
    private int completeHeldPacket(DirectBuffer b, int offset, int end) {
        int at = offset;
        while (at < end && handler.isListening() && !held.isEmpty()) {
            long frame = FrameDecoder.decode(held.buffer(), held.start(), held.length());
            int packetLength = held.length() + 1;
            if (frame != FrameDecoder.NEED_MORE) {
                if (!handler.isAcceptable(frame)) {
                    return end;
                }
                packetLength = FrameDecoder.packetLength(frame);
            }
            int taken = Math.min(packetLength - held.length(), end - at);
            if (!held.append(b, at, taken, packetLength)) {
                return -1;
            }
            at += taken;
            if (held.length() == packetLength) {
                handleHeld();
            }
        }
        return at;
    }

    /** Handles what is held, as far as it can be handled. */
    void handleHeld() {
        int handled = handlePackets(held.buffer(), held.start(), held.length());
        if (handler.isTalking()) {
            held.consume(handled);
        }
    }

    /** Returns how many bytes the packets took. */
    private int handlePackets(DirectBuffer b, int offset, int length) {
        int at = offset;
        int end = offset + length;
        int packets = 0;
        while (at < end && handler.isListening()) {
            long frame = FrameDecoder.decode(b, at, end - at);
            if (frame == FrameDecoder.NEED_MORE || !handler.isAcceptable(frame)) {
                break;
            }
            int packetLength = FrameDecoder.packetLength(frame);
            if (packetLength > end - at || !handler.onPacket(b, at, FrameDecoder.headerLength(frame), packetLength)) {
                break;
            }
            packets++;
            at += packetLength;
        }
        handledCount += packets;
        counters.add(Counter.PACKETS_IN, packets);
        return at - offset;
    }

    /** Packets handled so far. */
    long handledCount() {
        return handledCount;
    }

    int heldBytes() {
        return held.length();
    }

    /** Whether what is held is the beginning of a packet that takes a while to send. */
    boolean isOfLongPacket() {
        if (held.isEmpty()) {
            return false;
        }
        long frame = FrameDecoder.decode(held.buffer(), held.start(), held.length());
        return frame != FrameDecoder.NEED_MORE && FrameDecoder.packetLength(frame) > LONG;
    }

    boolean isEmpty() {
        return held.isEmpty();
    }

    void clear() {
        held.clear();
    }
}
