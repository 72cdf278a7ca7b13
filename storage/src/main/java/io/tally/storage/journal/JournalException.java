package io.tally.storage.journal;

/**
 * The journal cannot be read, written or trusted; the message says which file and why. The node stops: retrying a
 * failed force would report data as durable that is not.
 */
public final class JournalException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public JournalException(String message) {
        super(message);
    }

    public JournalException(String message, Throwable cause) {
        super(message, cause);
    }
}
