package io.tally.protocol.gateway;

import io.tally.protocol.Invariant;
import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.EmptyBuffer;
import io.tally.protocol.effect.DeliverEffect;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Deliveries with QoS > 0 of one connection: those that wait to be sent and those that the client has not completed.
 *
 * <p>One ring of entries in the order of the engine: {@code head <= next <= tail}. From {@code head} to {@code next}
 * they are on the wire (or already completed, behind one that is not); from {@code next} to {@code tail} they wait.
 * An entry takes a slot of the client's Receive Maximum from its sending until PUBACK, PUBCOMP or a PUBREC of 0x80 or
 * above ([MQTT-3.3.4-9]). PUBRELs are not kept here: the engine sends them. Owned by the I/O loop's thread. Allocates
 * nothing once it has grown to its size.
 */
final class OutboundWindow {
    /** Packet ids are unique within the window, so it never holds more. */
    static final int ENTRIES_MAX = 65_535;

    static final DirectBuffer NO_IDS = EmptyBuffer.INSTANCE;

    private static final int CAPACITY_MIN = 16;
    private static final int STATE_WAITING = 0;
    private static final int STATE_SENT = 1;
    private static final int STATE_RECEIVED = 2;
    private static final int STATE_DONE = 3;
    private static final int STATE_MASK = 3;
    private static final int FLAGS_SHIFT = 8;
    private static final int ID_SHIFT = 16;

    private final int slotsMax;

    /** Of payloads; the message that reaches it is sent. */
    private final int bytesMax;

    /** Packet id, flags of the DELIVER and state. */
    private int[] entries = new int[CAPACITY_MIN];

    private long[] positions = new long[CAPACITY_MIN];
    private @Nullable DirectBuffer @Nullable [] subscriptionIds;
    private @Nullable StoredMessage @Nullable [] messages;

    /** Length of the payload, of those on the wire; null = it is not limited. */
    private int @Nullable [] payloads;

    private long bytesTaken;
    private int head;
    private int next;
    private int tail;
    private int slotsTaken;
    private int lastSentPacketId;
    private long probeCount;

    /**
     * @param slotsMax messages that may be on the wire without being completed, from 1 on
     * @param bytesMax bytes of their payloads from which on no further one is sent, 0 = no limit
     */
    OutboundWindow(int slotsMax, int bytesMax) {
        this.slotsMax = slotsMax;
        this.bytesMax = bytesMax == 0 ? Integer.MAX_VALUE : bytesMax;
        this.payloads = bytesMax == 0 ? null : new int[CAPACITY_MIN];
    }

    /**
     * Adds a delivery behind all others; false when there are {@link #ENTRIES_MAX}. Its packet id lies behind those of
     * the others, modulo that number.
     */
    boolean offer(int packetId, int flags, long position) {
        if (tail - head == ENTRIES_MAX) {
            return false;
        }
        if (tail - head == entries.length) {
            grow();
        }
        int i = slot(tail++);
        entries[i] = packetId << ID_SHIFT | flags << FLAGS_SHIFT | STATE_WAITING;
        positions[i] = position;
        return true;
    }

    private int slot(int sequence) {
        return sequence & (entries.length - 1);
    }

    private void grow() {
        int size = tail - head;
        int oldMask = entries.length - 1;
        int capacity = entries.length * 2;
        int[] newEntries = new int[capacity];
        long[] newPositions = new long[capacity];
        @Nullable DirectBuffer[] newIds = subscriptionIds == null ? null : new @Nullable DirectBuffer[capacity];
        @Nullable StoredMessage[] newMessages = messages == null ? null : new @Nullable StoredMessage[capacity];
        int[] newPayloads = payloads == null ? null : new int[capacity];
        for (int s = 0; s < size; s++) {
            int from = (head + s) & oldMask;
            newEntries[s] = entries[from];
            newPositions[s] = positions[from];
            if (newIds != null && subscriptionIds != null) {
                newIds[s] = subscriptionIds[from];
            }
            if (newMessages != null && messages != null) {
                newMessages[s] = messages[from];
            }
            if (newPayloads != null && payloads != null) {
                newPayloads[s] = payloads[from];
            }
        }
        next -= head;
        tail = size;
        head = 0;
        entries = newEntries;
        positions = newPositions;
        subscriptionIds = newIds;
        messages = newMessages;
        payloads = newPayloads;
    }

