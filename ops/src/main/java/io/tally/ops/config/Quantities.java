package io.tally.ops.config;

/** Numbers directly followed by a unit letter. */
final class Quantities {
    private static final long DAY_SECONDS = 86_400;

    private Quantities() {}

    /** Seconds of {@code N} and one of s, h, d, w, m (30 days), y (365 days); -1 if it is anything else. */
    static long durationSeconds(String text) {
        long unitSeconds = switch (text.charAt(text.length() - 1)) {
            case 's' -> 1;
            case 'h' -> 3600;
            case 'd' -> DAY_SECONDS;
            case 'w' -> 7 * DAY_SECONDS;
            case 'm' -> 30 * DAY_SECONDS;
            case 'y' -> 365 * DAY_SECONDS;
            default -> -1;
        };
        return unitSeconds < 0 ? -1 : times(text.substring(0, text.length() - 1), unitSeconds);
    }

    /** Bytes of {@code N} with k, m, g or nothing behind it; -1 if it is anything else. */
    static long bytes(String text) {
        int last = text.length() - 1;
        return switch (text.charAt(last)) {
            case 'k', 'K' -> times(text.substring(0, last), 1 << 10);
            case 'm', 'M' -> times(text.substring(0, last), 1 << 20);
            case 'g', 'G' -> times(text.substring(0, last), 1 << 30);
            default -> times(text, 1);
        };
    }

    private static long times(String digits, long unit) {
        if (digits.isEmpty() || digits.length() > 9 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        return Long.parseLong(digits) * unit;
    }
}
