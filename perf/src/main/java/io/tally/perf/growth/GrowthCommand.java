package io.tally.perf.growth;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tally bench growth}: measures while something grows; one subcommand for each thing. */
@Command(
        name = "tally bench growth",
        header = "Measure how cost grows; print a table, write JSON and a page with plots.",
        sortOptions = false,
        subcommands = {
            SubscriptionsGrowth.class,
            RetainedGrowth.class,
            TopicsGrowth.class,
            FanoutGrowth.class,
            PayloadGrowth.class,
            ChannelsGrowth.class,
            ConnectionsGrowth.class,
            WakingGrowth.class,
            RestartGrowth.class,
            SessionsGrowth.class,
            BacklogGrowth.class
        })
public final class GrowthCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return CommandLine.ExitCode.USAGE;
    }
}
