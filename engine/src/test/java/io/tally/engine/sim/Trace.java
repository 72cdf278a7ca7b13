package io.tally.engine.sim;

import java.util.ArrayDeque;

/** What happened, as lines a person can read. Off in the first run of a seed, on when a failed one is run again. */
public final class Trace {
    private static final int LINES_MAX = 4_000;

    private final ArrayDeque<String> lines = new ArrayDeque<>();
    private final boolean isOn;
    private long number;

    public Trace(boolean isOn) {
        this.isOn = isOn;
    }

    public boolean isOn() {
        return isOn;
    }

    /** Notes who did what. */
    public void add(String who, Object what) {
        if (!isOn) {
            return;
        }
        number++;
        lines.add(String.format("%6d  %-12s %s", number, who, what));
        if (lines.size() > LINES_MAX) {
            lines.remove();
        }
    }

    static String shorten(String payload) {
        return payload.length() <= 40 ? payload : payload.substring(0, 40) + "...";
    }

    @Override
    public String toString() {
        return String.join("\n", lines);
    }
}
