package io.tally.ops.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One line {@code name value…}, read from left to right. Only the space separates words; a tab is part of the word
 * it touches.
 */
final class ConfigLine {
    private final Path file;
    private final int number;
    private final String text;
    private int at;
    private final String name;

    /** The line must hold something other than spaces. */
    ConfigLine(Path file, int number, String text) {
        this.file = file;
        this.number = number;
        this.text = text;
        String first = nextWord();
        this.name = first == null ? "" : first;
    }

    String name() {
        return name;
    }

    /** An error at this line, as {@code FILE:LINE: message}. */
    ConfigException error(String message) {
        return new ConfigException(file + ":" + number + ": " + message);
    }

    /** Where this line is, for notices. */
    String place() {
        return file + ":" + number;
    }

    /** The next word, or null at the end of the line. */
    @Nullable
    String nextWord() {
        int from = at;
        while (from < text.length() && text.charAt(from) == ' ') {
            from++;
        }
        int to = from;
        while (to < text.length() && text.charAt(to) != ' ') {
            to++;
        }
        at = Math.min(to + 1, text.length());
        return from == to ? null : text.substring(from, to);
    }

    /** The next word, or null if nothing or a comment follows. */
    @Nullable
    String optionalWord() {
        return text.substring(at).stripLeading().startsWith("#") ? null : nextWord();
    }

    /** The next word, which must be there. */
    String word() throws ConfigException {
        String word = nextWord();
        if (word == null) {
            throw empty();
        }
        return word;
    }

    /** The rest of the line without blanks around it; must not be empty. */
    String string() throws ConfigException {
        String value = text.substring(at).strip();
        at = text.length();
        if (value.isEmpty()) {
            throw empty();
        }
        if (value.indexOf('\uFFFD') >= 0) {
            throw error("the value of '" + name + "' is not UTF-8; save the file as UTF-8");
        }
        for (int i = 0; i < value.length(); i++) {
            if (Character.isISOControl(value.charAt(i))) {
                throw error("the value of '" + name + "' holds a tab or another control character; remove it");
            }
        }
        return value;
    }

    boolean bool() throws ConfigException {
        String word = word();
        return switch (word) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw invalid(word, "true or false");
        };
    }

    /** A number as C reads it: decimal, 0x hexadecimal, or octal behind a leading 0. */
    int integer() throws ConfigException {
        return integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /** As above, and within these bounds. */
    int integer(int min, int max) throws ConfigException {
        String word = word();
        @Nullable Long value = CNumber.parse(word);
        if (value == null) {
            throw error("'" + name + "' is '" + printable(word) + "', which is not a number");
        }
        if (value < min || value > max) {
            throw error("'" + name + "' is " + printable(word) + ", but must be within " + min + " to " + max);
        }
        return value.intValue();
    }

    /** For an option whose value, of whatever kind, has no effect. */
    void skipValue() {
        at = text.length();
    }

    /** After the option has read its value: a comment may follow, nothing else. */
    void end() throws ConfigException {
        String rest = text.substring(at).strip();
        if (!rest.isEmpty() && !rest.startsWith("#")) {
            throw error("'" + printable(rest) + "' stands behind the value of '" + name + "'; remove it, or put # in"
                    + " front of it");
        }
    }

    ConfigException invalid(String value, String allowed) {
        return error("'" + name + "' is '" + printable(value) + "', but must be " + allowed);
    }

    private ConfigException empty() {
        return error("'" + name + "' has no value");
    }

    /** Control characters made visible. */
    static String printable(String text) {
        StringBuilder out = new StringBuilder();
        text.chars().forEach(c -> {
            if (c == '\t') {
                out.append("<tab>");
            } else {
                out.append(Character.isISOControl(c) ? '?' : (char) c);
            }
        });
        return out.toString();
    }
}
