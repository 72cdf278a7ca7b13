package io.tally.engine.retained;

/**
 * The retained message of one topic.
 *
 * @param position of the PUBLISH, or of the CONNECT whose will it was; the body is kept under it
 * @param timeMs when it arrived, epoch milliseconds
 * @param expirySeconds from then on; negative = does not expire
 * @param size of the command in bytes
 */
public record RetainedMessage(String topic, long position, long timeMs, long expirySeconds, int size, int qos) {
    /** From when on it is expired, epoch milliseconds; {@link Long#MAX_VALUE} = never. */
    public long expiresAtMs() {
        return expirySeconds < 0 ? Long.MAX_VALUE : timeMs + expirySeconds * 1000;
    }

    /** True once its expiry interval has passed [MQTT-3.3.2-5]. */
    public boolean isExpired(long nowMs) {
        return nowMs >= expiresAtMs();
    }
}
