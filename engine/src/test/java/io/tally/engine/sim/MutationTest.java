package io.tally.engine.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.engine.port.CommandHandler;
import io.tally.engine.port.StateStore;
import io.tally.engine.port.Table;
import io.tally.protocol.Invariant;
import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.PublishCommand;
import java.util.function.UnaryOperator;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/**
 * Proof that the simulation would notice: each fault, put between the engine and its surroundings, is found within
 * a few dozen seeds. Faults inside the engine are tried by {@code engine/src/test/mutations/run}.
 */
class MutationTest {
    private static final int SEEDS_MAX = 300;

    @Test
    void findsAcknowledgementsBeforeTheForce() {
        assertFound(SimulationOptions::releasingEarly);
    }

    @Test
    void findsAReleasedStateThatARestartForgets() {
        assertFound(options -> options.commandFault(whileReplaying(MutationTest::forgetPubrec)));
    }

    @Test
    void findsAQos2IdThatARestartForgets() {
        assertFound(options -> options.commandFault(whileReplaying(MutationTest::forgetInboundId)));
    }

    @Test
    void findsAnAcknowledgementThatARestartForgets() {
        assertFound(options -> options.commandFault(whileReplaying(MutationTest::forgetPuback)));
    }

    @Test
    void findsAQueueBlockThatACheckpointLoses() {
        assertFound(options -> options.storeFault(store -> new LosingStore(store, Table.QUEUE)));
    }

    @Test
    void findsARetainedMessageThatACheckpointLoses() {
        assertFound(options -> options.storeFault(store -> new LosingStore(store, Table.RETAINED)));
    }

    @Test
    void findsASubscriptionThatACheckpointLoses() {
        assertFound(options -> options.storeFault(store -> new LosingStore(store, Table.SUBSCRIPTION)));
    }

    @Test
    void findsAStoreThatClaimsToReflectMoreThanItDoes() {
        assertFound(options -> options.storeFault(HastyStore::new));
    }

    @Test
    void findsAMessageThatIsNotKept() {
        assertFound(options -> options.storeFault(ForgetfulStore::new));
    }

    @Test
    void findsACommandThatIsAppliedTwice() {
        assertFound(options -> options.commandFault((engine, isReplaying) -> new Stutter(engine)));
    }

    private static void assertFound(UnaryOperator<SimulationOptions> fault) {
        for (long seed = 1; seed <= SEEDS_MAX; seed++) {
            try {
                new Simulation(seed, fault, new Trace(false)).run();
            } catch (AuditFailure | Invariant.Broken found) {
                System.out.println("found by seed " + seed + ": " + found.getMessage());
                return;
            }
        }
        assertTrue(false, "the fault is not found in " + SEEDS_MAX + " seeds");
    }

    // ---- faults between journal and engine ----

    /** Changes a copy of a command; answers whether it did. */
    private interface Edit {
        boolean edit(UnsafeBuffer command);
    }

    private static SimulationOptions.CommandFault whileReplaying(Edit edit) {
        return (engine, isReplaying) -> (position, timeMs, buffer, offset, length) -> {
            UnsafeBuffer command = new UnsafeBuffer(SimulatedJournal.copy(buffer, offset, length));
            boolean edited = isReplaying.getAsBoolean() && edit.edit(command);
            engine.onCommand(position, timeMs, edited ? command : buffer, edited ? 0 : offset, length);
        };
    }

    private static boolean forgetPubrec(UnsafeBuffer command) {
        return forgetAck(command, AcksCommand.PUBREC);
    }

    private static boolean forgetPuback(UnsafeBuffer command) {
        return forgetAck(command, AcksCommand.PUBACK);
    }

    /** Such an entry becomes one that says nothing. */
    private static boolean forgetAck(UnsafeBuffer command, int kind) {
        if (CommandHeader.type(command, 0) != CommandType.ACKS) {
            return false;
        }
        boolean found = false;
        for (int i = 0; i < AcksCommand.count(command, 0); i++) {
            if (AcksCommand.kind(command, 0, i) == kind) {
                AcksCommand.entry(command, 0, i, AcksCommand.PUBACK, 0, 0);
                found = true;
            }
        }
        return found;
    }

