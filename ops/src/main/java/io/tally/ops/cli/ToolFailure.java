package io.tally.ops.cli;

/** The end of {@code tally pub} or {@code tally sub} with a message for a person and an exit code. */
final class ToolFailure extends Exception {
    /** What Mosquitto's tools exit with when no connection can be made. */
    static final int NOT_CONNECTED = 1;

    /** What Mosquitto's tools exit with when the connection breaks. */
    static final int CONNECTION_LOST = 7;

    private static final long serialVersionUID = 1;
    private final int exitCode;

    ToolFailure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
