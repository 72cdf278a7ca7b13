package io.tally.ops.config;

import java.util.ArrayList;
import java.util.List;

/** What to say about an option name that has no meaning here. */
final class UnknownName {
    private static final int NEAR = 2;

    private UnknownName() {}

    static String explain(String name) {
        if (OtherOptions.isNotYet(name)) {
            return "'" + name + "' is not supported yet by this version; remove the line or put # in its first column";
        }
        String shown = "unknown option '" + ConfigLine.printable(name) + "'";
        if (name.indexOf('\t') >= 0) {
            return shown + "; only spaces may stand in front of a name and behind it, not tabs";
        }
        if (name.startsWith("#")) {
            return shown + "; a comment needs its # in the first column";
        }
        if (name.startsWith("\uFEFF")) {
            return shown + "; the file begins with a byte order mark, save it without";
        }
        String nearest = nearest(name);
        return nearest.isEmpty()
                ? shown + "; ops/docs/configuration.md lists all options"
                : shown + "; did you mean '" + nearest + "'?";
    }

    /** The known name with the fewest differing letters, empty if none is near. */
    private static String nearest(String name) {
        List<String> known = new ArrayList<>(Options.byName().keySet());
        known.add("include_dir");
        known.addAll(OtherOptions.accepted().keySet());
        known.addAll(OtherOptions.notYet());
        known.sort(null);
        String best = "";
        int bestDistance = NEAR + 1;
        for (String candidate : known) {
            int distance = distance(name, candidate);
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return best;
    }

    /** Letters to insert, remove or replace to turn one word into the other. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(previous[j], row[j - 1]));
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
