package io.tally.engine;

import io.tally.engine.egress.EffectWriter;
import io.tally.engine.message.Message;
import io.tally.engine.port.CommandHandler;
import io.tally.engine.port.EffectSink;
import io.tally.engine.port.MessageReader;
import io.tally.engine.port.StateStore;
import io.tally.engine.session.Session;
import io.tally.protocol.Invariant;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.command.RestartedCommand;
import io.tally.protocol.command.SubscribeCommand;
import org.agrona.DirectBuffer;

/**
 * The broker as a function: state + command -> state + effects. It knows no clock, file, socket or thread: time comes
 * with the command, and applying the same commands to the same state gives the same state and the same effects.
 * Commands that are not journaled change nothing that a replay would have to know. Owned by the engine thread.
 */
public final class Engine implements CommandHandler {
    /** Expired retained messages removed by one command: what they may cost the others. */
    private static final int EXPIRED_PER_COMMAND = 64;

    private final BrokerState state;
    private final EffectWriter effects;
    private final Overflow overflow;
    private final Deliveries deliveries;
    private final Shares shares;
    private final SystemMessages system;
    private final Publishes publishes;
    private final Subscribes subscribes;
    private final Connects connects;
    private final Cleans cleans;
    private final Checkpoint checkpoint;
    private final StateStore store;
    private final PublishCommand publish = new PublishCommand();
    private final ConnectCommand connect = new ConnectCommand();
    private final SubscribeCommand subscribe = new SubscribeCommand();

    /** For commands of nobody who means harm. */
    public Engine(EffectSink sink, MessageReader reader, StateStore store) {
        this(sink, reader, store, 0);
    }

    /**
     * Makes one that has nothing yet.
     *
     * @param hashSeed what clients cannot know, else they could choose filters with equal hashes. Neither state nor
     *     effects depend on it
     */
    public Engine(EffectSink sink, MessageReader reader, StateStore store, long hashSeed) {
        state = new BrokerState(store, hashSeed);
        effects = new EffectWriter(sink);
        Message messages = new Message(reader);
        overflow = new Overflow(state);
        deliveries = new Deliveries(state, effects, messages, overflow);
        cleans = new Cleans(state);
        shares = new Shares(state, deliveries, cleans, overflow);
        publishes = new Publishes(state, effects, deliveries, shares, messages, overflow);
        system = new SystemMessages(effects, deliveries);
        subscribes = new Subscribes(state, effects, deliveries, shares, system);
        overflow.whenShorter(subscribes::goOnLater);
        connects = new Connects(state, effects, deliveries, publishes, shares);
        checkpoint = new Checkpoint(state, store);
        this.store = store;
    }

    /** Brings back what the store holds; commands behind {@link #reflectedPosition} are to be applied then. */
    public void load() {
        checkpoint.load();
        shares.onLoaded();
        subscribes.onLimits();
    }

    /** The last command that the newest batch given to the store contains. */
    public long reflectedPosition() {
        return checkpoint.reflectedPosition();
    }

    /** The last journaled command applied. */
    public long position() {
        return state.position;
    }

    /** Time of the last journaled command, epoch milliseconds. */
    public long timeMs() {
        return state.timeMs;
    }

    @Override
    public void onCommand(long position, long timeMs, DirectBuffer buffer, int offset, int length) {
        Invariant.check(CommandHeader.version(buffer, offset) == CommandHeader.VERSION, "unknown command version");
        state.commandTimeMs = timeMs;
        if (position != 0) {
            Invariant.check(position > state.position, "commands out of order", position);
            Invariant.check(timeMs >= state.timeMs, "time goes backwards", timeMs);
            boolean timePasses = timeMs > state.timeMs;
            state.position = position;
            state.timeMs = timeMs;
            if (CommandHeader.type(buffer, offset) == CommandType.RESTARTED) {
                // First of all: what time brings must not go to connections of the process before.
                state.limits = RestartedCommand.limits(buffer, offset);
                overflow.onRestarted();
                connects.onRestarted();
                subscribes.onLimits();
            }
            connects.onTime();
            state.forgetExpired(EXPIRED_PER_COMMAND);
            if (timePasses) {
                subscribes.onTime();
            }
        }
        apply(position, buffer, offset);
    }

    private void apply(long position, DirectBuffer buffer, int offset) {
        switch (CommandHeader.type(buffer, offset)) {
            case CommandType.CONNECT -> {
                connect.wrap(buffer, offset);
                if (CommandHeader.isRefused(buffer, offset)) {
                    connects.turnAway(connect);
                } else {
                    connects.onConnect(connect, position);
                }
            }
            case CommandType.CLEAN -> cleans.onClean(buffer, offset, position);
            case CommandType.TICK, CommandType.RESTARTED -> {}
            default -> applyOfConnection(position, buffer, offset);
        }
    }

