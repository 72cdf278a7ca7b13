package io.tally.storage.sequencer;

import io.tally.protocol.Invariant;
import io.tally.protocol.JournalClock;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.ConnectCommand;
import io.tally.storage.journal.Journal;
import io.tally.storage.journal.JournalException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.LongHashSet;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.ControlledMessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Gives every command its place and its time, and makes the journaled ones durable before the engine sees them.
 *
 * <p><b>Batches.</b> A duty cycle takes what is in the command ring, appends it, forces once and releases. It never
 * waits for more: what arrives during a force is the next batch, so batches grow with the load by themselves, and
 * their limits bound the time that the first command of one waits for the last.
 *
 * <p><b>Bypass.</b> A command that is not journaled goes into the bypass ring at once, with the position that the
 * engine must have applied before it: the last journaled one of its connection.
 *
 * <p><b>Refusals.</b> Before the journal is full messages take the way of the bypass instead, and are answered there.
 * New connections, subscriptions, their ends, and PUBRELs of nothing that is known do so from half of that
 * reserve on: the other half is for the acknowledgements and ends of the connections that are there, and for a client
 * now and then that comes back to its session, since what it acknowledges may be what makes room. Of a connection whose
 * CONNECT was refused nothing is journaled, for the engine does not know it.
 *
 * <p><b>Holding.</b> When the journal or the bypass ring has no room, the command stays in the command ring, which
 * keeps order and loses nothing; the ring fills and the gateways suspend their sockets.
 *
 * <p><b>Failure.</b> A failed append or force is final: nothing further is released and the handler is told.
 *
 * <p>Owned by the sequencer thread. Allocates nothing but room for the connections that a full disk closes.
 */
public final class Sequencer implements Agent {
    /** Message type of the records in the command ring. */
    public static final int COMMAND_TYPE = 1;

    /** The longest sleep, which bounds how late a deadline is noticed that was published without ringing the bell. */
    private static final long IDLE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(1);

    private static final long NO_ROOM_RETRY_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long BYPASS_FULL_RETRY_NS = TimeUnit.MICROSECONDS.toNanos(200);

    /** While the journal's reserve is low, one client that goes on with its session may connect this often. */
    private static final long LOW_RESUME_MS = 1_000;

    /** The same while the reserve is nearly used. */
    private static final long LAST_RESUME_MS = 30_000;

    /** A longer CONNECT, that is one with a long will, may not. */
    private static final int LOW_RESUME_BYTES_MAX = 1_024;

    /** The same of ticks: what time alone changes can wait. */
    private static final long LOW_TICK_MS = 1_000;

    /** A deadline that stays passed although something later was journaled gets a tick this often. */
    private static final long TICK_REPEAT_MS = 50;

    private static final int LAST_POSITION_SLOTS = 8192;

    private final Inputs in;
    private final Outputs out;
    private final Settings settings;
    private final ErrorHandler onFailure;
    private final ControlledMessageHandler commandHandler = this::onCommand;
    private final LastPositions lastPositions = new LastPositions(LAST_POSITION_SLOTS);
    /** Connections that a refusal ends and whose end has not come by yet. */
    private final LongHashSet closing = new LongHashSet();
    /** Connections whose CONNECT was refused and whose end has not come by yet. */
    private final LongHashSet unknown = new LongHashSet();

    private final UnsafeBuffer tick = new UnsafeBuffer(new byte[CommandHeader.LENGTH]);

    private long timeMs;
    private long lastJournaledMs;
    private long lastLowResumeMs;
    private long appendedPosition;
    private long releasedPosition;
    private int batchBytes;
    private boolean bypassed;
    private boolean noRoom;
    private boolean bypassFull;
    private volatile boolean failed;

    /**
     * Where commands and time come from.
     *
     * @param commands written by the gateways
     * @param clock begins where the journal ends; the gateways count by it, too
     * @param nextDeadlineMs when the engine wants to be ticked, {@link Long#MAX_VALUE} for never; who lowers it rings
     * the sequencer's bell
     */
    public record Inputs(RingBuffer commands, JournalClock clock, AtomicLong nextDeadlineMs) {}

    /**
     * Where commands go.
     *
     * @param journal owned by the sequencer
     * @param bypass read by the {@link CommandFeed}; must take 16 bytes more than the longest command
     * @param released the newest position that the engine may apply; written by the sequencer only
     * @param engineBell rung when there is something for the engine
     */
    public record Outputs(Journal journal, RingBuffer bypass, AtomicLong released, Doorbell engineBell) {}

