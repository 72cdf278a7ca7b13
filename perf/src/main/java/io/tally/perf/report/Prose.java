package io.tally.perf.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a report says in words, as HTML. */
final class Prose {
    private static final List<String> QOS = List.of("0 (at most once)", "1 (at least once)", "2 (exactly once)");

    private Prose() {}

    /** What was done to the broker. */
    static String load(RunFile run) {
        int subscribers = (int) run.number("subscribers");
        StringBuilder text = new StringBuilder();
        if (run.number("publishers") > 0) {
            text.append("%s messages of %s bytes at QoS %s"
                    .formatted(
                            count(run, "publishers", "publisher sends", "publishers send"),
                            Figures.plain(run.number("payloadBytes")),
                            QOS.get((int) run.number("qos"))));
            text.append(
                    subscribers == 0
                            ? ", and nobody is subscribed."
                            : " to " + count(run, "subscribers", "subscriber", "subscribers")
                                    + (run.is("persistent")
                                            ? " with a persistent session" + (subscribers > 1 ? " each" : "")
                                            : "")
                                    + (run.text("filter").startsWith("$share/") ? " that share them as one group" : "")
                                    + ".");
            text.append(' ').append(pace(run));
        }
        if (run.number("topicsPerPublisher") > 1) {
            text.append(
                    " Each publisher goes round %s topics.".formatted(Figures.plain(run.number("topicsPerPublisher"))));
        }
        if (run.number("backlogMessages") > 0) {
            text.append(" Before, %s were sent to %s; then %s fetch them, and that is measured."
                    .formatted(
                            count(run, "backlogMessages", "message", "messages"),
                            count(
                                    run,
                                    "backlogSessions",
                                    "persistent session whose client was away",
                                    "persistent sessions whose clients were away"),
                            run.number("backlogSessions") == 1 ? "it comes back to" : "they come back to"));
        }
        if (run.number("resumesPlanned") > 0) {
            text.append(" Each subscriber loses its connection %s and resumes its session."
                    .formatted(Figures.times(run.number("resumesPlanned"))));
        }
        if (run.number("storms") > 0) {
            text.append(" All clients lose their connections at the same moment and come back, %s."
                    .formatted(Figures.times(run.number("storms"))));
        }
        if (run.number("idle") > 0) {
            text.append(" Beside them, %s nothing.".formatted(count(run, "idle", "connection does", "connections do")));
        }
        if (run.number("takeOvers") > 0) {
            text.append(" Beside it, one client id is taken over again and again.");
        }
        return Page.text(text.toString().strip());
    }

    private static String count(RunFile run, String field, String one, String many) {
        double count = run.number(field);
        return Figures.plain(count) + " " + (count == 1 ? one : many);
    }

    private static String pace(RunFile run) {
        if (run.number("rate") > 0) {
            return "Open loop: %s messages a second are due at fixed times, whatever the broker does."
                    .formatted(Figures.plain(run.number("rate")));
        }
        if (run.number("qos") > 0) {
            return "Closed loop: every publisher keeps %s messages unacknowledged, so the broker does all it can."
                    .formatted(Figures.plain(run.number("window")));
        }
        return "Closed loop: all send as fast as they can, with at most %s messages on their way to each subscriber."
                .formatted(Figures.plain(run.number("lag")));
    }

    /** What all rounds together have shown of lost, doubled and reordered messages. */
    static String verdict(Series series) {
        Set<String> problems = new LinkedHashSet<>();
        List<String> allowed = new ArrayList<>();
        double lost = 0;
        double doubled = 0;
        for (RunFile run : series.rounds()) {
            problems.addAll(run.texts("problems"));
            lost += run.number("lost");
            doubled += run.number("doubled");
        }
        if (!problems.isEmpty()) {
            return "<span class=\"verdict bad\">✗ " + Page.text(String.join("; ", problems)) + "</span>";
        }
        if (lost > 0) {
            allowed.add(Figures.plain(lost) + " lost, as QoS 0 allows");
        }
        if (doubled > 0) {
            allowed.add(Figures.plain(doubled) + " doubled, as QoS 1 allows");
        }
        String text = allowed.isEmpty() ? "0 lost, 0 doubled, 0 reordered" : String.join(", ", allowed) + "; in order";
        return "<span class=\"verdict good\">✓ " + Page.text(text) + "</span>";
    }
}
