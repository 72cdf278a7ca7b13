package io.tally.engine.sim;

/**
 * One filter of a SUBSCRIBE with its options. Immutable; the withers make scenarios read well.
 *
 * @param filter {@code $share/...} included
 * @param retainHandling 0 = send retained messages, 1 = only for a new subscription, 2 = never
 * @param subscriptionId 0 = none
 */
public record Filter(
        String filter, int qos, boolean isNoLocal, boolean isAsPublished, int retainHandling, int subscriptionId) {
    public static Filter filter(String filter, int qos) {
        return new Filter(filter, qos, false, false, 0, 0);
    }

    public Filter noLocal() {
        return new Filter(filter, qos, true, isAsPublished, retainHandling, subscriptionId);
    }

    public Filter retainAsPublished() {
        return new Filter(filter, qos, isNoLocal, true, retainHandling, subscriptionId);
    }

    public Filter retainHandling(int handling) {
        return new Filter(filter, qos, isNoLocal, isAsPublished, handling, subscriptionId);
    }

    public Filter id(int id) {
        return new Filter(filter, qos, isNoLocal, isAsPublished, retainHandling, id);
    }

    /** The options byte of MQTT 5. */
    public int options() {
        return qos | (isNoLocal ? 4 : 0) | (isAsPublished ? 8 : 0) | retainHandling << 4;
    }
}
