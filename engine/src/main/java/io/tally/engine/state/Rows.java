package io.tally.engine.state;

import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.tally.engine.delivery.QueueRows;
import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.retained.RetainedMessage;
import io.tally.engine.routing.Lane;
import io.tally.engine.routing.SharedGroup;
import io.tally.engine.session.RetainedWanted;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.protocol.Invariant;
import io.tally.protocol.command.Limits;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.IntHashSet;
import org.agrona.collections.Long2LongHashMap;

/** Layout of the rows of the state store, except those of queue blocks. Little endian; ids in keys big endian. */
public final class Rows {
    /** Of the layout of a whole state store. Grows also when a replay comes to decide something in another way. */
    public static final int VERSION = 5;

    /** The key of the row of META with the counters, one byte. */
    public static final byte META_ROW = 0;

    private static final int META_FIXED_LENGTH = 32;
    private static final int VOLATILE = 1;
    private static final int JOURNALED = 2;
    private static final int SESSION_FIXED = 72;
    private static final int LANE_FIXED = 32;

    private Rows() {}

    // ---- META ----

    /** What the engine counts, beside sessions and messages. */
    public record Meta(long reflectedPosition, long nextSessionId, long timeMs, Limits limits) {}

    /** The key of the row of META with the counters. Answers its length. */
    public static int metaKey(MutableDirectBuffer key) {
        key.putByte(0, META_ROW);
        return 1;
    }

    public static int meta(MutableDirectBuffer b, Meta meta) {
        b.putLong(0, VERSION, LITTLE_ENDIAN);
        b.putLong(8, meta.reflectedPosition, LITTLE_ENDIAN);
        b.putLong(16, meta.nextSessionId, LITTLE_ENDIAN);
        b.putLong(24, meta.timeMs, LITTLE_ENDIAN);
        meta.limits.write(b, META_FIXED_LENGTH);
        return META_FIXED_LENGTH + Limits.LENGTH;
    }

    public static Meta meta(DirectBuffer b) {
        Invariant.check(b.getLong(0, LITTLE_ENDIAN) == VERSION, "the state was written by another version");
        Limits limits = Limits.read(b, META_FIXED_LENGTH);
        return new Meta(
                b.getLong(8, LITTLE_ENDIAN), b.getLong(16, LITTLE_ENDIAN), b.getLong(24, LITTLE_ENDIAN), limits);
    }

    // ---- SESSION ----

    public static int sessionKey(MutableDirectBuffer key, long sessionId) {
        key.putLong(0, sessionId, BIG_ENDIAN);
        return 8;
    }

    public static int session(MutableDirectBuffer b, Session s) {
        b.putByte(0, (byte) VERSION);
        b.putByte(1, (byte) ((s.isVolatile ? VOLATILE : 0) | (s.isJournaled() ? JOURNALED : 0)));
        b.putShort(2, (short) s.protocolVersion, LITTLE_ENDIAN);
        b.putInt(4, s.gateway, LITTLE_ENDIAN);
        b.putLong(8, s.connection, LITTLE_ENDIAN);
        b.putLong(16, s.expirySeconds, LITTLE_ENDIAN);
        b.putLong(24, s.expiryDeadlineMs, LITTLE_ENDIAN);
        b.putLong(32, s.willPosition, LITTLE_ENDIAN);
        b.putLong(40, s.willDelaySeconds, LITTLE_ENDIAN);
        b.putLong(48, s.willDeadlineMs, LITTLE_ENDIAN);
        byte[] clientId = s.clientId.getBytes(StandardCharsets.UTF_8);
        int[] inbound = sorted(s.inboundQos2());
        b.putInt(56, clientId.length, LITTLE_ENDIAN);
        b.putInt(60, inbound.length, LITTLE_ENDIAN);
        b.putInt(64, s.receiveMaximum, LITTLE_ENDIAN);
        b.putBytes(SESSION_FIXED, clientId);
        int at = SESSION_FIXED + clientId.length;
        for (int id : inbound) {
            b.putShort(at, (short) id, LITTLE_ENDIAN);
            at += 2;
        }
        return s.queue.encode(b, shared(b, retainedWanted(b, at, s), s));
    }

    private static int shared(MutableDirectBuffer b, int offset, Session s) {
        long[] sequences = sequences(s.shared());
        b.putInt(offset, sequences.length, LITTLE_ENDIAN);
        int at = offset + Integer.BYTES;
        for (long sequence : sequences) {
            b.putLong(at, sequence, LITTLE_ENDIAN);
            b.putLong(at + 8, s.shared().get(sequence), LITTLE_ENDIAN);
            at += 16;
        }
        return at;
    }

