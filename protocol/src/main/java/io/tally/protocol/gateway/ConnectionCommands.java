package io.tally.protocol.gateway;

import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.DisconnectedCommand;
import org.agrona.collections.IntArrayList;

/**
 * Commands of one connection that may have to wait for room in the command ring: its acknowledgements, and the
 * DISCONNECTED that follows them. Owned by the I/O loop's thread. Allocates nothing once it has grown to its size.
 */
final class ConnectionCommands {
    private final CommandWriter writer;
    private final long connection;
    private final AckBatch acks = new AckBatch();

    /** PUBRELs to be written again that found no room. */
    private final IntArrayList releasedAgain = new IntArrayList(0, 0);

    /** DISCONNECTED is still to be written. */
    private boolean owesDisconnected;

    private int disconnectedFlags;
    private long disconnectedExpirySeconds;

    ConnectionCommands(CommandWriter writer, long connection) {
        this.writer = writer;
        this.connection = connection;
    }

    /**
     * Adds an acknowledgement of a delivery; false when the command ring is full.
     *
     * @param kind of {@link AcksCommand}
     */
    boolean tryAddAck(int kind, int reasonCode, int packetId, boolean journaled) {
        return tryAdd(kind, reasonCode, packetId, journaled ? 0 : CommandHeader.FLAG_BYPASS);
    }

    /**
     * Adds a PUBREL; false when the command ring is full.
     *
     * @param isHeld whether a message waits for it; else it may be refused, for a client can send any number of them
     */
    boolean tryAddPubrel(int reasonCode, int packetId, boolean isHeld) {
        return tryAdd(AcksCommand.PUBREL, reasonCode, packetId, isHeld ? 0 : CommandHeader.FLAG_REFUSABLE);
    }

    /** Adds a PUBREL that was refused although a message waits for it; it may have to wait for room. */
    void releaseAgain(int packetId) {
        if (!tryAddPubrel(0, packetId, true)) {
            releasedAgain.addInt(packetId);
        }
    }

    private boolean tryAdd(int kind, int reasonCode, int packetId, int flags) {
        if (!acks.accepts(flags) && !tryHandOver()) {
            return false;
        }
        acks.add(kind, reasonCode, packetId, flags);
        return true;
    }

    /** Whether a PUBREL waits: nothing that the client sent later may overtake it. */
    boolean hasPubrel() {
        return acks.hasPubrel() || !releasedAgain.isEmpty();
    }

    /** Hands the acknowledgements over; false when the command ring is full. */
    boolean tryHandOver() {
        if (!acks.isEmpty() && !writer.tryAcks(connection, acks)) {
            return false;
        }
        if (releasedAgain.isEmpty()) {
            return true;
        }
        for (int i = 0; i < releasedAgain.size(); i++) {
            acks.add(AcksCommand.PUBREL, 0, releasedAgain.getInt(i), 0);
        }
        releasedAgain.clear();
        return writer.tryAcks(connection, acks);
    }

    /** The client's DISCONNECT changes the Session Expiry Interval. */
    void disconnectedExpiry(long seconds) {
        disconnectedFlags |= DisconnectedCommand.FLAG_EXPIRY;
        disconnectedExpirySeconds = seconds;
    }

    /** The connection has ended. */
    void oweDisconnected(boolean will) {
        disconnectedFlags |= will ? DisconnectedCommand.FLAG_WILL : 0;
        owesDisconnected = true;
    }

    /** Writes what is owed; false when the command ring is full. */
    boolean tryWriteOwed(int lastSentPacketId) {
        if (!owesDisconnected) {
            return true;
        }
        if (!tryHandOver()
                || !writer.tryDisconnected(
                        connection, disconnectedFlags, lastSentPacketId, disconnectedExpirySeconds)) {
            return false;
        }
        owesDisconnected = false;
        return true;
    }
}
