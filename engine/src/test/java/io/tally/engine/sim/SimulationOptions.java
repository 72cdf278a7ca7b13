package io.tally.engine.sim;

import io.tally.engine.port.CommandHandler;
import io.tally.engine.port.StateStore;
import io.tally.protocol.command.Limits;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * How a simulated broker is built. Immutable; the withers change one thing each.
 *
 * @param gateways largest number of I/O loops; each process draws its own
 * @param fileBytes size of a journal file
 * @param inFlightMax deliveries on the wire of one connection, whatever its Receive Maximum
 * @param digestEvery takes a digest after one in so many commands; 0 = only at crashes
 * @param checkpointsInReplay whether checkpoints are made while a restart replays
 * @param checksForce whether the audit looks at the force mark itself, or only at what is lost
 * @param commandPath between gateways and engine
 * @param storeFault a fault between engine and store; identity = none
 * @param commandFault a fault between journal and engine
 */
public record SimulationOptions(
        long seed,
        int gateways,
        Limits limits,
        int fileBytes,
        int inFlightMax,
        int digestEvery,
        boolean checkpointsInReplay,
        boolean checksForce,
        CommandPath.Factory commandPath,
        UnaryOperator<StateStore> storeFault,
        CommandFault commandFault) {

    /** Stands between journal and engine. */
    public interface CommandFault {
        CommandHandler wrap(CommandHandler engine, BooleanSupplier isReplaying);
    }

    public static SimulationOptions seed(long seed) {
        return new SimulationOptions(
                seed,
                1,
                Limits.NONE,
                1 << 16,
                20,
                0,
                false,
                true,
                (journal, clock, onRefused, dice) -> new SimulatedSequencer(journal, clock, false, onRefused),
                UnaryOperator.identity(),
                (engine, isReplaying) -> engine);
    }

    public SimulationOptions gateways(int count) {
        return new SimulationOptions(
                seed,
                count,
                limits,
                fileBytes,
                inFlightMax,
                digestEvery,
                checkpointsInReplay,
                checksForce,
                commandPath,
                storeFault,
                commandFault);
    }

    public SimulationOptions limits(Limits newLimits) {
        return new SimulationOptions(
                seed,
                gateways,
                newLimits,
                fileBytes,
                inFlightMax,
                digestEvery,
                checkpointsInReplay,
                checksForce,
                commandPath,
                storeFault,
                commandFault);
    }

    public SimulationOptions fileBytes(int bytes) {
        return new SimulationOptions(
                seed,
                gateways,
                limits,
                bytes,
                inFlightMax,
                digestEvery,
                checkpointsInReplay,
                checksForce,
                commandPath,
                storeFault,
                commandFault);
    }

    public SimulationOptions inFlightMax(int max) {
        return new SimulationOptions(
                seed,
                gateways,
                limits,
                fileBytes,
                max,
                digestEvery,
                checkpointsInReplay,
                checksForce,
                commandPath,
                storeFault,
                commandFault);
    }

    public SimulationOptions digestEvery(int commands) {
        return new SimulationOptions(
                seed,
                gateways,
                limits,
                fileBytes,
                inFlightMax,
                commands,
                checkpointsInReplay,
                checksForce,
                commandPath,
                storeFault,
                commandFault);
    }

    public SimulationOptions checkpointsInReplay(boolean on) {
        return new SimulationOptions(
                seed,
                gateways,
                limits,
                fileBytes,
                inFlightMax,
                digestEvery,
                on,
                checksForce,
                commandPath,
                storeFault,
                commandFault);
    }

    public SimulationOptions commandPath(CommandPath.Factory factory) {
        return new SimulationOptions(
                seed,
                gateways,
                limits,
                fileBytes,
                inFlightMax,
                digestEvery,
                checkpointsInReplay,
                checksForce,
                factory,
                storeFault,
                commandFault);
    }

    /** Applies commands before they are forced, and keeps the audit from looking at that directly. */
    public SimulationOptions releasingEarly() {
        return new SimulationOptions(
                seed,
                gateways,
                limits,
                fileBytes,
                inFlightMax,
                digestEvery,
                checkpointsInReplay,
                false,
                (journal, clock, onRefused, dice) -> new SimulatedSequencer(journal, clock, true, onRefused),
                storeFault,
                commandFault);
    }

    public SimulationOptions storeFault(UnaryOperator<StateStore> fault) {
        return new SimulationOptions(
                seed,
                gateways,
                limits,
                fileBytes,
                inFlightMax,
                digestEvery,
                checkpointsInReplay,
                checksForce,
                commandPath,
                fault,
                commandFault);
    }

    public SimulationOptions commandFault(CommandFault fault) {
        return new SimulationOptions(
                seed,
                gateways,
                limits,
                fileBytes,
                inFlightMax,
                digestEvery,
                checkpointsInReplay,
                checksForce,
                commandPath,
                storeFault,
                fault);
    }
}
