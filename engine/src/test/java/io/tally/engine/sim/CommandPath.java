package io.tally.engine.sim;

import io.tally.engine.port.CommandHandler;
import io.tally.protocol.JournalClock;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The way of commands from the gateways through the journal to the engine, in steps that the simulation takes when it
 * likes; a crash can stand between any two. Dies with the process.
 */
public interface CommandPath {
    /** Opens the path of a new process. */
    interface Factory {
        /**
         * The path starts behind what is in the journal, which has been replayed.
         *
         * @param onRefused told of a command at the moment at which it is refused
         */
        CommandPath open(SimulatedJournal journal, JournalClock clock, Consumer<UnsafeBuffer> onRefused, Dice dice);
    }

    /** Puts a command into the command ring. */
    void offer(byte[] command);

    /** Appends, or sends past the journal, up to so many commands of the ring; true when there was one. */
    boolean sequence(int limit);

    /** Appends a TICK when this deadline of the engine has passed. */
    boolean tick(long deadlineMs);

    /** Makes everything appended durable and hands it on; false when there is nothing new. */
    boolean force();

    /** Hands over one command that is due, journaled or not; false when there is none. */
    boolean poll(CommandHandler handler, Dice dice);

    /** Whether the journal is nearly full, and half of its reserve used, too. */
    void setFull(boolean full, boolean reserveLow);
}
