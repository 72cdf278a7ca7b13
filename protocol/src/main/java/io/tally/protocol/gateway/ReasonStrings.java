package io.tally.protocol.gateway;

import io.tally.protocol.codec.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/**
 * The Reason Strings that go with refusals, where there is something to say that the code does not. Allocates nothing.
 */
final class ReasonStrings {
    private static final Map<ReasonCode, byte[]> STRINGS = new EnumMap<>(ReasonCode.class);

    static {
        put(ReasonCode.BANNED, "too many connections in a short time: banned for a while");
        put(ReasonCode.MESSAGE_RATE_TOO_HIGH, "more messages or bytes a second than a client may send");
        put(ReasonCode.QUOTA_EXCEEDED, "a limit of the broker is reached: of its disk, its memory, its messages or a packet");
        put(ReasonCode.CONNECTION_RATE_EXCEEDED, "too many connections a second: try again later");
    }

    private static final byte[] NONE = new byte[0];

    private ReasonStrings() {}

    private static void put(ReasonCode reason, String words) {
        STRINGS.put(reason, words.getBytes(StandardCharsets.UTF_8));
    }

    /** In UTF-8; empty when there is nothing to say. Not to be changed. */
    static byte[] of(ReasonCode reason) {
        return STRINGS.getOrDefault(reason, NONE);
    }
}
