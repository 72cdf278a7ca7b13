package io.tally.ops.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.ops.config.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AclFileTest {
    private static final String ACL = """
            # anonymous
            topic readwrite global/#
            topic deny global/except
            topic read news/+/today

              user ann
            topic own/ann
            topic write in/ann/#
            topic deny in/ann/secret
            topic read $SYS/#
            user bob b
            topic read with space/#
            pattern readwrite pattern/%u/#
            pattern deny pattern/%u/except
            pattern write status/%c
            pattern read %c/cmd
            pattern read literal/x%c
            """;

    @TempDir
    private Path directory;

    private AclFile read(String text) throws IOException, ConfigException {
        Path file = directory.resolve("acl");
        Files.writeString(file, text);
        return AclFile.read(file, "conf:3");
    }

    /** r, w, rw or -. */
    private static String rights(AclFile file, @Nullable String user, String clientId, String topic) {
        AclRules rules = file.rulesFor(user, clientId);
        byte[] bytes = ("xx" + topic).getBytes(StandardCharsets.UTF_8);
        UnsafeBuffer buffer = new UnsafeBuffer(bytes);
        boolean read = rules.mayReceive(buffer, 2, bytes.length - 2);
        boolean write = rules.mayPublish(buffer, 2, bytes.length - 2);
        return read || write ? (read ? "r" : "") + (write ? "w" : "") : "-";
    }

    @ParameterizedTest(name = "{0} as {1}: {2}")
    @CsvSource({
        // user, client, topic, rights
        ",       c1, global,            rw",
        ",       c1, global/a/b,        rw",
        ",       c1, global/except,     -",
        ",       c1, globals,           -",
        ",       c1, news/a/today,      r",
        ",       c1, news/a/b/today,    -",
        ",       c1, news//today,       r",
        ",       c1, pattern/null/a,    -",
        ",       c1, status/c1,         w",
        ",       c1, status/c2,         -",
        "ann,    c1, global/a,          -",
        "ann,    c1, own/ann,           rw",
        "ann,    c1, own/ann/,          -",
        "ann,    c1, in/ann,            w",
        "ann,    c1, in/ann/secret,     -",
        "ann,    c1, in/ann/secrets,    w",
        "ann,    c1, $SYS/broker,       r",
        "ann,    c1, pattern/ann,       rw",
        "ann,    c1, pattern/ann/x,     rw",
        "ann,    c1, pattern/ann/except,-",
        "ann,    c1, pattern/bob/x,     -",
        "bob b,  c1, with space/a,      r",
        "nobody, c1, global/a,          -",
        "nobody, c1, pattern/nobody/x,  rw",
        // A name that is not one level, or has a wildcard, opens no place but those of its user.
        "ann,    +,  status/+,          -",
        "ann,    #,  own/ann,           rw",
        "+,      c1, pattern/bob/x,     -",
        "ann,    a/b, status/a/b,       -",
        "ann,    $SYS, $SYS/cmd,        r",
        ",       $SYS, $SYS/cmd,        -",
        ",       c1, c1/cmd,            r",
        ",       c1, literal/xc1,       -",
        ",       c1, literal/x%c,       r",
        ",       '', status/,           -",
    })
    void decidesAsMosquitto(@Nullable String user, String clientId, String topic, String rights) throws Exception {
        assertEquals(rights, rights(read(ACL), user, clientId, topic));
    }

    @Test
    void aFileWithoutRulesDeniesEverything() throws Exception {
        assertEquals("-", rights(read("#comment\n\n"), null, "c1", "a"));
    }

    @Test
    void onlyAFilterThatBeginsWithADollarOpensTopicsOfTheBroker() throws Exception {
        AclFile file = read("topic #\ntopic +/a\n");
        assertEquals("-", rights(file, null, "c1", "$SYS/a"));
        assertEquals("rw", rights(file, null, "c1", "a/b/c"));
    }

    @Test
    void lineEndsOfOtherSystemsAndBlanksAreNoPartOfATopic() throws Exception {
        assertEquals("rw", rights(read("user  ann \r\ntopic  readwrite  a/b \t\r\n"), "ann", "c1", "a/b"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "user",
                "topic",
                "topic read a#",
                "topic a/#/b",
                "topic reads a",
                "topic a b",
                "topics a",
                "topic\ta",
                " # indented",
                "pattern",
                "pattern deny a+",
            })
    void refusesWhatItDoesNotUnderstandAndNamesTheLine(String line) {
        ConfigException error = assertThrows(ConfigException.class, () -> read("topic ok\n\n" + line + "\n"));
        assertTrue(error.getMessage().startsWith(directory.resolve("acl") + ":3: "), error.getMessage());
    }

    @Test
    void aNameThatADenialDoesNotFitGetsNothingFromPatterns() throws Exception {
        AclFile file = read("pattern readwrite data/#\npattern deny data/%c/locked\n");
        assertEquals("-", rights(file, "ann", "abc", "data/abc/locked"));
        assertEquals("rw", rights(file, "ann", "abc", "data/abc/open"));
        assertEquals("-", rights(file, "ann", "a/b", "data/a/b/locked"));
    }

    @Test
    void aNameInsideALevelIsReported() throws Exception {
        assertEquals(
                1, read("pattern read dev-%c/x\npattern read %c/a\n").notices().size());
    }

    @Test
    void aPatternForEverybodyIsReported() throws Exception {
        assertEquals(1, read("pattern read a\npattern read %c/a\n").notices().size());
    }
}
