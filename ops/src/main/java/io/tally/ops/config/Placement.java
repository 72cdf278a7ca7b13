package io.tally.ops.config;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where threads run, and which of them never sleep.
 *
 * @param cpus of the threads that are bound to any; I/O loops have one each, in their order
 * @param spinning threads that look for work without a pause
 */
public record Placement(Map<AgentThread, List<Integer>> cpus, Set<AgentThread> spinning) {
    /** The scheduler decides, and who has nothing to do sleeps. */
    public static final Placement DEFAULT = new Placement(Map.of(), Set.of());

    public Placement {
        cpus = Map.copyOf(cpus);
        spinning = Set.copyOf(spinning);
    }

    /** Empty: wherever the others may run. */
    public List<Integer> of(AgentThread thread) {
        return cpus.getOrDefault(thread, List.of());
    }

    /** Those of one I/O loop. */
    public List<Integer> ofLoop(int index) {
        List<Integer> loops = of(AgentThread.IO);
        return loops.isEmpty() ? loops : List.of(loops.get(index));
    }

    public boolean isSpinning(AgentThread thread) {
        return spinning.contains(thread);
    }
}
