package io.tally.ops.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.ops.config.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordFileTest {
    private static final String HASH =
            "Bi+fqnqmXrZuHRd1u81hTye4GdwV9OqDOUESx58ZiJC1sWr5TpAc1mlm9R7hNWzFLvTSZ7GrO5VH+KEtygeoDQ==";

    /** Written by mosquitto_passwd 2.0.11. */
    private static final String OF_MOSQUITTO = "# a comment\n"
            + "a line without a colon\n\n"
            + "meter7:$7$101$f2E9HppLhyD9kUTk$Nu6w2+gYInpQQGE/OtsC31ekXo0CQimClXSRHVfxC9XeWKZm5/b83xeNaxDSZBCnPe+LmuNa"
            + "A5oLuRVEbQOvkA==\n"
            + "empty:$7$101$R/KyIer2PNgH2yzm$WKqPMfaWqFkMVLHloQIhEkAvp0aG3buR/V6zPmZPSmwRbcMF8zVme820uuVnwrwWZ+RK0bDGi0"
            + "r3Ggel8850mg==\n"
            + "old:$6$bInC4wLn0Gf3GwxN$"
            + HASH
            + "\n";

    /** The parameters of argon2's own test of these words. */
    private static final String ARGON2 =
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

    /** What PostgreSQL keeps of the password of RFC 7677's example. */
    private static final String PENCIL = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
            + "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    @TempDir
    private Path directory;

    private PasswordFile read(String text) throws IOException, ConfigException {
        Path file = directory.resolve("passwords");
        Files.writeString(file, text);
        return PasswordFile.read(file, "conf:3");
    }

    private static boolean matches(PasswordFile file, String user, String password) {
        PasswordHash hash = file.hashOf(user);
        assertNotNull(hash, user);
        return hash.matches(password.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertOnlyOpens(PasswordFile file, String user, String password) {
        assertTrue(matches(file, user, password), user);
        assertFalse(matches(file, user, password + "x"), user);
        assertFalse(matches(file, user, "x"), user);
    }

    @Test
    void readsWhatMosquittoPasswdWrites() throws Exception {
        PasswordFile file = read(OF_MOSQUITTO);
        assertEquals(3, file.size());
        assertOnlyOpens(file, "meter7", "Zähler 7");
        assertOnlyOpens(file, "empty", "");
        assertOnlyOpens(file, "old", "secret");
        assertNull(file.hashOf("nobody"));
    }

    @Test
    void readsArgon2AndScram() throws Exception {
        PasswordFile file = read("a:" + ARGON2 + "\nuser:" + PENCIL + "\n");
        assertOnlyOpens(file, "a", "password");
        assertOnlyOpens(file, "user", "pencil");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bad:",
                "bad:plain",
                "bad:$",
                "bad:$6",
                "bad:$6$",
                "bad:$6$njERlZMi/7DzNB9E",
                "bad:$6$njERlZMi/7DzNB9E$",
                "bad:$6$njER{ZMi/7DzNB9E$" + HASH,
                "bad:$5$njERlZMi/7DzNB9E$" + HASH,
                "bad:$7$0$bInC4wLn0Gf3GwxN$" + HASH,
                "bad:$7$101$bInC4wLn0Gf3GwxN$c2hvcnQ=",
                "bad:$argon2id$v=19$m=999999999,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                "bad:$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                "bad:SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==",
                "bad:SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ==$YQ==:YQ==",
                ":$6$bInC4wLn0Gf3GwxN$" + HASH,
                "old:$6$bInC4wLn0Gf3GwxN$" + HASH,
            })
    void refusesWhatIsNoHashAndNamesTheLine(String line) {
        ConfigException error = assertThrows(ConfigException.class, () -> read(OF_MOSQUITTO + line + "\n"));
        String place = directory.resolve("passwords") + ":7: ";
        assertTrue(error.getMessage().startsWith(place), error.getMessage());
        assertFalse(error.getMessage().contains("$bInC"), "the log must not hold hashes");
    }

    @Test
    void anUnreadableFileIsSaidToBeWhereItIsNamed() {
        ConfigException error =
                assertThrows(ConfigException.class, () -> PasswordFile.read(directory.resolve("none"), "a.conf:12"));
        assertTrue(error.getMessage().startsWith("a.conf:12: "), error.getMessage());
    }

    @ParameterizedTest
    @EnumSource
    void anEditedFileOpensForTheNewPasswordOnly(PasswordEditor.Algorithm algorithm) throws Exception {
        Path file = directory.resolve("edited");
        PasswordEditor editor = new PasswordEditor(algorithm, 5000);
        editor.create(file, "first", "one");
        assertFalse(editor.set(file, "second", "zwölf"));
        assertTrue(editor.set(file, "first", "another"));
        PasswordFile read = PasswordFile.read(file, "");
        assertOnlyOpens(read, "first", "another");
        assertOnlyOpens(read, "second", "zwölf");
        assertTrue(PasswordEditor.delete(file, "first"));
        assertFalse(PasswordEditor.delete(file, "first"));
        assertEquals(1, PasswordFile.read(file, "").size());
    }

    @Test
    void upgradeHashesPlainTextAndNothingElse() throws Exception {
        Path file = directory.resolve("plain");
        Files.writeString(file, "# users\nfirst:one:two\nold:" + PENCIL + "\n");
        assertEquals(1, new PasswordEditor(PasswordEditor.Algorithm.SHA512_PBKDF2, 10).upgrade(file));
        PasswordFile read = PasswordFile.read(file, "");
        assertOnlyOpens(read, "first", "one:two");
        assertTrue(Files.readString(file).startsWith("# users\nfirst:$7$10$"));
        assertTrue(Files.readString(file).endsWith("\nold:" + PENCIL + "\n"));
    }

    @Test
    void aNewFileIsForItsOwnerOnlyAndAnOldOneKeepsItsPermissions() throws Exception {
        Path file = directory.resolve("private");
        PasswordEditor editor = new PasswordEditor(PasswordEditor.Algorithm.SHA512, 0);
        editor.create(file, "first", "one");
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        editor.set(file, "second", "two");
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        try (var left = Files.list(directory)) {
            assertEquals(1, left.count());
        }
    }
}
