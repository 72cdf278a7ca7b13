package io.tally.ops.cli;

import io.tally.ops.launch.Broker;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {
            "tally " + Broker.version() + " on Java " + System.getProperty("java.version") + " ("
                    + System.getProperty("os.arch") + ")"
        };
    }
}
