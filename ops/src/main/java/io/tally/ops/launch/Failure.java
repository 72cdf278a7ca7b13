package io.tally.ops.launch;

import io.tally.ops.log.Logs;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.AgentTerminationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An agent cannot go on: the process ends at once, and its restart replays the journal. */
final class Failure implements ErrorHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Failure.class);
    private static final int EXIT_CODE = 70;
    private static final String WHAT = "the broker cannot go on and stops; what was acknowledged is safe";

    @Override
    public void onError(Throwable cause) {
        if (cause instanceof AgentTerminationException && cause.getCause() == null) {
            return;
        }
        LOG.error(WHAT, cause);
        Logs.tellOnce(WHAT + ": " + cause);
        Runtime.getRuntime().halt(EXIT_CODE);
    }
}
