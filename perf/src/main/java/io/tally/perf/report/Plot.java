package io.tally.perf.report;

import io.tally.perf.report.Axis.Scale;
import io.tally.perf.report.Ruler.Tick;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Lines over two axes, as a figure of HTML with inline SVG for a {@link Page}. Lines differ in colour, dashes and
 * markers, so that they can be told apart without colours.
 */
public final class Plot {
    private static final int WIDTH = 560;
    private static final int HEIGHT = 310;
    private static final int LEFT = 66;
    private static final int RIGHT = WIDTH - 28;
    private static final int TOP = 14;
    private static final int BOTTOM = HEIGHT - 50;
    private static final int MARKED_POINTS_MAX = 40;
    private static final int TICK_LENGTH = 5;
    private static final double MARKER = 3;

    private final String title;
    private final String hint;
    private final Axis x;
    private final Axis y;
    private final List<Line> lines = new ArrayList<>();
    private final List<Limit> limits = new ArrayList<>();
    private final List<String> names = new ArrayList<>();

    private static final class Line {
        final String name;
        final double[] x;
        final double[] y;
        final boolean isFaint;
        final boolean hasMarkers;

        Line(String name, double[] x, double[] y, boolean isFaint, boolean hasMarkers) {
            this.name = name;
            this.x = x;
            this.y = y;
            this.isFaint = isFaint;
            this.hasMarkers = hasMarkers;
        }
    }

    private record Limit(String name, double y) {}

    /**
     * Nothing is in it yet.
     *
     * @param hint how to read it, such as "lower is better"
     */
    public Plot(String title, String hint, Axis x, Axis y) {
        this.title = title;
        this.hint = hint;
        this.x = x;
        this.y = y;
    }

    /** Lines with these names get looks in this order, so that several plots agree. */
    Plot styles(List<String> inOrder) {
        names.addAll(inOrder);
        return this;
    }

    /** Adds a line; lines of the same name look the same and stand in the legend once. */
    public Plot line(String name, double[] xs, double[] ys) {
        return add(new Line(name, xs, ys, false, xs.length <= MARKED_POINTS_MAX));
    }

    /**
     * Adds means over intervals, the first of which begins at 0: each as a level from side to side.
     *
     * @param ends of the intervals
     * @param isFaint whether it stays in the background
     */
    Plot steps(String name, double[] ends, double[] means, boolean isFaint) {
        double[] xs = new double[2 * ends.length];
        double[] ys = new double[2 * ends.length];
        for (int i = 0; i < ends.length; i++) {
            xs[2 * i] = i == 0 ? 0 : ends[i - 1];
            xs[2 * i + 1] = ends[i];
            ys[2 * i] = ys[2 * i + 1] = means[i];
        }
        return add(new Line(name, xs, ys, isFaint, false));
    }

    private Plot add(Line line) {
        if (!names.contains(line.name)) {
            names.add(line.name);
        }
        lines.add(line);
        return this;
    }

    /** Adds a level to compare with, from one side to the other. */
    public Plot limit(String name, double level) {
        limits.add(new Limit(name, level));
        return this;
    }

    /** Whether there is a point to show. */
    public boolean isEmpty() {
        return lines.stream().allMatch(line -> line.x.length == 0);
    }

    /** The figure, with its title above and its legend below. */
    public String html() {
        Ruler across = new Ruler(x.scale(), min(x, line -> line.x), max(x, line -> line.x), LEFT, RIGHT);
        double lowest = Math.min(
                min(y, line -> line.y),
                limits.stream().mapToDouble(Limit::y).min().orElse(1 / 0.0));
        double highest = Math.max(
                max(y, line -> line.y),
                limits.stream().mapToDouble(Limit::y).max().orElse(0));
        Ruler up = Ruler.vertical(y.scale(), lowest, highest, BOTTOM, TOP);
        StringBuilder html = new StringBuilder("<figure class=\"plot\">\n<figcaption><b>")
                .append(Page.text(title))
                .append("</b> <span>")
                .append(Page.text(hint))
                .append("</span></figcaption>\n");
        html.append("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">%n"
                .formatted(WIDTH, HEIGHT, Page.text(title)));
        drawAxes(html, across, up);
        for (Line line : lines) {
            drawLine(html, line, across, up);
        }
        html.append("</svg>\n");
        drawLegend(html);
        return html.append("</figure>\n").toString();
    }

