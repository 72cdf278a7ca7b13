package io.tally.perf.load;

/** The broker does not behave as MQTT demands; the message says how. */
public final class BrokerError extends RuntimeException {
    private static final long serialVersionUID = 1;

    public BrokerError(String message) {
        super(message);
    }
}