    /** Gives the delivery offered last these subscription identifiers; the buffer is kept and must not change. */
    void lastSubscriptionIds(DirectBuffer ids) {
        @Nullable DirectBuffer[] all = subscriptionIds;
        if (all == null) {
            all = new @Nullable DirectBuffer[entries.length];
            subscriptionIds = all;
        }
        all[slot(tail - 1)] = ids;
    }

    /** Gives the delivery offered last its message, which then is not read from its position. */
    void lastMessage(StoredMessage message) {
        keepMessage(tail - 1, message);
    }

    private void keepMessage(int sequence, StoredMessage message) {
        @Nullable StoredMessage[] all = messages;
        if (all == null) {
            all = new @Nullable StoredMessage[entries.length];
            messages = all;
        }
        all[slot(sequence)] = message;
    }

    boolean hasWaiting() {
        return next != tail;
    }

    /** Whether one waits and the client allows it. */
    boolean canSend() {
        return next != tail && slotsTaken < slotsMax && bytesTaken < bytesMax;
    }

    /** Packet id of the first that waits; likewise the following. */
    int packetId() {
        return entries[slot(next)] >>> ID_SHIFT;
    }

    int flags() {
        return entries[slot(next)] >> FLAGS_SHIFT & 0xFF;
    }

    long position() {
        return positions[slot(next)];
    }

    /** As they stand in a {@link DeliverEffect}, four bytes each. */
    DirectBuffer subscriptionIds() {
        DirectBuffer ids = subscriptionIds == null ? NO_IDS : subscriptionIds[slot(next)];
        return ids == null ? NO_IDS : ids;
    }

    @Nullable
    StoredMessage message() {
        return messages == null ? null : messages[slot(next)];
    }

    /** The first that waits is on the wire, with a payload of so many bytes. */
    void onSent(int payloadLength) {
        int i = slot(next);
        if (payloads != null) {
            payloads[i] = payloadLength;
            bytesTaken += payloadLength;
        }
        entries[i] = (entries[i] & ~STATE_MASK) | STATE_SENT;
        if ((entries[i] >> FLAGS_SHIFT & DeliverEffect.FLAG_JOURNALED) != 0) {
            lastSentPacketId = entries[i] >>> ID_SHIFT;
        }
        slotsTaken++;
        forgetMessage(i);
        next++;
    }

    /** The first that waits will never be sent. */
    void onDropped() {
        int i = slot(next);
        entries[i] = (entries[i] & ~STATE_MASK) | STATE_DONE;
        forgetMessage(i);
        next++;
        popCompleted();
    }

    private void forgetMessage(int i) {
        if (messages != null) {
            messages[i] = null;
        }
        if (subscriptionIds != null) {
            subscriptionIds[i] = null;
        }
    }

    /**
     * The client has acknowledged. Acknowledgements that fit nothing on the wire change nothing here.
     *
     * @param kind {@link AcksCommand#PUBACK}, {@link AcksCommand#PUBREC} or {@link AcksCommand#PUBCOMP}
     */
    void onAck(int kind, int packetId, boolean failed) {
        int sequence = find(packetId);
        if (sequence == next) {
            return;
        }
        int i = slot(sequence);
        int state = entries[i] & STATE_MASK;
        int qos = entries[i] >> FLAGS_SHIFT & DeliverEffect.FLAG_QOS_MASK;
        if (kind == AcksCommand.PUBREC && !failed) {
            if (qos == 2 && state == STATE_SENT) {
                entries[i] = (entries[i] & ~STATE_MASK) | STATE_RECEIVED;
            }
            return;
        }
        if (completes(kind, qos, state)) {
            entries[i] = (entries[i] & ~STATE_MASK) | STATE_DONE;
            slotsTaken--;
            bytesTaken -= payloads == null ? 0 : payloads[i];
            Invariant.check(slotsTaken >= 0, "slots taken of an outbound window", slotsTaken);
            popCompleted();
        }
    }

