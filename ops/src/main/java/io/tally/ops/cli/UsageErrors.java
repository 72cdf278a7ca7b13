package io.tally.ops.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;

/** A wrong command line: what is wrong, and where help is, in two lines. */
final class UsageErrors implements IParameterExceptionHandler {
    /** What Mosquitto's tools exit with too. */
    static final int EXIT_CODE = 1;

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("Error: " + e.getMessage());
        err.println("Use '" + command.getCommandSpec().qualifiedName() + " --help' to see usage.");
        return EXIT_CODE;
    }
}
