package io.tally.ops.security;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.AuthStep;
import io.tally.protocol.gateway.Authenticator.Exchange;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScramExchangeTest {
    @TempDir
    private Path directory;

    private FileAuthenticator authenticator;

    @BeforeEach
    void readUsers() throws Exception {
        authenticator = new FileAuthenticator(file("pencil"), new LoginQueue(Runnable::run));
    }

    private PasswordFile file(String password) throws Exception {
        Path file = directory.resolve("passwords");
        PasswordEditor editor = new PasswordEditor(PasswordEditor.Algorithm.SCRAM_SHA_256, 4096);
        Files.writeString(
                file,
                editor.line("user", password) + "\n" + editor.line("a,b=c", password) + "\n"
                        + new PasswordEditor(PasswordEditor.Algorithm.SHA512, 0).line("plain", password) + "\n");
        return PasswordFile.read(file, "");
    }

    private Exchange begin() {
        Exchange exchange = authenticator.begin("SCRAM-SHA-256");
        assertNotNull(exchange);
        return exchange;
    }

    private static AuthStep next(Exchange exchange, byte[] data) {
        List<AuthStep> answers = new ArrayList<>();
        exchange.next(data, answers::add);
        assertEquals(1, answers.size());
        return answers.get(0);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The example of RFC 7677, chapter 3. */
    @Test
    void theClientOfTheseTestsComputesWhatTheStandardShows() {
        ScramClient client = new ScramClient("user", "pencil", "rOprNGfwEbeRWgbNEkqO");
        byte[] last = client.last(
                bytes("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
        assertEquals(
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                        + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                new String(last, StandardCharsets.UTF_8));
        assertEquals(
                "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
                new String(client.expectedFromServer(), StandardCharsets.UTF_8));
    }

    @Test
    void whoKnowsThePasswordIsLetInAndTheServerProvesItselfToo() {
        Exchange exchange = begin();
        ScramClient client = new ScramClient("user", "pencil", "abc");
        AuthStep challenge = next(exchange, client.first());
        assertEquals(ReasonCode.CONTINUE_AUTHENTICATION, challenge.reason());
        AuthStep end = next(exchange, client.last(challenge.data()));
        assertEquals(ReasonCode.SUCCESS, end.reason());
        assertArrayEquals(client.expectedFromServer(), end.data());
        assertNotNull(end.login());
        assertEquals("user", end.login().userName());
        assertEquals(ReasonCode.NOT_AUTHORIZED, next(exchange, client.first()).reason(), "an exchange is used once");
    }

    @Test
    void commaAndEqualsSignInAUserNameAreEscaped() {
        Exchange exchange = begin();
        ScramClient client = new ScramClient("a=2Cb=3Dc", "pencil", "abc");
        AuthStep end = next(exchange, client.last(next(exchange, client.first()).data()));
        assertEquals(ReasonCode.SUCCESS, end.reason());
        assertNotNull(end.login());
        assertEquals("a,b=c", end.login().userName());
    }

    /** Whoever has no SCRAM line looks like a user with another password until the end. */
    @ParameterizedTest
    @ValueSource(strings = {"user", "nobody", "plain"})
    void aWrongPasswordAndAnUnknownUserLookTheSame(String user) {
        String password = user.equals("user") ? "wrong" : "pencil";
        Exchange exchange = begin();
        ScramClient client = new ScramClient(user, password, "abc");
        AuthStep challenge = next(exchange, client.first());
        assertEquals(ReasonCode.CONTINUE_AUTHENTICATION, challenge.reason());
        AuthStep again = next(begin(), client.first());
        assertEquals(saltOf(challenge), saltOf(again), "asked twice, the salt is the same");
        assertEquals(
                ReasonCode.NOT_AUTHORIZED,
                next(exchange, client.last(challenge.data())).reason());
    }

    /** Iterations and the length of the salt are those of a line of the file, and stay the same over restarts. */
    @Test
    void anUnknownUserIsToldWhatAKnownOneIs() throws Exception {
        ScramClient client = new ScramClient("nobody", "pencil", "abc");
        authenticator.useSecret(LoginSecret.in(directory));
        String told = withoutNonce(next(begin(), client.first()));
        assertTrue(told.endsWith(",i=4096"), told);
        Path key = directory.resolve(LoginSecret.FILE);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(key)));
        authenticator = new FileAuthenticator(file("pencil"), new LoginQueue(Runnable::run));
        authenticator.useSecret(LoginSecret.in(directory));
        assertEquals(told, withoutNonce(next(begin(), client.first())));
    }

    @Test
    void aSaltOfAnyLengthIsImitated() throws Exception {
        ScramCredentials known = ScramCredentials.of(bytes("pencil"), new byte[100], 5000);
        Path passwords = directory.resolve("long");
        Files.writeString(passwords, "user:" + known.encoded() + "\n");
        authenticator.use(PasswordFile.read(passwords, ""));
        ScramCredentials imitated = authenticator.credentialsOf("nobody");
        assertEquals(5000, imitated.iterations());
        assertEquals(100, imitated.salt().length);
    }

    private static String withoutNonce(AuthStep challenge) {
        String message = new String(challenge.data(), StandardCharsets.UTF_8);
        return message.substring(message.indexOf(','));
    }

    private static String saltOf(AuthStep challenge) {
        return new String(challenge.data(), StandardCharsets.UTF_8).split(",")[1];
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "n",
                "n,,",
                "n,,n=user",
                "n,,n=user,r=",
                "n,,n=,r=abc",
                "n,,r=abc,n=user",
                "n,a=other,n=user,r=abc",
                "p=tls-unique,,n=user,r=abc",
                "n,,m=must,n=user,r=abc",
                "n,,n=us=er,r=abc",
            })
    void aFirstMessageThatIsNoneIsRefused(String message) {
        assertEquals(ReasonCode.NOT_AUTHORIZED, next(begin(), bytes(message)).reason());
    }

    @Test
    void aFinalMessageWithAnotherNonceOrBindingIsRefused() {
        for (String[] change : new String[][] {{"c=biws", "c=eSws"}, {"r=abc", "r=abd"}, {",p=", ",q="}}) {
            Exchange exchange = begin();
            ScramClient client = new ScramClient("user", "pencil", "abc");
            String last = new String(client.last(next(exchange, client.first()).data()), StandardCharsets.UTF_8);
            assertTrue(last.contains(change[0]));
            AuthStep end = next(exchange, bytes(last.replaceFirst(change[0], change[1])));
            assertEquals(ReasonCode.NOT_AUTHORIZED, end.reason(), change[1]);
        }
    }

    @Test
    void aPasswordChangedMeanwhileIsNoLongerGoodAndEndsTheLogin() throws Exception {
        Exchange exchange = begin();
        ScramClient client = new ScramClient("user", "pencil", "abc");
        AuthStep challenge = next(exchange, client.first());
        Exchange second = begin();
        AuthStep end = next(second, client.last(next(second, client.first()).data()));
        assertNotNull(end.login());
        assertTrue(end.login().isValid());
        authenticator.use(file("crayon"));
        assertFalse(end.login().isValid());
        assertEquals(
                ReasonCode.NOT_AUTHORIZED,
                next(exchange, client.last(challenge.data())).reason());
    }

    @Test
    void otherMethodsAreUnknown() {
        assertNull(authenticator.begin("SCRAM-SHA-1"));
        assertNull(authenticator.begin(""));
    }
}
