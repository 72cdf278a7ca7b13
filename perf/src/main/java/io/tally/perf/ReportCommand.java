package io.tally.perf;

import io.tally.perf.report.HtmlReport;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally bench report}: the results of several runs in one page. */
@Command(
        name = "tally bench report",
        header = "Compare runs in one page of HTML.",
        description = "Runs of one scenario stand beside each other; of those with the same broker and durability the"
                + " medians are shown. The first one named is what the others are compared with.",
        sortOptions = false)
final class ReportCommand implements Callable<Integer> {
    private final PrintStream out;
    private final PrintStream err;

    @Parameters(paramLabel = "FILE.json", arity = "1..*", description = "What `tally bench -o` has written.")
    private List<Path> files = new ArrayList<>();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE.html",
            description = "The page (report.html).")
    private Path output = Path.of("report.html");

    ReportCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        try {
            HtmlReport.of(files).write(output);
            out.println(output);
            return 0;
        } catch (IOException e) {
            err.println("tally bench report: " + e.getMessage());
            return LoadCommand.CANNOT_RUN;
        }
    }
}
