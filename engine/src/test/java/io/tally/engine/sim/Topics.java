package io.tally.engine.sim;

/** Matching of topics and filters, straight from section 4.7 of the standard. */
final class Topics {
    private static final String SHARE = "$share/";

    private Topics() {}

    static boolean isShared(String filter) {
        return filter.startsWith(SHARE);
    }

    /** The filter that topics are matched against. */
    static String topicFilter(String filter) {
        return isShared(filter) ? filter.substring(filter.indexOf('/', SHARE.length()) + 1) : filter;
    }

    static boolean matches(String filter, String topic) {
        boolean wildcardFirst = filter.startsWith("#") || filter.startsWith("+");
        if (wildcardFirst && topic.startsWith("$")) {
            return false;
        }
        String[] f = filter.split("/", -1);
        String[] t = topic.split("/", -1);
        for (int i = 0; i < f.length; i++) {
            if (f[i].equals("#")) {
                return true;
            }
            if (i >= t.length || (!f[i].equals("+") && !f[i].equals(t[i]))) {
                return false;
            }
        }
        return f.length == t.length;
    }
}
