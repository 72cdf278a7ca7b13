package io.tally.engine.sim;

import io.tally.protocol.command.ConnectCommand;
import org.jspecify.annotations.Nullable;

/**
 * How a client connects. Immutable; the withers make scenarios read well.
 *
 * @param version 3, 4 or 5
 * @param cleanStart of 5.0; Clean Session of 3.1.1
 * @param expirySeconds Session Expiry Interval of 5.0, ignored in 3.1.1
 * @param receiveMaximum of 5.0; 65,535 in 3.1.1
 */
public record ConnectOptions(
        int version,
        boolean cleanStart,
        long expirySeconds,
        int receiveMaximum,
        @Nullable Will will) {
    /** A 5.0 session that never ends. */
    public static final ConnectOptions PERSISTENT =
            new ConnectOptions(5, false, ConnectCommand.EXPIRY_NEVER, 65_535, null);

    /** A 5.0 session that begins and ends with its connection. */
    public static final ConnectOptions CLEAN = new ConnectOptions(5, true, 0, 65_535, null);

    /** 3.1.1 with Clean Session 0. */
    public static final ConnectOptions PERSISTENT_V3 = new ConnectOptions(4, false, 0, 65_535, null);

    /** The same of 3.1. */
    public static final ConnectOptions PERSISTENT_V31 = new ConnectOptions(3, false, 0, 65_535, null);

    /** 3.1.1 with Clean Session 1. */
    public static final ConnectOptions CLEAN_V3 = new ConnectOptions(4, true, 0, 65_535, null);

    /**
     * The will of a connection.
     *
     * @param delaySeconds of 5.0
     * @param expirySeconds Message Expiry Interval, {@link Packet#NONE} = none
     */
    public record Will(String topic, String payload, int qos, boolean retain, long delaySeconds, long expirySeconds) {}

    public ConnectOptions cleanStart(boolean clean) {
        return new ConnectOptions(version, clean, expirySeconds, receiveMaximum, will);
    }

    public ConnectOptions expiry(long seconds) {
        return new ConnectOptions(version, cleanStart, seconds, receiveMaximum, will);
    }

    public ConnectOptions receiveMaximum(int maximum) {
        return new ConnectOptions(version, cleanStart, expirySeconds, maximum, will);
    }

    public ConnectOptions will(String topic, String payload, int qos) {
        return will(new Will(topic, payload, qos, false, 0, Packet.NONE));
    }

    public ConnectOptions will(@Nullable Will newWill) {
        return new ConnectOptions(version, cleanStart, expirySeconds, receiveMaximum, newWill);
    }

    /** Adds to a will that was given before. */
    public ConnectOptions willDelay(long seconds) {
        Will w = will;
        return w == null ? this : will(new Will(w.topic, w.payload, w.qos, w.retain, seconds, w.expirySeconds));
    }

    /** Adds to a will that was given before. */
    public ConnectOptions willExpiry(long seconds) {
        Will w = will;
        return w == null ? this : will(new Will(w.topic, w.payload, w.qos, w.retain, w.delaySeconds, seconds));
    }

    /** Adds to a will that was given before. */
    public ConnectOptions willRetained() {
        Will w = will;
        return w == null ? this : will(new Will(w.topic, w.payload, w.qos, true, w.delaySeconds, w.expirySeconds));
    }

    /** As the CONNECT command says it: seconds, or never. */
    public long sessionExpirySeconds() {
        if (version == 5) {
            return expirySeconds;
        }
        return cleanStart ? 0 : ConnectCommand.EXPIRY_NEVER;
    }

    /** The session begins and ends with the connection: its acknowledgements are not journaled. */
    public boolean isVolatile() {
        return cleanStart && sessionExpirySeconds() == 0;
    }
}