    /**
     * How the sequencer works.
     *
     * @param batchCommandsMax a batch is forced when it holds so many commands
     * @param batchBytesMax a batch is forced when it holds so many bytes
     */
    public record Settings(Durability durability, int batchCommandsMax, int batchBytesMax) {
        /** With limits that keep the write of a batch in the order of a millisecond. */
        public Settings(Durability durability) {
            this(durability, 4096, 1 << 20);
        }
    }

    /**
     * For the thread that will call {@link #doWork}.
     *
     * @param onFailure told once when the journal has failed; it ends the process
     */
    public Sequencer(Inputs in, Outputs out, Settings settings, ErrorHandler onFailure) {
        this.in = in;
        this.out = out;
        this.settings = settings;
        this.onFailure = onFailure;
        timeMs = in.clock.time();
        lastJournaledMs = timeMs;
        appendedPosition = out.journal().lastPosition();
        releasedPosition = appendedPosition;
        out.released().setRelease(releasedPosition);
        CommandHeader.write(tick, 0, CommandType.TICK, 0, 0, 0);
    }

    @Override
    public String roleName() {
        return "sequencer";
    }

    @Override
    public int doWork() {
        if (failed) {
            throw new AgentTerminationException("the journal has failed");
        }
        try {
            return batch();
        } catch (JournalException e) {
            failed = true;
            onFailure.onError(e);
            throw new AgentTerminationException(e);
        }
    }

    /** Takes what is still in the command ring, as far as there is room for it. */
    @Override
    public void onClose() {
        int taken;
        do {
            taken = failed ? 0 : doWork();
        } while (taken > 0 && !isHolding());
    }

    /** Whether the journal has failed; any thread. */
    public boolean hasFailed() {
        return failed;
    }

    /** Whether a duty cycle would find something to do; for {@link DoorbellIdle}. */
    public boolean hasWork() {
        return !isHolding() && in.commands.size() > 0;
    }

    /** The longest sleep from now in nanoseconds; for {@link DoorbellIdle}. */
    public long timeoutNs() {
        if (bypassFull) {
            return BYPASS_FULL_RETRY_NS;
        }
        if (noRoom) {
            return NO_ROOM_RETRY_NS;
        }
        long untilDeadlineMs = in.nextDeadlineMs.getAcquire() - in.clock.time();
        if (untilDeadlineMs >= TimeUnit.NANOSECONDS.toMillis(IDLE_TIMEOUT_NS)) {
            return IDLE_TIMEOUT_NS;
        }
        return TimeUnit.MILLISECONDS.toNanos(Math.max(1, untilDeadlineMs));
    }

    private boolean isHolding() {
        return noRoom || bypassFull;
    }

    private int batch() {
        timeMs = in.clock.time();
        batchBytes = 0;
        bypassed = false;
        noRoom = false;
        bypassFull = false;
        out.journal.isNearlyFull(); // lets the journal retry to get its next file, also when nothing arrives
        int taken = drain() + tickIfDue();
        if (bypassed) {
            out.engineBell.ring();
        }
        if (appendedPosition != releasedPosition) {
            release();
        }
        return taken;
    }

    /** One read of the ring stops at its wrap, so it takes more than one to empty it. */
    private int drain() {
        int taken = 0;
        long head;
        do {
            head = in.commands.consumerPosition();
            taken += in.commands.controlledRead(commandHandler, settings.batchCommandsMax() - taken);
        } while (mayGoOn(taken) && in.commands.consumerPosition() != head);
        return taken;
    }

    private boolean mayGoOn(int taken) {
        return !isHolding() && taken < settings.batchCommandsMax() && batchBytes < settings.batchBytesMax();
    }

    private ControlledMessageHandler.Action onCommand(int type, MutableDirectBuffer buffer, int offset, int length) {
        int flags = CommandHeader.flags(buffer, offset);
        boolean taken;
        if ((flags & CommandHeader.FLAG_BYPASS) != 0) {
            taken = bypass(buffer, offset, length, flags);
        } else if (isRefused(buffer, offset, length, flags)) {
            taken = refuse(buffer, offset, length, flags);
        } else {
            taken = append(buffer, offset, length);
        }
        if (!taken) {
            return ControlledMessageHandler.Action.ABORT;
        }
        if (CommandHeader.type(buffer, offset) == CommandType.DISCONNECTED) {
            closing.remove(CommandHeader.connection(buffer, offset));
            unknown.remove(CommandHeader.connection(buffer, offset));
        }
        batchBytes += length;
        return batchBytes < settings.batchBytesMax()
                ? ControlledMessageHandler.Action.CONTINUE
                : ControlledMessageHandler.Action.BREAK;
    }

