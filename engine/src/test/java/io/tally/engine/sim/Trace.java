package io.tally.engine.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.stream.Collectors;

/** What happened, as lines a person can read. Off in the first run of a seed, on when a failed one is run again. */
public final class Trace {
    private static final int LINES_MAX = 100_000;
    private static final int LAST_LINES = 40;

    private final ArrayDeque<Line> lines = new ArrayDeque<>();
    private final boolean isOn;
    private long number;

    private record Line(long number, String who, Object what) {
        @Override
        public String toString() {
            return String.format("%6d  %-12s %s", number, who, what);
        }
    }

    public Trace(boolean isOn) {
        this.isOn = isOn;
    }

    public boolean isOn() {
        return isOn;
    }

    /** Notes who did what; {@code what} must not change any more. */
    public void add(String who, Object what) {
        if (!isOn) {
            return;
        }
        lines.add(new Line(++number, who, what));
        if (lines.size() > LINES_MAX) {
            lines.remove();
        }
    }

    static String shorten(String payload) {
        return payload.length() <= 40 ? payload : payload.substring(0, 40) + "...";
    }

    /** Writes everything to a file; answers its name and the last lines. */
    String save(String name) {
        Path file = Path.of("target", "simulation", name).toAbsolutePath();
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, this + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file + ", which ends with\n" + text(Math.max(0, lines.size() - LAST_LINES));
    }

    /** Everything, the oldest line first. */
    @Override
    public String toString() {
        return text(0);
    }

    private String text(int skipped) {
        return lines.stream().skip(skipped).map(Line::toString).collect(Collectors.joining("\n"));
    }
}
