package io.tally.perf.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One page about any number of runs. Runs of one scenario are compared in one section; runs of one scenario, broker and
 * durability level, all with TLS or all without, are rounds of the same, of which medians are shown.
 */
public final class HtmlReport {
    private static final String OUT = "outPerSecond";
    private static final String IN = "inPerSecond";
    private static final String CPU = "brokerCpuMicrosPerMessage";
    private static final double KB_PER_MB = 1024;

    /** Scenario → series, in the order in which they came. */
    private final Map<String, List<Series>> sections = new LinkedHashMap<>();

    private final List<String> names = new ArrayList<>();
    private final List<RunFile> runs = new ArrayList<>();

    /** A column of a table: what it is, its field in the JSON, and by what that is divided; of counts, all digits. */
    private record Column(String title, String unit, String field, double divisor, boolean isCount) {
        Column(String title, String unit, String field) {
            this(title, unit, field, 1, false);
        }

        static Column count(String title, String unit, String field) {
            return new Column(title, unit, field, 1, true);
        }

        String text(double value) {
            return isCount ? Figures.count(value) : Figures.exactly(value / divisor);
        }
    }

    private static final List<Column> COLUMNS = List.of(
            new Column("messages in", "per second", IN),
            new Column("messages out", "per second", OUT),
            new Column("CPU per message in and out", "µs", CPU),
            new Column("CPU of the broker", "cores", "brokerCores"),
            new Column("resident memory", "MB", "brokerResidentKb", KB_PER_MB, false),
            new Column("latency p50", "ms", "latencyP50Ms"),
            new Column("latency p99", "ms", "latencyP99Ms"),
            new Column("latency p99.9", "ms", "latencyP999Ms"),
            new Column("longest latency", "ms", "latencyMaxMs"));

    /** Shown where a run has them. */
    private static final List<Column> SPECIAL_COLUMNS = List.of(
            Column.count("backlog", "messages", "backlogMessages"),
            new Column("backlog filled", "messages per second", "backlogFillPerSecond"),
            new Column("backlog drained", "messages per second", "backlogDrainPerSecond"),
            new Column("backlog gone after", "s", "backlogDrainSeconds"),
            Column.count("reconnects", "in all", "reconnects"),
            new Column("session resumed, p50", "ms after its end", "reconnectP50Ms"),
            new Column("session resumed, p99", "ms after its end", "reconnectP99Ms"),
            Column.count("reconnect storms", "in all", "storms"),
            new Column("all clients back after", "s, slowest storm", "stormSecondsMax"),
            Column.count("sent again", "marked as duplicates", "redelivered"),
            Column.count("idle connections", "beside the load", "idle"),
            Column.count("one id taken over", "in all", "takeOvers"));

    /** Reads results of runs. */
    public static HtmlReport of(List<Path> jsonFiles) throws IOException {
        HtmlReport report = new HtmlReport();
        for (Path file : jsonFiles) {
            report.add(RunFile.read(file));
        }
        return report;
    }

    private void add(RunFile run) {
        runs.add(run);
        String name = seriesName(run);
        List<Series> section = sections.computeIfAbsent(run.text("scenario"), scenario -> new ArrayList<>());
        for (Series series : section) {
            if (series.name().equals(name)) {
                series.rounds().add(run);
                return;
            }
        }
        section.add(new Series(name, new ArrayList<>(List.of(run))));
        if (!names.contains(name)) {
            names.add(name);
        }
    }

    private static String seriesName(RunFile run) {
        String tls = run.text("tls").isEmpty() ? "" : ", TLS";
        return run.text("broker") + " (" + run.text("durability") + tls + ")";
    }

    /** What the load of one run was, against what at which durability level, and how it came out. */
    public static String summary(Path jsonFile) throws IOException {
        RunFile run = RunFile.read(jsonFile);
        String against =
                "%s, durability %s; %s".formatted(run.text("broker"), run.text("durability"), run.text("machine"));
        return "<p>%s</p>%n<p>%s</p>%n<p>%s</p>%n"
                .formatted(Prose.load(run), Page.text(against), Prose.verdict(new Series("", List.of(run))));
    }

    public void write(Path file) throws IOException {
        Files.writeString(file, html());
    }

