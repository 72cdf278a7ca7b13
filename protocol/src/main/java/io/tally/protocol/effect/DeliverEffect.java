package io.tally.protocol.effect;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * One PUBLISH for one connection. {@code a}: {@link #FLAG_RETAIN} ..., QoS in the low two bits; {@code b}: packet id, 0
 * at QoS 0. A QoS 0 DELIVER with a packet id comes from a queue: once sent it is acknowledged with kind DROPPED.
 * DELIVERs of one connection come in the order in which they are to be sent. Allocates nothing.
 *
 * <pre>
 * 16 position  i64  of the message in the journal (PUBLISH, or CONNECT for its will); 0 = the last BODY of this ring
 * 24 count     i32  of subscription identifiers
 * 28 subscription identifiers  i32 each
 * </pre>
 */
public final class DeliverEffect {
    public static final int FLAG_QOS_MASK = 3;
    public static final int FLAG_RETAIN = 4;
    public static final int FLAG_DUP = 8;

    /** Its delivery has begun: the message does not expire any more. */
    public static final int FLAG_STARTED = 16;

    /** Acknowledgements of it are journaled; without, they bypass the journal. */
    public static final int FLAG_JOURNALED = 32;

    /** A retained message, sent because of a new subscription. */
    public static final int FLAG_RETAINED = 64;

    public static final int FIXED_LENGTH = 28;

    private DeliverEffect() {}

    public static int length(int subscriptionIdCount) {
        return FIXED_LENGTH + 4 * subscriptionIdCount;
    }

    /** Writes all but the subscription identifiers. */
    public static void write(
            MutableDirectBuffer b, int offset, long connection, int flags, int packetId, long position) {
        EffectHeader.write(b, offset, EffectType.DELIVER, flags, packetId, connection);
        b.putLong(offset + 16, position, LITTLE_ENDIAN);
        b.putInt(offset + 24, 0, LITTLE_ENDIAN);
    }

    public static void subscriptionIds(MutableDirectBuffer b, int offset, int[] ids) {
        b.putInt(offset + 24, ids.length, LITTLE_ENDIAN);
        for (int i = 0; i < ids.length; i++) {
            b.putInt(offset + FIXED_LENGTH + 4 * i, ids[i], LITTLE_ENDIAN);
        }
    }

    public static int flags(DirectBuffer b, int offset) {
        return EffectHeader.a(b, offset);
    }

    public static int packetId(DirectBuffer b, int offset) {
        return EffectHeader.b(b, offset);
    }

    public static long position(DirectBuffer b, int offset) {
        return b.getLong(offset + 16, LITTLE_ENDIAN);
    }

    public static int subscriptionIdCount(DirectBuffer b, int offset) {
        return b.getInt(offset + 24, LITTLE_ENDIAN);
    }

    public static int subscriptionId(DirectBuffer b, int offset, int index) {
        return b.getInt(offset + FIXED_LENGTH + 4 * index, LITTLE_ENDIAN);
    }
}
