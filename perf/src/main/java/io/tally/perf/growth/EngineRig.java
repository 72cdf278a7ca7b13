package io.tally.perf.growth;

import io.tally.engine.Engine;
import io.tally.engine.delivery.QueueRows;
import io.tally.engine.delivery.SessionQueue;
import io.tally.engine.message.FileReferences;
import io.tally.engine.message.KeptMessages;
import io.tally.engine.port.MessageReader;
import io.tally.engine.port.Positions;
import io.tally.engine.session.Session;
import io.tally.perf.jmh.Commands;
import io.tally.perf.jmh.CountedEffects;
import io.tally.perf.jmh.DiscardingStore;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** An engine that is fed with commands as if from a journal, in which every message is the one published last. */
final class EngineRig implements MessageReader {
    private static final int ENTRY_BYTES = 384;
    private static final int ENTRIES_PER_FILE = 300_000;
    private static final long TIME_MS = 1_000;

    final CountedEffects effects;
    final Engine engine;
    private UnsafeBuffer message = new UnsafeBuffer(new byte[0]);
    private long entries;

    EngineRig(int effectBytesMax) {
        effects = new CountedEffects(effectBytesMax);
        engine = new Engine(effects, this, new DiscardingStore());
        engine.load();
        journaled(Commands.restarted());
    }

    @Override
    public long read(long position, UnsafeBuffer view) {
        view.wrap(message);
        return TIME_MS;
    }

    void journaled(UnsafeBuffer command) {
        message = command;
        long file = 1 + entries / ENTRIES_PER_FILE;
        long position = Positions.of((int) file, entries++ % ENTRIES_PER_FILE * ENTRY_BYTES + ENTRY_BYTES);
        engine.onCommand(position, TIME_MS, command, 0, command.capacity());
    }

    void bypassing(UnsafeBuffer command) {
        engine.onCommand(0, TIME_MS, command, 0, command.capacity());
    }

    /** Sessions that belong to no engine. */
    static List<Session> sessions(int count) {
        QueueRows rows = new QueueRows(new DiscardingStore(), new FileReferences(), new KeptMessages());
        List<Session> sessions = new ArrayList<>();
        for (int id = 1; id <= count; id++) {
            sessions.add(new Session(id, "client" + id, true, new SessionQueue(rows, id, false)));
        }
        return sessions;
    }
}
