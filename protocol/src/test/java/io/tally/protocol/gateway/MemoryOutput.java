package io.tally.protocol.gateway;

import io.tally.protocol.listener.ClientRules;
import io.tally.protocol.listener.Listener;
import java.io.ByteArrayOutputStream;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** Output into memory; the test decides what the client takes. */
final class MemoryOutput implements Output {
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final Peer peer;
    private int committed;

    /** Pays for what is stuck, if any. */
    @Nullable
    MemoryBudget budget;

    private long flushed;
    private long accounted;

    /** Bytes that the socket has but the client has not taken. */
    long stuckBytes;

    /** Whether the next claim fails. */
    boolean isBroken;

    /** Whether what was sent is of no interest. */
    boolean isForgetful;

    /** Called when a flush has something to send. */
    Runnable onSend = () -> {};

    boolean isWritable = true;
    boolean isReading = true;
    boolean isClosed;
    boolean isClosedGently;

    MemoryOutput() {
        this(ClientRules.DEFAULT);
    }

    MemoryOutput(ClientRules rules) {
        peer = new Peer(Listener.tcp("", 0).withClients(rules), null);
    }

    @Override
    public void claim(int length) {
        if (isBroken) {
            throw new IllegalStateException("broken by the test");
        }
        buffer.checkLimit(committed + length);
    }

    @Override
    public MutableDirectBuffer buffer() {
        return buffer;
    }

    @Override
    public int index() {
        return committed;
    }

    @Override
    public void commit(int length) {
        committed += length;
    }

    @Override
    public boolean isWritable() {
        return isWritable;
    }

    @Override
    public int batchedBytes() {
        return committed;
    }

    @Override
    public long pendingBytes() {
        return committed + stuckBytes;
    }

    @Override
    public long takenBytes() {
        return flushed - stuckBytes;
    }

    /** The client takes so many of the bytes that are stuck. */
    void take(long bytes) {
        stuckBytes -= bytes;
    }

    @Override
    public void flush() {
        if (committed > 0) {
            onSend.run();
        }
        flushed += committed;
        if (isForgetful) {
            committed = 0;
            return;
        }
        sent.write(buffer.byteArray(), 0, committed);
        if (!isWritable) {
            stuckBytes += committed;
        }
        committed = 0;
        account(stuckBytes);
    }

    private void account(long bytes) {
        if (budget != null) {
            budget.take(bytes - accounted);
            accounted = bytes;
        }
    }

    @Override
    public void setReading(boolean on) {
        isReading = on;
    }

    @Override
    public void closeGently() {
        flush();
        isClosedGently = true;
    }

    @Override
    public void closeNow() {
        committed = 0;
        account(0);
        isClosed = true;
    }

    @Override
    public Peer peer() {
        return peer;
    }

    /** What was flushed since the last call, as hexadecimal digits. */
    String take() {
        String hex = Packets.hex(sent.toByteArray());
        sent.reset();
        return hex;
    }

    boolean isEnded() {
        return isClosed || isClosedGently;
    }
}
