package io.tally.storage.state;

import io.tally.engine.state.Rows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Number of the layout of the store: its column families, the rows of the store itself, and the engine's rows. */
final class SchemaVersion {
    /** The layout that this program writes, and the only one that it reads. */
    static final int NEWEST = Rows.VERSION;

    static final byte[] KEY = "schema".getBytes(StandardCharsets.US_ASCII);

    private SchemaVersion() {}

    static byte[] row() {
        return Integer.toString(NEWEST).getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Refuses a layout that this program does not know.
     *
     * @param row null for a store that has just been made
     */
    static void check(byte @Nullable [] row, Path directory) {
        if (row == null) {
            return;
        }
        String version = new String(row, StandardCharsets.US_ASCII);
        if (!version.matches("[0-9]{1,9}")) {
            throw new StoreException("the state store in " + directory + " names no layout version but: " + version);
        }
        int number = Integer.parseInt(version);
        if (number > NEWEST) {
            throw tooNew(directory, "layout " + version);
        }
        if (number < NEWEST) {
            throw new StoreException("the state store in " + directory + " was written by an older Tally (layout "
                    + version + "; this one reads layout " + NEWEST + "): start that version, or begin with an empty"
                    + " data directory");
        }
    }

    static StoreException tooNew(Path directory, String what) {
        return new StoreException("the state store in " + directory + " was written by a newer Tally (" + what
                + "; this one reads layout " + NEWEST + "): start that version, or restore a backup");
    }
}