    /** Ascending. */
    public static long[] sequences(Long2LongHashMap shared) {
        long[] sequences = new long[shared.size()];
        int n = 0;
        Long2LongHashMap.KeyIterator iterator = shared.keySet().iterator();
        while (iterator.hasNext()) {
            sequences[n++] = iterator.nextValue();
        }
        Arrays.sort(sequences);
        return sequences;
    }

    private static int restoreShared(DirectBuffer b, int offset, Session s) {
        int at = offset + Integer.BYTES;
        for (int i = b.getInt(offset, LITTLE_ENDIAN); i > 0; i--) {
            s.addShared(b.getLong(at, LITTLE_ENDIAN), b.getLong(at + 8, LITTLE_ENDIAN));
            at += 16;
        }
        return at;
    }

    /** Without a journal of its progress it is no state: it depends on acknowledgements. */
    private static int retainedWanted(MutableDirectBuffer b, int offset, Session s) {
        Map<String, RetainedWanted> wanted = s.isJournaled() ? s.retainedWanted() : Map.of();
        b.putInt(offset, wanted.size(), LITTLE_ENDIAN);
        int at = offset + Integer.BYTES;
        for (Map.Entry<String, RetainedWanted> filter : wanted.entrySet()) {
            at += b.putStringUtf8(at, filter.getKey(), LITTLE_ENDIAN);
            b.putLong(at, filter.getValue().since(), LITTLE_ENDIAN);
            at += Long.BYTES;
            at += b.putStringUtf8(at, filter.getValue().after(), LITTLE_ENDIAN);
        }
        return at;
    }

    private static int restoreRetainedWanted(DirectBuffer b, int offset, Session s) {
        int at = offset + Integer.BYTES;
        for (int i = b.getInt(offset, LITTLE_ENDIAN); i > 0; i--) {
            String filter = b.getStringUtf8(at, LITTLE_ENDIAN);
            at += Integer.BYTES + b.getInt(at, LITTLE_ENDIAN);
            long since = b.getLong(at, LITTLE_ENDIAN);
            at += Long.BYTES;
            s.wantRetained(filter, new RetainedWanted(since, b.getStringUtf8(at, LITTLE_ENDIAN)));
            at += Integer.BYTES + b.getInt(at, LITTLE_ENDIAN);
        }
        return at;
    }

    /** Reads a session back, without its subscriptions. */
    public static Session session(DirectBuffer key, DirectBuffer b, QueueRows rows) {
        Invariant.check(b.getByte(0) == VERSION, "a session was written by another version");
        long id = key.getLong(0, BIG_ENDIAN);
        boolean isVolatile = (b.getByte(1) & VOLATILE) != 0;
        boolean isJournaled = (b.getByte(1) & JOURNALED) != 0;
        int clientIdLength = b.getInt(56, LITTLE_ENDIAN);
        int inboundCount = b.getInt(60, LITTLE_ENDIAN);
        byte[] clientId = new byte[clientIdLength];
        b.getBytes(SESSION_FIXED, clientId);
        Session s = new Session(
                id, new String(clientId, StandardCharsets.UTF_8), isVolatile, new SessionQueue(rows, id, isJournaled));
        s.receiveMaximum = b.getInt(64, LITTLE_ENDIAN);
        s.protocolVersion = b.getShort(2, LITTLE_ENDIAN);
        s.gateway = b.getInt(4, LITTLE_ENDIAN);
        s.connection = b.getLong(8, LITTLE_ENDIAN);
        s.expirySeconds = b.getLong(16, LITTLE_ENDIAN);
        s.expiryDeadlineMs = b.getLong(24, LITTLE_ENDIAN);
        s.willPosition = b.getLong(32, LITTLE_ENDIAN);
        s.willDelaySeconds = b.getLong(40, LITTLE_ENDIAN);
        s.willDeadlineMs = b.getLong(48, LITTLE_ENDIAN);
        int at = SESSION_FIXED + clientIdLength;
        for (int i = 0; i < inboundCount; i++, at += 2) {
            s.addInbound(b.getShort(at, LITTLE_ENDIAN) & 0xFFFF);
        }
        s.queue.restore(b, restoreShared(b, restoreRetainedWanted(b, at, s), s));
        s.isStored = true;
        return s;
    }

    private static int[] sorted(IntHashSet set) {
        int[] ids = new int[set.size()];
        int n = 0;
        IntHashSet.IntIterator iterator = set.iterator();
        while (iterator.hasNext()) {
            ids[n++] = iterator.nextValue();
        }
        Arrays.sort(ids);
        return ids;
    }

    // ---- SUBSCRIPTION ----