    private void applyOfConnection(long position, DirectBuffer buffer, int offset) {
        Session session = state.sessionsByConnection.get(CommandHeader.connection(buffer, offset));
        if (session == null) {
            return; // Taken over or refused while this command was on its way.
        }
        switch (CommandHeader.type(buffer, offset)) {
            case CommandType.PUBLISH -> {
                if (publishes.onPublish(session, publish.wrap(buffer, offset), position)) {
                    connects.refuse(session);
                }
            }
            case CommandType.ACKS -> {
                if (CommandHeader.isRefused(buffer, offset)) {
                    deliveries.refuse(session, buffer, offset);
                    return;
                }
                Invariant.check(position != 0 || session.isVolatile, "acks of a lasting session are journaled");
                deliveries.onAcks(session, buffer, offset, position != 0);
                subscribes.goOnLater(session);
                if (position != 0) {
                    shares.onAcks(session);
                }
            }
            case CommandType.SUBSCRIBE -> {
                subscribe.wrap(buffer, offset);
                if (CommandHeader.isRefused(buffer, offset)) {
                    subscribes.refuseSubscribe(session, subscribe);
                } else {
                    subscribes.onSubscribe(session, subscribe);
                }
            }
            case CommandType.UNSUBSCRIBE -> {
                subscribe.wrap(buffer, offset);
                if (CommandHeader.isRefused(buffer, offset)) {
                    subscribes.refuseUnsubscribe(session, subscribe);
                } else {
                    subscribes.onUnsubscribe(session, subscribe);
                }
            }
            case CommandType.DISCONNECTED -> connects.onDisconnected(session, buffer, offset);
            default -> throw new Invariant.Broken("unknown command type " + CommandHeader.type(buffer, offset));
        }
    }

    /**
     * Publishes a message of this node itself, below {@code $SYS} and at QoS 0, and keeps it for those who subscribe
     * later. That is no part of the state.
     */
    public void publishSystem(PublishCommand message) {
        system.put(message, state.commandTimeMs);
        publishes.publishSystem(message);
    }

    /** When a TICK is wanted, epoch milliseconds; {@link Long#MAX_VALUE} = never. */
    public long nextDeadlineMs() {
        // A time that has come already is not waited for once more.
        long expiryMs = Math.max(state.timeMs + 1, state.retained.nextExpiryMs());
        long deadlineMs = Math.min(state.deadlines.nextMs(), expiryMs);
        return subscribes.isWorkLeft() ? Math.min(state.timeMs + 1, deadlineMs) : deadlineMs;
    }

    /** Hands what has changed to the store; false when it is not ready or there is nothing. */
    public boolean tryCheckpoint() {
        return checkpoint.tryWrite();
    }

    /** Whether a message in this journal file is needed: for a queue, or to be copied into the store. */
    public boolean needs(int file) {
        return state.files.isReferred(file) || state.files.cleanedPosition(file) > store.durablePosition();
    }

    /** Bytes that a {@link CommandType#CLEAN} of this journal file would copy; 0 when it would not free the file. */
    public long cleanableBytes(int file) {
        return state.files.cleanableBytes(file);
    }

    /**
     * Has the gateways close volatile sessions that still need this journal file: what they are behind with ends with
     * them, and cannot be kept elsewhere.
     */
    public void closeVolatile(int file) {
        if (state.files.isReferredByVolatile(file)) {
            connects.closeVolatile(file);
        }
    }

    /** How many {@link CommandType#CLEAN} commands have been applied, replayed ones included. */
    public long cleanCount() {
        return cleans.count();
    }

    /** Tells every gateway that a journal file goes away. */
    public void release(int file) {
        state.files.forget(file);
        effects.release(file);
    }

    /** A hash of the durable state: the same after the same commands, on every machine and in every replay. */
    public long digest() {
        return checkpoint.digest();
    }

    /** What full queues have cost since the process began. */
    public DropCounts dropCounts() {
        return overflow.counts();
    }

    public long sessionCount() {
        return state.sessionsById.size();
    }

    public long connectedCount() {
        return state.sessionsByConnection.size();
    }

    public long sharedGroupCount() {
        return state.groups.size();
    }

    public long subscriptionCount() {
        return state.subscriptions.count();
    }

    public long retainedCount() {
        return state.retained.count();
    }

    /** Of the commands of all retained messages. */
    public long retainedBytes() {
        return state.retained.bytes();
    }
}
