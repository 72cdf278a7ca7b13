package io.tally.perf.report;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Figures measured while something grew: a text for the terminal, JSON, and a page with a plot for each unit. */
public final class Points {
    private static final double SMALL = 100;
    private static final double TINY = 0.1;

    private final String title;
    private final String xName;
    private final Map<String, String> facts = new LinkedHashMap<>();
    private final List<Figure> figures = new ArrayList<>();

    /** @param xName of what has grown, with its unit, if it has one, in brackets */
    public Points(String title, String xName) {
        this.title = title;
        this.xName = xName;
    }

    /** One figure over what has grown. */
    record Figure(String name, String unit, NavigableMap<Double, Double> values) {}

    /** Something to be known of the whole measurement: the machine, an option. */
    public void fact(String name, String value) {
        facts.put(name, value);
    }

    /** A figure where what grows had come to {@code x}. */
    public void add(double x, String name, String unit, double value) {
        for (Figure figure : figures) {
            if (figure.name.equals(name) && figure.unit.equals(unit)) {
                figure.values.put(x, value);
                return;
            }
        }
        Figure figure = new Figure(name, unit, new TreeMap<>());
        figure.values.put(x, value);
        figures.add(figure);
    }

    /** One figure a line, one column for each x. */
    public void print(PrintWriter out) {
        out.println(title);
        facts.forEach((name, value) -> out.println("  " + name + ": " + value));
        List<Double> xs = xs();
        int width = figures.stream().mapToInt(f -> label(f).length()).max().orElse(0);
        width = Math.max(width, xName.length());
        out.print("  " + pad(xName, width));
        xs.forEach(x -> out.printf(" %13s", column(x)));
        out.println();
        for (Figure figure : figures) {
            out.print("  " + pad(label(figure), width));
            for (double x : xs) {
                Double value = figure.values.get(x);
                out.printf(" %13s", value == null ? "" : number(value));
            }
            out.println();
        }
        out.flush();
    }

    private List<Double> xs() {
        return figures.stream()
                .flatMap(figure -> figure.values.keySet().stream())
                .distinct()
                .sorted()
                .toList();
    }

    private static String label(Figure figure) {
        return figure.name + " [" + figure.unit + "]";
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(width - text.length());
    }

    private static String column(double x) {
        return x == Math.rint(x) ? String.format(Locale.ROOT, "%,.0f", x) : Figures.exactly(x);
    }

    static String number(double value) {
        double size = Math.abs(value);
        if (size > 0 && size < TINY) {
            return Figures.exactly(value);
        }
        return String.format(Locale.ROOT, size < SMALL ? "%,.2f" : "%,.0f", value);
    }

    /** Writes the files NAME.json and NAME.html. */
    public void write(Path directory, String name) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve(name + ".json"), Json.object(fields()) + "\n");
        Files.writeString(directory.resolve(name + ".html"), html());
    }

    private Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("title", title);
        fields.put("x", xName);
        fields.putAll(facts);
        fields.put("figures", figures.stream().map(Points::fields).toList());
        return fields;
    }

    private static Map<String, Object> fields(Figure figure) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", figure.name);
        fields.put("unit", figure.unit);
        fields.put("x", List.copyOf(figure.values.keySet()));
        fields.put("y", List.copyOf(figure.values.values()));
        return fields;
    }

    private String html() {
        StringBuilder body = new StringBuilder("<dl>\n");
        facts.forEach(
                (name, value) -> body.append("<dt>%s</dt><dd>%s</dd>%n".formatted(Page.text(name), Page.text(value))));
        body.append("</dl>\n<div class=\"plots\">\n");
        figures.stream()
                .filter(Points::isDrawn)
                .collect(Collectors.groupingBy(this::plotOf, LinkedHashMap::new, Collectors.toList()))
                .values()
                .forEach(lines -> body.append(plot(lines)));
        body.append("</div>\n");
        figures.stream()
                .filter(figure -> !isDrawn(figure))
                .forEach(figure -> body.append("<p>Not above 0: " + Page.text(label(figure)) + "</p>\n"));
        return Page.html(title, body.append(table()).toString());
    }

    /** A logarithmic axis has no place for others. */
    private static boolean isDrawn(Figure figure) {
        return figure.values.values().stream().anyMatch(value -> value > 0);
    }

    private String plot(List<Figure> lines) {
        Figure first = lines.get(0);
        String name = lines.size() == 1 ? label(first) : plotOf(first);
        String hint = (first.unit.endsWith("/s") ? "higher" : "flat and low") + " is better; both axes logarithmic";
        Plot plot = new Plot(name, hint, Axis.log(xName), Axis.log(first.unit));
        lines.forEach(line -> plot.line(lineName(line), values(line.values.keySet()), values(line.values.values())));
        return plot.html();
    }

    /** Figures called "a, what" and "b, what" are lines a and b of one plot; all others of one unit share one. */
    private String plotOf(Figure figure) {
        return (isOneOfSeveral(figure) ? what(figure) : kind(figure.unit)) + " [" + figure.unit + "]";
    }

    private static String kind(String unit) {
        return switch (unit.replaceAll(" .*", "")) {
            case "ns", "µs", "ms", "s" -> "time";
            case "B", "KB", "MB", "GB" -> "memory";
            default -> unit.endsWith("/s") ? "rate" : "count";
        };
    }

    private String lineName(Figure figure) {
        return isOneOfSeveral(figure) ? figure.name.replaceAll(", [^,]*$", "") : figure.name;
    }

    private boolean isOneOfSeveral(Figure figure) {
        return figure.name.contains(", ")
                && figures.stream()
                        .anyMatch(other -> !other.equals(figure)
                                && other.unit.equals(figure.unit)
                                && other.name.contains(", ")
                                && what(other).equals(what(figure)));
    }

    /** Behind the last comma. */
    private static String what(Figure figure) {
        return figure.name.replaceAll(".*, ", "");
    }

    private static double[] values(Collection<Double> values) {
        return values.stream().mapToDouble(value -> value).toArray();
    }

    private String table() {
        List<Double> xs = xs();
        StringBuilder table = new StringBuilder("<div class=\"scroll\"><table>\n");
        table.append(row("th", xName, xs, Points::column));
        for (Figure figure : figures) {
            table.append(row("td", label(figure), xs, x -> {
                Double value = figure.values.get(x);
                return value == null ? "" : number(value);
            }));
        }
        return table.append("</table></div>\n").toString();
    }

    private static String row(String cell, String name, List<Double> xs, Function<Double, String> text) {
        String between = "</" + cell + "><" + cell + ">";
        return xs.stream()
                .map(text)
                .collect(Collectors.joining(between, open(cell, name) + between, "</" + cell + "></tr>\n"));
    }

    private static String open(String cell, String name) {
        return "<tr><" + cell + ">" + Page.text(name);
    }
}
