package io.tally.engine.retained;

/**
 * The retained message of one topic.
 *
 * @param position of the PUBLISH, or of the CONNECT whose will it was; the body is kept under it
 * @param retainedAt position of the command that retained it: of a will a later one than that of the CONNECT
 * @param expiresAtMs from when on it is expired, epoch milliseconds; {@link #NEVER} = does not expire
 * @param size of the command in bytes
 */
public record RetainedMessage(String topic, long position, long retainedAt, long expiresAtMs, int size, int qos) {
    /** Expires at no time. */
    public static final long NEVER = Long.MAX_VALUE;

    public boolean expires() {
        return expiresAtMs != NEVER;
    }

    /** True once its expiry interval has passed [MQTT-3.3.2-5]. */
    public boolean isExpired(long nowMs) {
        return nowMs >= expiresAtMs;
    }
}
