package io.tally.perf.jmh;

import io.tally.engine.Engine;
import io.tally.engine.port.MessageReader;
import io.tally.engine.port.Positions;
import org.agrona.concurrent.UnsafeBuffer;

/** An engine that is fed with commands as if from a journal, in which the same message lies at every position. */
final class FedEngine {
    private static final int ENTRY_BYTES = 384;
    private static final int ENTRIES_PER_FILE = 300_000;
    private static final long TIME_MS = 1_000;

    final CountedEffects effects = new CountedEffects();
    final Engine engine;
    private long entries;

    FedEngine(UnsafeBuffer message) {
        engine = new Engine(effects, new OneMessage(message), new DiscardingStore());
    }

    void load() {
        engine.load();
        journaled(Commands.restarted());
    }

    /** Answers the position of the command. */
    long journaled(UnsafeBuffer command) {
        long position = Positions.of(file(), entries++ % ENTRIES_PER_FILE * ENTRY_BYTES + ENTRY_BYTES);
        engine.onCommand(position, TIME_MS, command, 0, command.capacity());
        return position;
    }

    void bypassing(UnsafeBuffer command) {
        engine.onCommand(0, TIME_MS, command, 0, command.capacity());
    }

    /** That the next command lies in. */
    int file() {
        return (int) (1 + entries / ENTRIES_PER_FILE);
    }

    void nextFile() {
        entries = (entries / ENTRIES_PER_FILE + 1) * ENTRIES_PER_FILE;
    }

    private record OneMessage(UnsafeBuffer command) implements MessageReader {
        @Override
        public long read(long position, UnsafeBuffer view) {
            view.wrap(command);
            return TIME_MS;
        }
    }
}
