package io.tally.perf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each growth bench with little to do. */
class GrowthTest {
    @TempDir
    private Path directory;

    private String bench(int exitCode, String line) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(output, true, StandardCharsets.UTF_8);
        int ended = Bench.run(line.split(" "), print, print);
        String text = output.toString(StandardCharsets.UTF_8);
        assertEquals(exitCode, ended, text);
        return text;
    }

    @ParameterizedTest
    @CsvSource({
        "subscriptions, B of heap each",
        "retained, ms",
        "topics, MB",
        "fanout, ns per delivery",
        "payload, bytes per message",
        "channels, B"
    })
    void writesEveryFigureWithItsUnitAsTextAsJsonAndAsAPlot(String what, String unit) throws Exception {
        String text = bench(0, "growth " + what + " --from 10 --to 40 --seconds 0.001 --note busy -o " + directory);
        assertTrue(text.matches("(?s).* 10 +30 +40\n.*\\[" + unit + "\\] +[0-9.,-]+ +[0-9.,-]+ +[0-9.,-]+\n.*"), text);
        String json = Files.readString(directory.resolve("growth-" + what + ".json"));
        assertTrue(json.contains("\"unit\": \"" + unit + "\""), json);
        assertTrue(json.contains("\"note\": \"busy\""), json);
        String page = Files.readString(directory.resolve("growth-" + what + ".html"));
        assertTrue(page.contains("<svg") && page.contains("<path class=\"line\" d=\"M66.0 "), page);
        assertTrue(page.contains(unit + "</text>"), page);
    }

    @Test
    void whatIsMeasuredOfSeveralKindsIsComparedInAPlotOfItsOwn() throws Exception {
        bench(0, "growth subscriptions --from 10 --to 40 --seconds 0.001 -o " + directory);
        String page = Files.readString(directory.resolve("growth-subscriptions.html"));
        String plot = page.substring(page.indexOf("<b>match in the cache [ns]</b>"));
        String legend = plot.substring(0, plot.indexOf("</ul>")).replaceAll("(?s)<svg.*?</svg>", "");
        assertTrue(legend.endsWith("<li>exact</li><li>+</li><li>#</li><li>mixed</li>"), legend);
    }

    @Test
    void saysWhatThereIsToMeasure() {
        assertTrue(bench(2, "growth").contains("fanout"));
        assertTrue(bench(2, "growth fanout --from 10 --to 5").contains("--from 10 and --to 5 are out of order"));
    }
}
