package io.tally.perf.report;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

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
}
