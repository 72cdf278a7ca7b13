package io.tally.storage.state;

/** The state store cannot be opened, read or trusted; the message says where and why. The node stops. */
public final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public StoreException(String message) {
        super(message);
    }

    public StoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
