package io.tally.ops.cli;

/** Disconnects properly when the tool is told to stop by a signal, and makes that a success. */
final class ExitHook {
    private final Thread thread;

    private ExitHook(ToolClient client) {
        thread = new Thread(
                () -> {
                    client.disconnect();
                    Runtime.getRuntime().halt(0);
                },
                "tally-exit");
    }

    static ExitHook install(ToolClient client) {
        ExitHook hook = new ExitHook(client);
        Runtime.getRuntime().addShutdownHook(hook.thread);
        return hook;
    }

    /** The tool ends by itself. */
    void remove() {
        try {
            Runtime.getRuntime().removeShutdownHook(thread);
        } catch (IllegalStateException e) {
            // a signal came in between: the hook is running and has the last word
        }
    }
}
