package io.tally.perf.report;

import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;

/**
 * Lines over logarithmic axes as an SVG picture. What is not above zero cannot be drawn on such axes and is left out.
 *
 * @param xName below the horizontal axis
 * @param unit of all lines, beside the vertical axis
 */
record Plot(String xName, String unit, List<Line> lines) {
    private static final int WIDTH = 900;
    private static final int LEFT = 90;
    private static final int RIGHT = 640;
    private static final int TOP = 20;
    private static final int BOTTOM = 360;
    private static final int LEGEND_LINE = 22;
    private static final List<String> COLOURS = List.of(
            "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2", "#7f7f7f",
            "#bcbd22");

    /** A name for the legend, and y by x. */
    record Line(String name, NavigableMap<Double, Double> values) {}

    /** Whole decades around values, at least one. */
    private record Axis(int first, int last, int from, int to) {
        static Axis around(double[] values, int from, int to) {
            double least = Double.MAX_VALUE;
            double most = Double.MIN_VALUE;
            for (double value : values) {
                least = value > 0 ? Math.min(least, value) : least;
                most = Math.max(most, value);
            }
            if (least > most) {
                return new Axis(0, 1, from, to);
            }
            int first = (int) Math.floor(Math.log10(least));
            return new Axis(first, Math.max(first + 1, (int) Math.ceil(Math.log10(most))), from, to);
        }

        double at(double value) {
            return from + (to - from) * (Math.log10(value) - first) / (last - first);
        }
    }

    String svg() {
        Axis x = Axis.around(
                lines.stream()
                        .flatMap(line -> line.values.keySet().stream())
                        .mapToDouble(v -> v)
                        .toArray(),
                LEFT,
                RIGHT);
        Axis y = Axis.around(
                lines.stream()
                        .flatMap(line -> line.values.values().stream())
                        .mapToDouble(v -> v)
                        .toArray(),
                BOTTOM,
                TOP);
        int height = Math.max(BOTTOM + 60, TOP + LEGEND_LINE * (lines.size() + 1));
        StringBuilder svg = new StringBuilder();
        svg.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
                        + " font-size=\"13\">%n",
                WIDTH,
                height));
        grid(svg, x, y);
        for (int i = 0; i < lines.size(); i++) {
            draw(svg, i, x, y);
        }
        return svg.append("</svg>").toString();
    }

    private void grid(StringBuilder svg, Axis x, Axis y) {
        for (int decade = x.first; decade <= x.last; decade++) {
            double at = x.at(Math.pow(10, decade));
            line(svg, at, TOP, at, BOTTOM);
            text(svg, at, BOTTOM + 20, "middle", decade(decade));
        }
        for (int decade = y.first; decade <= y.last; decade++) {
            double at = y.at(Math.pow(10, decade));
            line(svg, LEFT, at, RIGHT, at);
            text(svg, LEFT - 8, at + 4, "end", decade(decade));
        }
        text(svg, (LEFT + RIGHT) / 2.0, BOTTOM + 45, "middle", xName);
        double middle = (TOP + BOTTOM) / 2.0;
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"20\" y=\"%.0f\" text-anchor=\"middle\" transform=\"rotate(-90 20 %.0f)\">%s</text>%n",
                middle,
                middle,
                escape(unit)));
    }

    private static String decade(int exponent) {
        return exponent < 0
                ? String.format(Locale.ROOT, "%." + -exponent + "f", Math.pow(10, exponent))
                : String.format(Locale.ROOT, "%,.0f", Math.pow(10, exponent));
    }

    private void draw(StringBuilder svg, int number, Axis x, Axis y) {
        Line line = lines.get(number);
        String colour = COLOURS.get(number % COLOURS.size());
        StringBuilder path = new StringBuilder();
        StringBuilder dots = new StringBuilder();
        line.values.forEach((at, value) -> {
            if (at > 0 && value > 0) {
                path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x.at(at), y.at(value)));
                dots.append(String.format(
                        Locale.ROOT,
                        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"><title>%s: %s %s</title></circle>%n",
                        x.at(at),
                        y.at(value),
                        colour,
                        escape(line.name),
                        Points.number(value),
                        escape(unit)));
            }
        });
        int legend = TOP + LEGEND_LINE * (number + 1);
        svg.append(String.format(
                        Locale.ROOT,
                        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n",
                        path.toString().strip(),
                        colour))
                .append(dots)
                .append(String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"4\" fill=\"%s\"/>%n",
                        RIGHT + 15,
                        legend - 6,
                        colour));
        text(svg, RIGHT + 35.0, legend, "start", line.name);
    }

    private static void line(StringBuilder svg, double fromX, double fromY, double toX, double toY) {
        svg.append(String.format(
                Locale.ROOT,
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>%n",
                fromX,
                fromY,
                toX,
                toY));
    }

    private static void text(StringBuilder svg, double x, double y, String anchor, String text) {
        svg.append(String.format(
                Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, escape(text)));
    }

    /** For the text of an element. */
    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
