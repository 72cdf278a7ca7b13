package io.tally.protocol.gateway;

import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import java.util.Arrays;
import org.agrona.MutableDirectBuffer;

/**
 * Acknowledgements of one connection that are not yet in the command ring, all with the same {@link CommandHeader}
 * flags. Owned by the I/O loop's thread. Allocates nothing once it has grown to its size.
 */
final class AckBatch {
    /** From here on it should be handed over; it grows beyond only while the ring is full. */
    static final int FULL = 512;

    private static final int CAPACITY_MIN = 16;

    private static final int[] NONE = new int[0];

    /** Kind, reason code, packet id. Idle connections hold none. */
    private int[] entries = NONE;

    private int count;
    private int flags;
    private boolean hasPubrel;

    /** Whether an entry with these flags may join those that are here. */
    boolean accepts(int entryFlags) {
        return count == 0 || (flags == entryFlags && count < FULL);
    }

    void add(int kind, int reasonCode, int packetId, int entryFlags) {
        if (count == entries.length) {
            entries = Arrays.copyOf(entries, Math.max(CAPACITY_MIN, count * 2));
        }
        entries[count++] = kind << 24 | reasonCode << 16 | packetId;
        flags = entryFlags;
        hasPubrel |= kind == AcksCommand.PUBREL;
    }

    boolean isEmpty() {
        return count == 0;
    }

    boolean hasPubrel() {
        return hasPubrel;
    }

    /** Of the ACKS command. */
    int length() {
        return AcksCommand.length(count);
    }

    /** Writes all as one ACKS command and is empty then. */
    void moveTo(MutableDirectBuffer b, int offset, int gateway, long connection) {
        CommandHeader.write(b, offset, CommandType.ACKS, flags, gateway, connection);
        AcksCommand.count(b, offset, count);
        for (int i = 0; i < count; i++) {
            int entry = entries[i];
            AcksCommand.entry(b, offset, i, entry >>> 24, entry >> 16 & 0xFF, entry & 0xFFFF);
        }
        count = 0;
        hasPubrel = false;
    }
}
