package io.tally.protocol.command;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.tally.protocol.Invariant;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * What the engine allows. Part of the journal (in {@link RestartedCommand}), because a replay must decide as the live
 * run did. Immutable.
 */
public final class Limits {
    /** Bytes of {@link #write}: how many there are and each {@link Limit}, i64, little endian. */
    public static final int LENGTH = (1 + Limit.values().length) * Long.BYTES;

    /** Nothing limited, nothing special switched on. */
    public static final Limits NONE = new Limits(new long[Limit.values().length])
            .with(Limit.SESSION_EXPIRY_SECONDS, ConnectCommand.EXPIRY_NEVER)
            .with(Limit.RETAIN_AVAILABLE, true);

    private final long[] values;

    private Limits(long[] values) {
        this.values = values;
    }

    public Limits with(Limit limit, long value) {
        long[] changed = values.clone();
        changed[limit.index] = value;
        return new Limits(changed);
    }

    public Limits with(Limit limit, boolean on) {
        return with(limit, on ? 1 : 0);
    }

    public Limits with(FullQueue policy) {
        return with(Limit.FULL_QUEUE, policy.code);
    }

    public long of(Limit limit) {
        return values[limit.index];
    }

    /** Of a switch. */
    public boolean isOn(Limit limit) {
        return of(limit) != 0;
    }

    /** Whether a count has reached a limit; 0 is none. */
    public boolean isReached(Limit limit, long count) {
        long max = of(limit);
        return max > 0 && count >= max;
    }

    public void write(MutableDirectBuffer b, int offset) {
        b.putLong(offset, values.length, LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i++) {
            b.putLong(offset + (1 + i) * Long.BYTES, values[i], LITTLE_ENDIAN);
        }
    }

    /** Limits that were not there yet when they were written are as in {@link #NONE}. */
    public static Limits read(DirectBuffer b, int offset) {
        long count = b.getLong(offset, LITTLE_ENDIAN);
        Invariant.check(count > 0 && count <= NONE.values.length, "limits of another version, in number", count);
        long[] values = NONE.values.clone();
        for (int i = 0; i < count; i++) {
            values[i] = b.getLong(offset + (1 + i) * Long.BYTES, LITTLE_ENDIAN);
        }
        return new Limits(values);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Limits limits && Arrays.equals(values, limits.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return Arrays.toString(values);
    }
}
