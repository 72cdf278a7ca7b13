package io.tally.perf.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the text of a measurement shows. */
class PointsTest {
    @Test
    void columnsOfPartsOfAUnitCanBeToldApart() {
        Points points = new Points("title", "journal [GB]");
        for (double x : new double[] {0, 0.7254, 1.4785, 31.4751, 1000}) {
            points.add(x, "start", "ms", 900);
        }
        StringWriter text = new StringWriter();
        points.print(new PrintWriter(text));
        assertTrue(
                text.toString().matches("(?s).*journal \\[GB] +0 +0\\.725 +1\\.48 +31\\.5 +1,000\n.*"),
                text.toString());
    }

    @Test
    void whatIsNeverAboveZeroIsSaidAndNotDrawn(@TempDir Path directory) throws IOException {
        Points points = new Points("title", "sessions");
        for (double x : new double[] {10, 100}) {
            points.add(x, "start", "ms", x);
            points.add(x, "stop", "ms", x);
            points.add(x, "lost", "messages", 0);
            points.add(x, "smallest", "s", 0.000123);
        }
        points.write(directory, "page");
        String page = Files.readString(directory.resolve("page.html"));
        assertEquals(2, page.split("<figure", -1).length - 1);
        assertTrue(page.contains("Not above 0: lost [messages]"));
        assertTrue(page.contains("time [ms]"));
        assertTrue(page.contains("smallest [s]"));
        assertTrue(page.contains("0.000123"));
    }
}
