package io.tally.ops.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** Flags of mosquitto's tools that ours lack: refused by name, so that nobody thinks they worked. */
final class RefusedFlags {
    private static final List<String> BOTH = List.of(
            "-A",
            "-S",
            "-o",
            "--proxy",
            "--keyform",
            "--ciphers",
            "--tls-alpn",
            "--tls-engine",
            "--tls-engine-kpass-sha1",
            "--tls-keylog",
            "--psk",
            "--psk-identity");
    private static final List<String> SUB_ONLY =
            List.of("-F", "-w", "--watch", "--pretty", "--random-filter", "--message-rate");

    private RefusedFlags() {}

    static void addTo(CommandLine pub, CommandLine sub) {
        BOTH.forEach(name -> add(pub, name));
        BOTH.forEach(name -> add(sub, name));
        SUB_ONLY.forEach(name -> add(sub, name));
    }

    private static void add(CommandLine command, String name) {
        CommandSpec spec = command.getCommandSpec();
        spec.addOption(OptionSpec.builder(name)
                .hidden(true)
                .arity("0")
                .type(Boolean.class)
                .setter(new CommandLine.Model.ISetter() {
                    @Override
                    public <T> T set(T value) {
                        if (Boolean.TRUE.equals(value)) {
                            throw new ParameterException(command, "'" + name + "' is not supported by this version");
                        }
                        return value;
                    }
                })
                .build());
    }
}