    private String html() throws IOException {
        List<String> began =
                runs.stream().map(run -> run.text("startedAt")).sorted().toList();
        StringBuilder body = new StringBuilder();
        body.append("<p class=\"dim\">%s%s · %d run%s of %d scenario%s · %s</p>%n"
                .formatted(
                        date(began.get(0)),
                        runs.size() == 1 ? "" : " to " + date(began.get(runs.size() - 1)),
                        runs.size(),
                        runs.size() == 1 ? "" : "s",
                        sections.size(),
                        sections.size() == 1 ? "" : "s",
                        Page.text(runs.get(0).text("machine"))));
        if (runs.size() > 1) {
            drawOverview(body);
        }
        for (Map.Entry<String, List<Series>> section : sections.entrySet()) {
            drawSection(body, section.getKey(), section.getValue());
        }
        drawExplanations(body);
        drawConditions(body);
        return Page.html("MQTT under load: " + String.join(", ", names), body.toString());
    }

    private static String date(String instant) {
        return Page.text(instant.replace('T', ' ').replace("Z", " UTC"));
    }

    /** Every scenario in a line: its one figure, and how many times the first broker's the others' are. */
    private void drawOverview(StringBuilder html) {
        html.append("<h2>Overview</h2>\n<p>The main figures of every scenario, medians of its rounds")
                .append(names.size() == 1 ? "" : "; × tells how many times the first column's figure it is")
                .append(".</p>\n<div class=\"scroll\"><table>\n<tr><th>scenario</th>")
                .append("<th class=\"text\">figure</th>");
        for (String name : names) {
            html.append("<th>").append(head(name)).append("</th>");
        }
        html.append("</tr>\n");
        sections.forEach((scenario, all) -> {
            for (Column column : mainColumns(all.get(0).first())) {
                html.append("<tr><td><a href=\"#%1$s\">%1$s</a></td><td class=\"text\">%2$s</td>"
                        .formatted(Page.text(scenario), Page.text(sentence(column))));
                double first = Double.NaN;
                for (String name : names) {
                    double value = all.stream()
                            .filter(series -> series.name().equals(name))
                            .mapToDouble(series -> series.median(column.field))
                            .findFirst()
                            .orElse(Double.NaN);
                    first = Double.isNaN(first) ? value : first;
                    html.append("<td>").append(column.text(value));
                    html.append(name.equals(names.get(0)) ? "" : times(value, first))
                            .append("</td>");
                }
                html.append("</tr>\n");
            }
        });
        html.append("</table></div>\n");
    }

    /** How many times the first figure another one is; nothing where it cannot be told. */
    private static String times(double value, double first) {
        return !Double.isNaN(value) && first > 0
                ? String.format(Locale.ROOT, "<small>× %.2f</small>", value / first)
                : "";
    }

    /** What a scenario is about. */
    private static List<Column> mainColumns(RunFile run) {
        if (run.number("backlogMessages") > 0) {
            return List.of(column("backlogDrainPerSecond"));
        }
        if (run.number("rate") > 0) {
            return List.of(column("latencyP50Ms"), column("latencyP99Ms"), column("latencyP999Ms"));
        }
        if (run.number("subscribers") == 0) {
            return List.of(column(IN), column(CPU));
        }
        return run.number("qos") > 0
                ? List.of(column(IN), column(OUT), column(CPU))
                : List.of(column(OUT), column(CPU));
    }

    private static Column column(String field) {
        List<Column> all = new ArrayList<>(COLUMNS);
        all.addAll(SPECIAL_COLUMNS);
        return all.stream()
                .filter(column -> column.field.equals(field))
                .findFirst()
                .orElseThrow();
    }

    private static String sentence(Column column) {
        return "%s, %s (%s is better)"
                .formatted(column.title, column.unit, column.unit.endsWith("per second") ? "higher" : "lower");
    }