    private boolean isRefused(DirectBuffer buffer, int offset, int length, int flags) {
        long connection = CommandHeader.connection(buffer, offset);
        if (unknown.contains(connection)) {
            return true;
        }
        if ((flags & CommandHeader.FLAG_REFUSABLE) == 0) {
            return false;
        }
        boolean isShort = switch (CommandHeader.type(buffer, offset)) {
            case CommandType.PUBLISH -> out.journal.isNearlyFull();
            case CommandType.CONNECT -> out.journal.isReserveLow() && !mayResume(buffer, offset, length);
            default -> out.journal.isReserveLow();
        };
        return isShort || closing.contains(connection);
    }

    /** Once for a command for which there is no room then: it is refused when it is looked at again. */
    private boolean mayResume(DirectBuffer connect, int offset, int length) {
        if (ConnectCommand.cleanStart(connect, offset) || length > LOW_RESUME_BYTES_MAX) {
            return false;
        }
        long pauseMs = out.journal.isReserveNearlyUsed() ? LAST_RESUME_MS : LOW_RESUME_MS;
        if (timeMs - lastLowResumeMs < pauseMs) {
            return false;
        }
        lastLowResumeMs = timeMs;
        return true;
    }

    private boolean refuse(MutableDirectBuffer buffer, int offset, int length, int flags) {
        if (!bypass(buffer, offset, length, flags | CommandHeader.FLAG_REFUSED)) {
            return false;
        }
        if (CommandHeader.type(buffer, offset) == CommandType.CONNECT) {
            unknown.add(CommandHeader.connection(buffer, offset));
        } else if ((flags & CommandHeader.FLAG_REFUSAL_CLOSES) != 0) {
            closing.add(CommandHeader.connection(buffer, offset));
        }
        return true;
    }

    private boolean append(MutableDirectBuffer buffer, int offset, int length) {
        long position = out.journal.append(timeMs, buffer, offset, length);
        if (position == Journal.NO_ROOM) {
            noRoom = true;
            return false;
        }
        Invariant.check(position > appendedPosition, "positions grow", position);
        appendedPosition = position;
        lastJournaledMs = timeMs;
        lastPositions.journaled(CommandHeader.connection(buffer, offset), position);
        return true;
    }

    private boolean bypass(MutableDirectBuffer buffer, int offset, int length, int flags) {
        int index = out.bypass.tryClaim(BypassRecord.TYPE, BypassRecord.COMMAND_OFFSET + length);
        if (index < 0) {
            bypassFull = true;
            return false;
        }
        MutableDirectBuffer record = out.bypass.buffer();
        int command = index + BypassRecord.COMMAND_OFFSET;
        BypassRecord.write(record, index, lastPositions.of(CommandHeader.connection(buffer, offset)), timeMs);
        record.putBytes(command, buffer, offset, length);
        CommandHeader.flags(record, command, flags);
        out.bypass.commit(index);
        bypassed = true;
        return true;
    }

    /** Any journaled command of that time moves the engine's clock past the deadline, so an extra one is rare. */
    private int tickIfDue() {
        long deadlineMs = in.nextDeadlineMs.getAcquire();
        boolean isDue =
                deadlineMs <= timeMs && (lastJournaledMs < deadlineMs || timeMs - lastJournaledMs >= TICK_REPEAT_MS);
        boolean waits = isDue && timeMs - lastJournaledMs < LOW_TICK_MS && out.journal.isReserveLow();
        return isDue && !waits && !isHolding() && append(tick, 0, CommandHeader.LENGTH) ? 1 : 0;
    }

    private void release() {
        if (settings.durability() == Durability.DISK) {
            long durablePosition = out.journal.force();
            Invariant.check(durablePosition == appendedPosition, "a force covers the batch", durablePosition);
        }
        releasedPosition = appendedPosition;
        out.released.setRelease(releasedPosition);
        out.engineBell.ring();
    }
}
