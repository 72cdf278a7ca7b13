package io.tally.ops.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says; the number comes from the jar's manifest. */
final class Version implements IVersionProvider {
    static String number() {
        String number = Version.class.getPackage().getImplementationVersion();
        return number == null ? "(not packaged)" : number;
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "tally " + number() + " on Java " + System.getProperty("java.version") + " ("
                    + System.getProperty("os.arch") + ")"
        };
    }
}