    public static int subscriptionKey(MutableDirectBuffer key, long sessionId, String fullFilter) {
        byte[] filter = fullFilter.getBytes(StandardCharsets.UTF_8);
        key.putLong(0, sessionId, BIG_ENDIAN);
        key.putBytes(8, filter);
        return 8 + filter.length;
    }

    public static int subscription(MutableDirectBuffer b, Subscription s) {
        b.putInt(0, s.options(), LITTLE_ENDIAN);
        b.putInt(4, s.subscriptionId(), LITTLE_ENDIAN);
        return 8;
    }

    public static long sessionIdOf(DirectBuffer key) {
        return key.getLong(0, BIG_ENDIAN);
    }

    public static Subscription subscription(Session session, DirectBuffer key, int keyLength, DirectBuffer b) {
        String filter = key.getStringWithoutLengthUtf8(8, keyLength - 8);
        return Subscription.of(session, filter, b.getInt(0, LITTLE_ENDIAN), b.getInt(4, LITTLE_ENDIAN));
    }

    // ---- GROUP ----

    public static int groupKey(MutableDirectBuffer key, SharedGroup group) {
        key.putLong(0, group.id, BIG_ENDIAN);
        return 8;
    }

    public static int group(MutableDirectBuffer b, SharedGroup group) {
        b.putLong(0, group.last, LITTLE_ENDIAN);
        b.putInt(8, group.lanes().size(), LITTLE_ENDIAN);
        int at = 12 + b.putStringUtf8(12, group.fullFilter, LITTLE_ENDIAN);
        for (Lane lane : group.lanes()) {
            b.putLong(at, lane.id, LITTLE_ENDIAN);
            b.putLong(at + 8, lane.owner, LITTLE_ENDIAN);
            b.putInt(at + 16, lane.number, LITTLE_ENDIAN);
            int waitingAt = lane.returned.encode(b, at + LANE_FIXED);
            int end = lane.waiting.encode(b, waitingAt);
            b.putInt(at + 20, waitingAt, LITTLE_ENDIAN);
            b.putInt(at + 24, end, LITTLE_ENDIAN);
            b.putInt(at + 28, 0, LITTLE_ENDIAN);
            at = end;
        }
        return at;
    }

    /** Makes the lane of a group that is read back, with empty queues. */
    public interface LaneFactory {
        Lane make(SharedGroup group, int number, long id);
    }

    /** Reads a group back, without its members. */
    public static SharedGroup group(DirectBuffer key, DirectBuffer b, LaneFactory lanes) {
        SharedGroup group = new SharedGroup(key.getLong(0, BIG_ENDIAN), b.getStringUtf8(12, LITTLE_ENDIAN));
        group.last = b.getLong(0, LITTLE_ENDIAN);
        int at = 16 + b.getInt(12, LITTLE_ENDIAN);
        for (int i = b.getInt(8, LITTLE_ENDIAN); i > 0; i--) {
            Lane lane = lanes.make(group, b.getInt(at + 16, LITTLE_ENDIAN), b.getLong(at, LITTLE_ENDIAN));
            lane.owner = b.getLong(at + 8, LITTLE_ENDIAN);
            lane.returned.restore(b, at + LANE_FIXED);
            lane.waiting.restore(b, b.getInt(at + 20, LITTLE_ENDIAN));
            at = b.getInt(at + 24, LITTLE_ENDIAN);
        }
        group.isStored = true;
        return group;
    }

    // ---- RETAINED ----

    public static int retainedKey(MutableDirectBuffer key, String topic) {
        byte[] bytes = topic.getBytes(StandardCharsets.UTF_8);
        key.putBytes(0, bytes);
        return bytes.length;
    }

    public static int retained(MutableDirectBuffer b, RetainedMessage m) {
        b.putLong(0, m.position(), LITTLE_ENDIAN);
        b.putLong(8, m.retainedAt(), LITTLE_ENDIAN);
        b.putLong(16, m.expiresAtMs(), LITTLE_ENDIAN);
        b.putInt(24, m.size(), LITTLE_ENDIAN);
        b.putInt(28, m.qos(), LITTLE_ENDIAN);
        return 32;
    }

    public static RetainedMessage retained(DirectBuffer key, int keyLength, DirectBuffer b) {
        return new RetainedMessage(
                key.getStringWithoutLengthUtf8(0, keyLength),
                b.getLong(0, LITTLE_ENDIAN),
                b.getLong(8, LITTLE_ENDIAN),
                b.getLong(16, LITTLE_ENDIAN),
                b.getInt(24, LITTLE_ENDIAN),
                b.getInt(28, LITTLE_ENDIAN));
    }
}
