package io.tally.ops.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ops/bin/proof clients} on a machine that lacks what it needs. */
class ClientsProofTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path programs;

    @Test
    void whatIsMissingIsNamedAndTheProofFails() throws Exception {
        provide("bash", "dirname", "readlink", "openssl");
        assertEquals(
                List.of("NOT RUN: not found: node npm chromium;"
                        + " on Debian: apt-get install nodejs npm openssl chromium"),
                run());
    }

    @Test
    void failsWhenTheLibraryCannotBeFetched() throws Exception {
        provide("bash", "dirname", "readlink", "mkdir", "cp", "openssl", "node", "chromium");
        Path npm = Files.writeString(programs.resolve("npm"), "#!/bin/sh\necho no network; exit 1\n");
        assertEquals(true, npm.toFile().setExecutable(true));
        assertEquals(
                List.of(
                        "no network",
                        "NOT RUN: npm could not install MQTT.js, see above; the first run needs the network"),
                run());
    }

    /** Links to programs of this machine; those that need not work may be missing here too. */
    private void provide(String... names) throws IOException {
        for (String name : names) {
            Path real = Path.of("/usr/bin", name);
            Files.createSymbolicLink(programs.resolve(name), Files.exists(real) ? real : Path.of("/bin/true"));
        }
    }

    private List<String> run() throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(Path.of("src/test/js/run").toAbsolutePath().toString()).redirectErrorStream(true);
        builder.environment().put("PATH", programs.toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, process.waitFor(), output);
        return output.lines().toList();
    }
}