    private double min(Axis axis, Function<Line, double[]> values) {
        double min = Double.POSITIVE_INFINITY;
        for (Line line : lines) {
            for (double value : values.apply(line)) {
                min = value > 0 || axis.scale() != Scale.LOG ? Math.min(min, value) : min;
            }
        }
        return Double.isInfinite(min) ? 1 : min;
    }

    private double max(Axis axis, Function<Line, double[]> values) {
        double max = axis.scale() == Scale.LOG ? Double.MIN_NORMAL : 0;
        for (Line line : lines) {
            for (double value : values.apply(line)) {
                max = value > max ? value : max;
            }
        }
        return max == Double.MIN_NORMAL ? 1 : max;
    }

    private void drawAxes(StringBuilder html, Ruler across, Ruler up) {
        for (Tick tick : up.ticks()) {
            html.append(svg(
                    "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                    LEFT, RIGHT, tick.px(), tick.px()));
            html.append(
                    svg("<text class=\"y\" x=\"%d\" y=\"%.1f\">%s</text>%n", LEFT - 9, tick.px() + 4, tick.label()));
        }
        for (Tick tick : across.ticks()) {
            html.append(svg(
                    "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
                    tick.px(), tick.px(), TOP, BOTTOM + TICK_LENGTH));
            html.append(svg("<text class=\"x\" x=\"%.1f\" y=\"%d\">%s</text>%n", tick.px(), BOTTOM + 19, tick.label()));
        }
        html.append(
                svg("<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>%n", LEFT, RIGHT, BOTTOM, BOTTOM));
        html.append(svg(
                "<text class=\"x label\" x=\"%d\" y=\"%d\">%s</text>",
                (LEFT + RIGHT) / 2, HEIGHT - 8, Page.text(x.label())));
        html.append(svg(
                "<text class=\"x label\" transform=\"translate(14 %d) rotate(-90)\">%s</text>%n",
                (TOP + BOTTOM) / 2, Page.text(y.label())));
        for (Limit limit : limits) {
            double at = up.px(limit.y);
            html.append(
                    svg("<line class=\"limit\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT, RIGHT, at, at));
            html.append(svg(
                    "<text class=\"limit\" x=\"%d\" y=\"%.1f\">%s</text>%n", RIGHT - 4, at - 5, Page.text(limit.name)));
        }
    }

    private void drawLine(StringBuilder html, Line line, Ruler across, Ruler up) {
        int style = names.indexOf(line.name);
        StringBuilder path = new StringBuilder();
        StringBuilder markers = new StringBuilder();
        for (int i = 0; i < line.x.length; i++) {
            double atX = across.px(line.x[i]);
            double atY = up.px(line.y[i]);
            if (Double.isNaN(atX) || Double.isNaN(atY)) {
                continue;
            }
            path.append(path.length() == 0 ? 'M' : 'L').append(svg("%.1f %.1f", atX, atY));
            if (line.hasMarkers) {
                markers.append(svg(
                        "<path class=\"marker\" transform=\"translate(%.1f %.1f)\" d=\"%s\">"
                                + "<title>%s: %s at %s</title></path>%n",
                        atX,
                        atY,
                        Page.marker(style, MARKER),
                        Page.text(line.name),
                        Figures.exactly(line.y[i]),
                        Figures.plain(line.x[i])));
            }
        }
        html.append(svg(
                "<g class=\"s%d%s\"><path class=\"line\" d=\"%s\"/>%n",
                Page.style(style), line.isFaint ? " faint" : "", path));
        html.append(markers).append("</g>\n");
    }

    private void drawLegend(StringBuilder html) {
        html.append("<ul class=\"legend\">");
        for (String name : names.stream().filter(this::isDrawn).toList()) {
            html.append("<li>")
                    .append(Page.swatch(names.indexOf(name)))
                    .append(Page.text(name))
                    .append("</li>");
        }
        html.append("</ul>\n");
    }

    private boolean isDrawn(String name) {
        return lines.stream().anyMatch(line -> line.name.equals(name));
    }

    @SuppressWarnings("AnnotateFormatMethod")
    private static String svg(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
