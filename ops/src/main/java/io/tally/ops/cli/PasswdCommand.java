package io.tally.ops.cli;

import io.tally.ops.security.PasswordEditor;
import io.tally.ops.security.PasswordEditor.Algorithm;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tally passwd}: writes password files, with mosquitto_passwd's flags. */
@Command(
        name = "passwd",
        description = "Add, change or delete users of a password file.",
        customSynopsis = {
            "tally passwd [-c | -D] [-H HASH] [-I N] FILE USER",
            "       tally passwd -b [-c] [-H HASH] [-I N] FILE USER PASSWORD",
            "       tally passwd -U [-H HASH] [-I N] FILE"
        },
        sortOptions = false)
final class PasswdCommand implements Callable<Integer> {
    private static final int LENGTH_MAX = 65_535;
    private static final String STANDARD_OUTPUT = "-";

    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Option(names = "-c", description = "Make a new file, in place of an old one; FILE may be - for standard output.")
    private boolean create;

    @Option(names = "-b", description = "Take the password from the command line, where others can see it.")
    private boolean batch;

    @Option(names = "-D", description = "Delete the user.")
    private boolean delete;

    @Option(names = "-U", description = "Hash all passwords of FILE that are plain text.")
    private boolean upgrade;

    @Option(
            names = "-H",
            paramLabel = "HASH",
            description = "sha512-pbkdf2 (default), argon2id, scram-sha-256 (for enhanced authentication) or sha512.")
    private String hash = Algorithm.SHA512_PBKDF2.toString();

    @Option(
            names = "-I",
            paramLabel = "N",
            description = "Iterations; default 210000 of sha512-pbkdf2, 15000 of scram-sha-256.")
    private int iterations;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable")
    private boolean help;

    @Parameters(arity = "1..3", hidden = true)
    private List<String> words = List.of();

    PasswdCommand(InputStream in, PrintStream out, PrintStream err) {
        this.in = in;
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        check();
        PasswordEditor editor = new PasswordEditor(algorithm(), iterations);
        Path file = Path.of(words.get(0));
        try {
            if (upgrade) {
                out.println("Hashed " + editor.upgrade(file) + " passwords");
                return 0;
            }
            return change(editor, file, words.get(1));
        } catch (NoSuchFileException e) {
            err.println("tally: " + file + " does not exist; -c makes it");
        } catch (IOException e) {
            err.println("tally: " + file + " cannot be changed: " + e);
        }
        return 1;
    }

    private int change(PasswordEditor editor, Path file, String user) throws IOException {
        if (delete) {
            boolean wasThere = PasswordEditor.delete(file, user);
            if (!wasThere) {
                err.println("tally: there is no user " + user + " in " + file);
            }
            return wasThere ? 0 : 1;
        }
        String password = batch ? words.get(2) : ask();
        if (password == null) {
            return 1;
        }
        if (create && words.get(0).equals(STANDARD_OUTPUT)) {
            out.println(editor.line(user, password));
        } else if (create) {
            editor.create(file, user, password);
            out.println("Adding password for user " + user);
        } else {
            boolean wasThere = editor.set(file, user, password);
            out.println((wasThere ? "Updating" : "Adding") + " password for user " + user);
        }
        return 0;
    }

    private void check() {
        refuse(create && delete, "-c and -D cannot be used together");
        refuse(create && upgrade, "-c and -U cannot be used together");
        refuse(delete && upgrade, "-D and -U cannot be used together");
        refuse(batch && (delete || upgrade), "-b cannot be used with -D or -U");
        refuse(iterations < 0 || iterations > PasswordEditor.ITERATIONS_MAX, "-I is out of range");
        refuse(
                algorithm() == Algorithm.SCRAM_SHA_256 && iterations != 0 && iterations < 4096,
                "scram-sha-256 needs at least 4096 iterations");
        int expected = upgrade ? 1 : batch ? 3 : 2;
        refuse(words.size() != expected, "wrong number of words; see tally passwd --help");
        if (!upgrade) {
            String user = words.get(1);
            refuse(user.isEmpty() || user.length() > LENGTH_MAX, "the user name is empty or too long");
            refuse(
                    user.indexOf(':') >= 0 || user.startsWith("#") || !user.equals(user.strip()),
                    "a user name holds no ':', begins with no '#', and has no blanks around it");
            refuse(user.chars().anyMatch(Character::isISOControl), "a user name holds no control characters");
        }
    }

    private void refuse(boolean isWrong, String message) {
        if (isWrong) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    private Algorithm algorithm() {
        for (Algorithm algorithm : Algorithm.values()) {
            if (algorithm.toString().equals(hash)) {
                return algorithm;
            }
        }
        throw new ParameterException(spec.commandLine(), "unknown hash '" + hash + "'");
    }

    /** Asks twice; null when the answers differ. */
    @SuppressWarnings({"SystemConsoleNull", "ReferenceEquality"}) // One that is no terminal reads lines, too.
    private @Nullable String ask() throws IOException {
        Console console = System.console();
        String first;
        String second;
        if (console != null && in == System.in) {
            first = text(console.readPassword("Password: "));
            second = text(console.readPassword("Reenter password: "));
        } else {
            BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            first = lines.readLine();
            second = lines.readLine();
        }
        if (first == null || !first.equals(second)) {
            err.println("tally: the passwords do not match");
            return null;
        }
        return first;
    }

    private static @Nullable String text(char @Nullable [] typed) {
        return typed == null ? null : new String(typed);
    }
}
