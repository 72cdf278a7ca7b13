package io.tally.perf.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A page of HTML that needs nothing else: its style is in it, it has no scripts, and it reads on light and dark. */
public final class Page {
    /** How many looks there are for lines; more of them begin again, with other markers. */
    private static final int STYLES = 6;

    private Page() {}

    /**
     * A whole page.
     *
     * @param body HTML
     */
    public static String html(String title, String body) {
        return """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <meta name="color-scheme" content="light dark">
                <title>%s</title>
                <style>
                %s</style>
                </head>
                <body>
                <main>
                <h1>%s</h1>
                %s</main>
                </body>
                </html>
                """.formatted(text(title), resource("page.css"), text(title), body);
    }

    /** A file beside this class. */
    static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException(name + " is not in the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Text as HTML, for elements and attributes. */
    public static String text(String plain) {
        return plain.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** The number of a look, as in the names of the style's classes. */
    static int style(int index) {
        return index % STYLES;
    }

    /** A short piece of the line with this number. */
    static String swatch(int index) {
        return String.format(
                Locale.ROOT,
                "<svg class=\"swatch s%d\" viewBox=\"0 0 34 12\" aria-hidden=\"true\">"
                        + "<path class=\"line\" d=\"M1 6L33 6\"/>"
                        + "<path class=\"marker\" transform=\"translate(17 6)\" d=\"%s\"/></svg>",
                style(index),
                marker(index, 4));
    }

    /** The path of a marker around the origin: disc, square, triangle, diamond, bar, plus. */
    static String marker(int index, double r) {
        return String.format(
                Locale.ROOT,
                switch (style(index + index / STYLES)) {
                    case 0 -> "M-%1$.1f 0a%1$.1f %1$.1f 0 1 0 %2$.1f 0a%1$.1f %1$.1f 0 1 0 -%2$.1f 0";
                    case 1 -> "M-%1$.1f -%1$.1fh%2$.1fv%2$.1fh-%2$.1fz";
                    case 2 -> "M0 -%1$.1fL%1$.1f %1$.1fL-%1$.1f %1$.1fz";
                    case 3 -> "M0 -%1$.1fL%1$.1f 0L0 %1$.1fL-%1$.1f 0z";
                    case 4 -> "M-1 -%1$.1fh2v%2$.1fh-2z";
                    default -> "M0 %1$.1fL%1$.1f -%1$.1fL-%1$.1f -%1$.1fz";
                },
                r,
                2 * r);
    }
}
