package io.tally.protocol.gateway;

import static io.tally.protocol.gateway.Packets.text;

import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.listener.Listener;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Users whose verdicts the test gives; one method, "ECHO"; topics that begin with "no" are forbidden. */
final class ScriptedGatekeeper implements Gatekeeper, Authenticator, AccessControl, AccessRules {
    /** What was asked, in words. */
    final List<String> asked = new ArrayList<>();

    /** Those that were not given up. */
    final List<LoginAttempt> attempts = new ArrayList<>();

    private final ArrayDeque<Consumer<AuthStep>> answers = new ArrayDeque<>();
    private String forbidden = "no";
    private String unreadable = "hidden";
    private boolean loginsAreValid = true;
    private int generation;
    int lookups;

    /** Thrown when a topic is looked up. */
    @Nullable
    RuntimeException failure;

    @Override
    public Authenticator authenticator(Listener listener) {
        return this;
    }

    @Override
    public AccessControl accessControl(Listener listener) {
        return this;
    }

    @Override
    public void check(LoginAttempt attempt, Consumer<AuthStep> answer) {
        byte[] password = attempt.password();
        attempts.add(attempt);
        asked.add(attempt.userName() + ":" + (password == null ? "-" : new String(password, StandardCharsets.UTF_8)));
        answers.add(answer);
    }

    @Override
    public void abandon(LoginAttempt attempt) {
        attempts.remove(attempt);
    }

    @Override
    public @Nullable Exchange begin(String method) {
        return method.equals("ECHO") ? this::next : null;
    }

    private void next(byte[] data, Consumer<AuthStep> answer) {
        asked.add(new String(data, StandardCharsets.UTF_8));
        answers.add(answer);
    }

    private record ScriptedLogin(ScriptedGatekeeper keeper, String userName) implements Login {
        @Override
        public boolean isValid() {
            return keeper.loginsAreValid;
        }
    }

    void accept(String userName, String data) {
        answers.remove().accept(AuthStep.accepted(new ScriptedLogin(this, userName), text(data)));
    }

    void challenge(String data) {
        answers.remove().accept(AuthStep.challenge(text(data)));
    }

    void refuse() {
        answers.remove().accept(AuthStep.refused(ReasonCode.NOT_AUTHORIZED));
    }

    void revokeLogins() {
        loginsAreValid = false;
    }

    void forbid(String prefix) {
        forbidden = prefix;
        generation++;
    }

    void forbidReading(String prefix) {
        unreadable = prefix;
        generation++;
    }

    @Override
    public AccessRules rulesFor(@Nullable String userName, String clientId) {
        return this;
    }

    @Override
    public String name() {
        return "";
    }

    @Override
    public int generation() {
        return generation;
    }

    @Override
    public boolean mayPublish(DirectBuffer topic, int offset, int length) {
        lookups++;
        RuntimeException thrown = failure;
        if (thrown != null) {
            throw thrown;
        }
        return !topic.getStringWithoutLengthUtf8(offset, length).startsWith(forbidden);
    }

    @Override
    public boolean mayReceive(DirectBuffer topic, int offset, int length) {
        return !topic.getStringWithoutLengthUtf8(offset, length).startsWith(unreadable);
    }
}
