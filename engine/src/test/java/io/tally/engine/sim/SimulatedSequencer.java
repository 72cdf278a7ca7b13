package io.tally.engine.sim;

import io.tally.engine.port.CommandHandler;
import io.tally.protocol.JournalClock;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Orders and stamps commands, appends them, forces the journal, and hands them to the engine: the semantics of the real
 * sequencer and command feed, in steps that the simulation takes when it likes.
 */
final class SimulatedSequencer implements CommandPath {
    private final SimulatedJournal journal;
    private final JournalClock clock;
    private final boolean releasesEarly;
    private final Consumer<UnsafeBuffer> onRefused;
    private final ArrayDeque<byte[]> ring = new ArrayDeque<>();
    private final ArrayDeque<Bypass> bypass = new ArrayDeque<>();
    private final Map<Long, Long> lastJournaled = new HashMap<>();
    private long lastTick = -1;
    private long releasedPosition;
    private int applied;
    private final Set<Long> unknown = new HashSet<>();
    private boolean isFull;
    private boolean isReserveLow;

    private record Bypass(long afterPosition, long timeMs, byte[] command) {}

    /** Starts behind what has been replayed. {@code releasesEarly} is a fault that the audit has to find. */
    SimulatedSequencer(
            SimulatedJournal journal, JournalClock clock, boolean releasesEarly, Consumer<UnsafeBuffer> onRefused) {
        this.journal = journal;
        this.clock = clock;
        this.releasesEarly = releasesEarly;
        this.onRefused = onRefused;
        this.applied = journal.count();
        this.releasedPosition = journal.lastPosition();
    }

    @Override
    public void setFull(boolean full, boolean reserveLow) {
        isFull = full;
        isReserveLow = reserveLow;
    }

    @Override
    public void offer(byte[] command) {
        ring.add(command);
    }

    @Override
    public boolean sequence(int limit) {
        boolean worked = false;
        for (int i = 0; i < limit && !ring.isEmpty(); i++) {
            sequence(ring.remove());
            worked = true;
        }
        return worked;
    }

    private void sequence(byte[] command) {
        long timeMs = clock.time();
        UnsafeBuffer view = new UnsafeBuffer(command);
        int flags = CommandHeader.flags(view, 0);
        long connection = CommandHeader.connection(view, 0);
        boolean refused = isRefused(view, flags, connection);
        if (refused) {
            CommandHeader.flags(view, 0, flags | CommandHeader.FLAG_REFUSED);
            onRefused.accept(view);
        }
        if (refused || (flags & CommandHeader.FLAG_BYPASS) != 0) {
            bypass.add(new Bypass(lastJournaled.getOrDefault(connection, 0L), timeMs, command));
            return;
        }
        long position = journal.append(timeMs, command);
        lastJournaled.put(connection, position);
        if (CommandHeader.type(view, 0) == CommandType.DISCONNECTED) {
            lastJournaled.remove(connection);
        }
        if (releasesEarly) {
            releasedPosition = position;
        }
    }

    /** What follows a refused CONNECT goes its way to the end. */
    private boolean isRefused(UnsafeBuffer view, int flags, long connection) {
        int type = CommandHeader.type(view, 0);
        boolean isShort = type == CommandType.PUBLISH ? isFull : isReserveLow;
        boolean refused = isShort && (flags & CommandHeader.FLAG_REFUSABLE) != 0;
        if (refused && type == CommandType.CONNECT) {
            unknown.add(connection);
        }
        return refused || unknown.contains(connection);
    }

    /** Once for each deadline. */
    @Override
    public boolean tick(long deadlineMs) {
        if (deadlineMs > clock.time() || deadlineMs == lastTick) {
            return false;
        }
        lastTick = deadlineMs;
        byte[] command = new byte[CommandHeader.LENGTH];
        CommandHeader.write(new UnsafeBuffer(command), 0, CommandType.TICK, 0, 0, 0);
        sequence(command);
        return true;
    }

    @Override
    public boolean force() {
        if (journal.unforcedCount() == 0) {
            return false;
        }
        journal.force();
        releasedPosition = journal.lastPosition();
        return true;
    }

    @Override
    public boolean poll(CommandHandler handler, Dice dice) {
        boolean journaled = applied < journal.count() && journal.entry(applied).position() <= releasedPosition;
        Bypass first = bypass.peek();
        boolean unjournaled = first != null && first.afterPosition <= appliedPosition();
        if (first != null && unjournaled && (!journaled || dice.oneIn(2) || isOvertaking())) {
            bypass.remove();
            UnsafeBuffer view = new UnsafeBuffer(first.command);
            handler.onCommand(0, first.timeMs, view, 0, first.command.length);
            return true;
        }
        if (!journaled) {
            return false;
        }
        SimulatedJournal.Entry entry = journal.entry(applied++);
        UnsafeBuffer view = new UnsafeBuffer(entry.command());
        handler.onCommand(entry.position(), entry.timeMs(), view, 0, entry.command().length);
        return true;
    }

    /** The next journaled command was sequenced behind a bypass command of its own connection. */
    private boolean isOvertaking() {
        long connection =
                CommandHeader.connection(new UnsafeBuffer(journal.entry(applied).command()), 0);
        return bypass.stream().anyMatch(b -> CommandHeader.connection(new UnsafeBuffer(b.command), 0) == connection);
    }

    private long appliedPosition() {
        return applied == 0 ? 0 : journal.entry(applied - 1).position();
    }
}
