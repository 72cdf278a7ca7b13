package io.tally.storage.sequencer;

import io.tally.engine.sim.Simulation;
import org.junit.jupiter.api.Test;

/**
 * The simulation of the whole broker with the real sequencer and command feed in it. System property
 * {@code sim.sequencer.seeds}: how many (default 100).
 */
class SimulationWithSequencerTest {
    @Test
    void everyAcknowledgedMessageIsDeliveredThroughTheRealSequencer() {
        long seeds = Long.getLong("sim.sequencer.seeds", 100);
        for (long seed = 1; seed <= seeds; seed++) {
            Simulation.run(seed, options -> options.commandPath(SequencerPath::new));
        }
    }
}