    private void drawSection(StringBuilder html, String scenario, List<Series> all) throws IOException {
        RunFile run = all.get(0).first();
        html.append("<h2 id=\"%1$s\">%1$s</h2>%n<p>%2$s</p>%n".formatted(Page.text(scenario), Prose.load(run)));
        if (all.size() > 1) {
            html.append("<div class=\"plots small\">\n");
            for (Column column : mainColumns(run)) {
                drawBars(html, column, all);
            }
            html.append("</div>\n");
        }
        drawFigures(html, all);
        html.append("<div class=\"plots\">\n");
        String typicalBy = run.number("subscribers") > 0 ? OUT : IN;
        boolean isOpen = run.number("rate") > 0;
        boolean isSteady = isOpen && !(run.number("backlogMessages") > 0);
        String cause = isOpen ? "" : "; mostly time in queues that this load fills itself";
        Plot latency =
                plot("Latency until received", "lower is better" + cause, Axis.percentiles(), Axis.log("milliseconds"));
        Plot answer = plot(
                "Latency until acknowledged", "lower is better" + cause, Axis.percentiles(), Axis.log("milliseconds"));
        String each = all.stream().anyMatch(series -> series.rounds().size() > 1) ? "; thin: the other rounds" : "";
        Plot throughput = plot(
                run.number("subscribers") > 0 ? "Messages received over time" : "Messages acknowledged over time",
                (isSteady ? "as steady as what is sent" : "higher is better") + each,
                Axis.linear("seconds since the measurement began"),
                Axis.linear("messages per second"));
        Plot cpu = plot(
                "CPU of the broker over time",
                "lower is better" + each,
                Axis.linear("seconds since the measurement began"),
                Axis.linear("cores in use"));
        for (Series series : all) {
            series.drawPercentiles(latency, "latencyHistogram");
            series.drawPercentiles(answer, "answerHistogram");
            series.drawOverTime(throughput, typicalBy, typicalBy);
            series.drawOverTime(cpu, "brokerCores", typicalBy);
        }
        for (Plot plot : List.of(latency, answer, throughput, cpu)) {
            html.append(plot.isEmpty() ? "" : plot.html());
        }
        html.append("</div>\n");
    }

    private Plot plot(String title, String hint, Axis x, Axis y) {
        return new Plot(title, hint, x, y).styles(names);
    }

    /** A line for each figure, a column for each broker: there are more figures than brokers. */
    private void drawFigures(StringBuilder html, List<Series> all) {
        html.append("<div class=\"scroll\"><table class=\"figures%s\">%n<tr><th></th>"
                .formatted(all.size() > 2 ? " many" : ""));
        for (Series series : all) {
            int rounds = series.rounds().size();
            html.append("<th>").append(head(series.name()));
            html.append(rounds == 1 ? "" : "<small>median of %d rounds (least – most)</small>".formatted(rounds));
            html.append("</th>");
        }
        html.append("</tr>\n<tr><td>verdict<small>of all messages of the run</small></td>");
        for (Series series : all) {
            html.append("<td>").append(Prose.verdict(series)).append("</td>");
        }
        html.append("</tr>\n");
        List<Column> shown = new ArrayList<>(COLUMNS);
        shown.removeIf(column -> all.stream().allMatch(series -> Double.isNaN(series.median(column.field))));
        SPECIAL_COLUMNS.stream()
                .filter(column -> all.stream().anyMatch(series -> series.median(column.field) > 0))
                .forEach(shown::add);
        for (Column column : shown) {
            html.append("<tr><td>%s<small>%s%s</small></td>"
                    .formatted(
                            Page.text(column.title),
                            Page.text(column.unit),
                            column.field.startsWith("latency")
                                    ? latencyOf(all.get(0).first())
                                    : ""));
            for (Series series : all) {
                drawCell(html, column, series);
            }
            html.append("</tr>\n");
        }
        html.append("</table></div>\n");
    }

    private static String latencyOf(RunFile run) {
        if (run.number("backlogMessages") > 0) {
            return ", of the messages beside the backlog";
        }
        return run.number("rate") > 0 ? "" : ", in queues that this load fills itself";
    }

    private String head(String name) {
        return Page.swatch(names.indexOf(name)) + Page.text(name);
    }

    private static void drawCell(StringBuilder html, Column column, Series series) {
        double[] values = series.sorted(column.field);
        html.append("<td>").append(column.text(series.median(column.field)));
        if (values.length > 1) {
            html.append("<small>(%s – %s)</small>"
                    .formatted(column.text(values[0]), column.text(values[values.length - 1])));
        }
        html.append("</td>");
    }

