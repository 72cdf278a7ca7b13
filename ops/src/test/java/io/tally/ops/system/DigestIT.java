package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Replay of the journal leads to the state that the live run had: from the last checkpoint, and from the first
 * command.
 */
final class DigestIT {
    private static final Pattern DIGEST = Pattern.compile("digest ([0-9a-f]+) at position (\\d+)");

    @Test
    void replayAfterACleanStopGivesTheDigestOfTheLiveRun() throws Exception {
        Path home = TestHome.fresh("digest");
        BrokerSettings settings = settings(home);
        try (BrokerProcess broker = BrokerProcess.start(settings);
                Crowd crowd = Crowd.mixed("d", broker.port(), 8, 2_000)) {
            crowd.awaitAccepted(1_000, Duration.ofSeconds(30));
            broker.kill9();
            broker.restart();
            crowd.subscriberWanted(0, false);
            crowd.subscriberWanted(3, false);
            crowd.awaitAccepted(1_000, Duration.ofSeconds(30));
            assertEquals(0, broker.terminate());
            String live = last(broker.log());
            assertEquals(live, last(digest(settings)));
            assertEquals(live, last(digest(settings, "--from-start")));
        }
        TestHome.delete(home);
    }

    @Test
    void replayAfterKillNineGivesOneDigestFromCheckpointAndFromTheStart() throws Exception {
        Path home = TestHome.fresh("digest-kill");
        BrokerSettings settings = settings(home);
        try (BrokerProcess broker = BrokerProcess.start(settings);
                Crowd crowd = Crowd.mixed("d", broker.port(), 8, 2_000)) {
            for (int i = 0; i < 2; i++) {
                crowd.awaitAccepted(1_500, Duration.ofSeconds(30));
                broker.kill9();
                assertEquals(last(digest(settings)), last(digest(settings, "--from-start")));
                broker.restart();
            }
        }
        TestHome.delete(home);
    }

    /** Checkpoints are frequent, so that the replay does not begin at the start anyway. */
    private static BrokerSettings settings(Path home) {
        return new BrokerSettings(home).line("max_queued_messages 0").tallyLine("checkpoint_interval 1");
    }

    private static String digest(BrokerSettings settings, String... flags) throws IOException {
        List<String> command = new ArrayList<>(BrokerSettings.tally("digest"));
        command.addAll(List.of("-c", settings.configuration().toString()));
        command.addAll(List.of(flags));
        String output = Shell.must(command.toArray(String[]::new));
        System.out.println("DigestIT " + output.lines().reduce((a, b) -> b).orElse(""));
        return output;
    }

    /** The last digest and its position in this text. */
    private static String last(String text) {
        Matcher matcher = DIGEST.matcher(text);
        String last = "";
        while (matcher.find()) {
            last = matcher.group();
        }
        assertTrue(!last.isEmpty(), text);
        return last;
    }
}