    /** Whether this acknowledgement is owed for something on the wire. */
    boolean expects(int kind, int packetId, boolean failed) {
        int sequence = find(packetId);
        if (sequence == next) {
            return false;
        }
        int state = entries[slot(sequence)] & STATE_MASK;
        int qos = entries[slot(sequence)] >> FLAGS_SHIFT & DeliverEffect.FLAG_QOS_MASK;
        if (kind == AcksCommand.PUBREC && !failed) {
            // Each PUBREC is answered with PUBREL [MQTT-4.3.3-4].
            return qos == 2 && (state == STATE_SENT || state == STATE_RECEIVED);
        }
        return completes(kind, qos, state);
    }

    /** Whether acknowledgements of this packet id are journaled: not, if it is on the wire and its DELIVER says so. */
    boolean isJournaled(int packetId) {
        int sequence = find(packetId);
        return sequence == next || (entries[slot(sequence)] >> FLAGS_SHIFT & DeliverEffect.FLAG_JOURNALED) != 0;
    }

    private static boolean completes(int kind, int qos, int state) {
        return switch (kind) {
            case AcksCommand.PUBACK -> qos == 1 && state == STATE_SENT;
            case AcksCommand.PUBREC -> qos == 2 && state == STATE_SENT;
            case AcksCommand.PUBCOMP -> qos == 2 && state == STATE_RECEIVED;
            default -> false;
        };
    }

    /**
     * Sequence of the entry on the wire with this id, or {@link #next}. Packet ids follow the queue, so they grow from
     * the head on, modulo {@link #ENTRIES_MAX}; without gaps the id's distance from the head's is its place.
     */
    private int find(int packetId) {
        int distance = distance(head, packetId);
        int low = 0;
        int high = Math.min(distance, next - head - 1);
        int middle = high;
        while (low <= high) {
            probeCount++;
            int found = distance(head, entries[slot(head + middle)] >>> ID_SHIFT);
            if (found == distance) {
                return head + middle;
            }
            if (found < distance) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
            middle = (low + high) >>> 1;
        }
        return next;
    }

    private int distance(int sequence, int packetId) {
        return Math.floorMod(packetId - (entries[slot(sequence)] >>> ID_SHIFT), ENTRIES_MAX);
    }

    private void popCompleted() {
        while (head != next && (entries[slot(head)] & STATE_MASK) == STATE_DONE) {
            head++;
        }
    }

    /** Replaces positions in this file, of messages that wait, by copies of the messages. */
    void copyMessagesOf(long file, MessageCopier copier) {
        for (int sequence = next; sequence != tail; sequence++) {
            long position = positions[slot(sequence)];
            if (position != 0 && position >>> 32 == file) {
                keepMessage(sequence, copier.copy(position));
                positions[slot(sequence)] = 0;
            }
        }
    }

    /** Entries looked at so far to find those of acknowledgements. */
    long probeCount() {
        return probeCount;
    }

    int slotsTaken() {
        return slotsTaken;
    }

    int size() {
        return tail - head;
    }

    /** Of deliveries whose progress is journaled; 0 = none is in flight. */
    int lastSentPacketId() {
        return slotsTaken == 0 ? 0 : lastSentPacketId;
    }

    /** Reads a message by its position into the heap. */
    interface MessageCopier {
        StoredMessage copy(long position);
    }
}