    private void drawBars(StringBuilder html, Column column, List<Series> all) {
        double most = all.stream()
                .mapToDouble(series -> series.median(column.field))
                .filter(value -> value > 0)
                .max()
                .orElse(1);
        String[] words = sentence(column).split(" \\(", 2);
        html.append("<figure><figcaption><b>%s</b> <span>%s</span></figcaption>%n<div class=\"bars\">%n"
                .formatted(Page.text(words[0]), Page.text(words[1].replace(")", ""))));
        for (Series series : all) {
            double value = series.median(column.field);
            int style = Page.style(names.indexOf(series.name()));
            html.append(String.format(
                    Locale.ROOT,
                    "<span>%s</span><b>%s</b><span>%s</span><i class=\"s%d\" style=\"width:%.1f%%\"></i>%n",
                    Page.text(series.name()),
                    column.text(value),
                    series.equals(all.get(0)) ? "" : times(value, all.get(0).median(column.field)),
                    style,
                    Double.isNaN(value) ? 0 : 100 * value / most));
        }
        html.append("</div></figure>\n");
    }

    private void drawExplanations(StringBuilder html) {
        html.append("<h2>How to read this</h2>\n").append(Page.resource("explanations.html"));
    }

    private void drawConditions(StringBuilder html) {
        html.append("<h2>What was measured, and on what</h2>\n<dl>\n");
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("machine", values(run -> run.text("machine")));
        facts.put(
                "load driver",
                "tally bench on Java " + values(run -> run.text("loadJava")) + ", one thread, over "
                        + values(HtmlReport::way));
        facts.put("brokers", values(HtmlReport::broker));
        facts.put("MQTT", values(run -> run.text("mqtt")));
        facts.put(
                "measured",
                "%s s after a warm-up of %s s"
                        .formatted(
                                values(run -> tenths(run, "measuredSeconds")),
                                values(run -> tenths(run, "warmupSeconds"))));
        facts.forEach(
                (name, value) -> html.append("<dt>%s</dt><dd>%s</dd>%n".formatted(Page.text(name), Page.text(value))));
        html.append("</dl>\n<details><summary>All runs</summary>\n<div class=\"scroll\"><table>\n<tr><th>run</th>")
                .append("<th class=\"text\">broker, durability</th><th class=\"text\">began</th><th>sent</th>"
                        + "<th>received</th><th>lost</th><th>doubled</th><th>reordered</th>"
                        + "<th>packet id<small>in use</small></th>")
                .append("<th>load driver<small>cores</small></th><th>sent late<small>p99, ms</small></th></tr>\n");
        for (RunFile run : runs) {
            html.append("<tr><td>%s</td><td class=\"text\">%s</td><td class=\"text\">%s</td>"
                    .formatted(Page.text(run.text("name")), Page.text(seriesName(run)), date(run.text("startedAt"))));
            for (String field : List.of("sent", "received", "lost", "doubled", "reordered", "idsInUse")) {
                html.append("<td>").append(Figures.count(run.number(field))).append("</td>");
            }
            for (String field : List.of("loadCores", "lateP99Ms")) {
                html.append("<td>").append(Figures.exactly(run.number(field))).append("</td>");
            }
            html.append("</tr>\n");
        }
        html.append("</table></div></details>\n");
    }

    private static String broker(RunFile run) {
        String version = run.text("brokerVersion");
        String name = run.text("broker");
        return version.isEmpty() || version.equals(name) ? name : name + " (" + version + ")";
    }

    private static String way(RunFile run) {
        String host = run.text("address").replaceAll(":\\d+$", "").replace("127.0.0.1", "the loopback interface");
        String tls = run.text("tls");
        return tls.isEmpty() ? host : host + " with " + tls;
    }

    private static String tenths(RunFile run, String field) {
        return Figures.plain(Math.rint(run.number(field) * 10) / 10);
    }

    /** What all runs say, without repetitions. */
    private String values(Function<RunFile, String> text) {
        return runs.stream()
                .map(text)
                .filter(value -> !value.isEmpty())
                .distinct()
                .collect(Collectors.joining("; "));
    }
}
