package io.tally.perf.load;

import org.agrona.DirectBuffer;

/** A connection that does nothing. Owned by the thread that drives the load. */
final class IdleClient implements Client {
    private final Link link;
    private final LoadState state;

    IdleClient(Link link, LoadState state) {
        this.link = link;
        this.state = state;
    }

    @Override
    public Link link() {
        return link;
    }

    @Override
    public void onPacket(int firstByte, DirectBuffer b, int offset, int length, long nowNs) {
        state.onOtherPacket(firstByte, b, offset, length);
    }

    @Override
    public boolean send(long nowNs) {
        return false;
    }
}