    /** QoS 2 becomes QoS 1: routed, but its id is not remembered. */
    private static boolean forgetInboundId(UnsafeBuffer command) {
        PublishCommand publish = new PublishCommand().wrap(command, 0);
        if (CommandHeader.type(command, 0) != CommandType.PUBLISH || publish.qos() != 2) {
            return false;
        }
        int flags = publish.publishFlags() & ~PublishCommand.FLAG_QOS_MASK | 1;
        PublishCommand.writeFixed(
                command, 0, flags, publish.protocolVersion(), publish.packetId(), publish.expirySeconds());
        return true;
    }

    /** Applies one PUBLISH in a hundred again, as a bypass command. */
    private static final class Stutter implements CommandHandler {
        private final CommandHandler engine;
        private int count;

        Stutter(CommandHandler engine) {
            this.engine = engine;
        }

        @Override
        public void onCommand(long position, long timeMs, DirectBuffer buffer, int offset, int length) {
            engine.onCommand(position, timeMs, buffer, offset, length);
            if (CommandHeader.type(buffer, offset) == CommandType.PUBLISH && ++count % 100 == 0) {
                engine.onCommand(0, timeMs, buffer, offset, length);
            }
        }
    }

    // ---- faults between engine and store ----

    /** Hands everything on. */
    private abstract static class Passing implements StateStore {
        final StateStore store;

        Passing(StateStore store) {
            this.store = store;
        }

        @Override
        public boolean tryBegin() {
            return store.tryBegin();
        }

        @Override
        public void put(Table table, DirectBuffer key, int keyLength, DirectBuffer value, int valueLength) {
            store.put(table, key, keyLength, value, valueLength);
        }

        @Override
        public void delete(Table table, DirectBuffer key, int keyLength) {
            store.delete(table, key, keyLength);
        }

        @Override
        public void keepMessage(long position) {
            store.keepMessage(position);
        }

        @Override
        public void dropMessage(long position) {
            store.dropMessage(position);
        }

        @Override
        public long commit(long reflectedPosition) {
            return store.commit(reflectedPosition);
        }

        @Override
        public long appliedBatch() {
            return store.appliedBatch();
        }

        @Override
        public long durablePosition() {
            return store.durablePosition();
        }

        @Override
        public int get(Table table, DirectBuffer key, int keyLength, MutableDirectBuffer into) {
            return store.get(table, key, keyLength, into);
        }

        @Override
        public void forEach(Table table, RowHandler handler) {
            store.forEach(table, handler);
        }
    }

    /** Loses every fifth row of a table. */
    private static final class LosingStore extends Passing {
        private final Table table;
        private int count;

        LosingStore(StateStore store, Table table) {
            super(store);
            this.table = table;
        }

        @Override
        public void put(Table into, DirectBuffer key, int keyLength, DirectBuffer value, int valueLength) {
            if (into != table || ++count % 5 != 0) {
                super.put(into, key, keyLength, value, valueLength);
            }
        }

        @Override
        public void delete(Table from, DirectBuffer key, int keyLength) {
            if (from != table) {
                super.delete(from, key, keyLength);
            }
        }
    }

    /** Takes rows of the next batch for part of this one: what it says to reflect is one checkpoint ahead. */
    private static final class HastyStore extends Passing {
        private boolean isLosing;

        HastyStore(StateStore store) {
            super(store);
        }

        @Override
        public boolean tryBegin() {
            boolean begun = super.tryBegin();
            isLosing = begun && !isLosing;
            return begun;
        }

        @Override
        public void put(Table table, DirectBuffer key, int keyLength, DirectBuffer value, int valueLength) {
            if (!isLosing || table == Table.META) {
                super.put(table, key, keyLength, value, valueLength);
            }
        }

        @Override
        public void delete(Table table, DirectBuffer key, int keyLength) {}
    }

    /** Copies nothing out of the journal. */
    private static final class ForgetfulStore extends Passing {
        ForgetfulStore(StateStore store) {
            super(store);
        }

        @Override
        public void keepMessage(long position) {}
    }
}
