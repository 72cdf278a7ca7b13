package io.tally.engine.port;

import org.agrona.DirectBuffer;

/** Takes commands one by one, in their order. */
public interface CommandHandler {
    /**
     * Applies one command.
     *
     * @param position where it stands in the journal, greater than that of every command before; 0 for one that is
     * not journaled
     * @param timeMs epoch milliseconds given by the sequencer, never less than that of the journaled
     *     command before; one that is not journaled may be ahead of journaled ones that come later
     * @param buffer holds the command from {@code offset} on; valid during the call only
     */
    void onCommand(long position, long timeMs, DirectBuffer buffer, int offset, int length);
}
