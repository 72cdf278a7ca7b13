package io.tally.ops.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads mosquitto.conf syntax: one option a line, {@code name value…}; empty lines and lines whose very first character
 * is # are skipped. A name that Mosquitto does not know, or that this version does not support, is an error: nothing
 * in the file is silently ignored.
 */
public final class ConfigReader {
    /**
     * What was read.
     *
     * @param config ready to run
     * @param notices for a person: options without effect, deprecated ones, surprising combinations
     */
    public record Result(BrokerConfig config, List<String> notices) {
        public Result {
            notices = List.copyOf(notices);
        }
    }

    /** Mosquitto's order of files: letters folded to upper case, equal letters by code, the shorter name first. */
    static final Comparator<String> FILE_ORDER = ConfigReader::compareNames;

    private final ConfigDraft draft = new ConfigDraft();

    private ConfigReader() {}

    /**
     * Reads a file and those that it includes.
     *
     * @param file main file, null = defaults only
     * @param ports of the command line ({@code -p}), on this machine's own addresses; without effect when the file
     *     names listeners
     */
    public static Result read(@Nullable Path file, List<Integer> ports) throws ConfigException {
        ConfigReader reader = new ConfigReader();
        if (file != null) {
            reader.readFile(file, null);
        }
        BrokerConfig config = reader.draft.build(ports);
        return new Result(config, reader.draft.notices);
    }

    /** @param includedBy the line that names the file, null for the main file */
    private void readFile(Path file, @Nullable ConfigLine includedBy) throws ConfigException {
        String text;
        try {
            text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            String what = Files.isDirectory(file)
                    ? "is a directory, not a configuration file"
                    : "cannot be read (" + reason(e) + "); check the path and its permissions";
            throw includedBy == null ? new ConfigException(file + ": " + what) : includedBy.error(file + " " + what);
        }
        draft.currentListener = null;
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            readLine(file, number, line, includedBy == null);
        }
    }

    private void readLine(Path file, int number, String raw, boolean isMain) throws ConfigException {
        String text = withoutCarriageReturn(raw);
        if (text.startsWith("#") || text.replace(" ", "").isEmpty()) {
            return;
        }
        ConfigLine line = new ConfigLine(file, number, text);
        if (text.indexOf('\0') >= 0) {
            throw line.error("the line holds a zero byte; is this a text file?");
        }
        String name = line.name();
        if (name.equals("include_dir")) {
            include(line, isMain);
            return;
        }
        Option option = Options.byName().get(name);
        if (option == null) {
            option = OtherOptions.accepted().get(name);
        }
        if (option == null) {
            throw line.error(UnknownName.explain(name));
        }
        option.apply(line, draft);
        line.end();
    }

    private static String withoutCarriageReturn(String line) {
        int end = line.length();
        while (end > 0 && line.charAt(end - 1) == '\r') {
            end--;
        }
        return line.substring(0, end);
    }

    private void include(ConfigLine line, boolean isMain) throws ConfigException {
        if (!isMain) {
            throw line.error("'include_dir' is only allowed in the main file; move the line there");
        }
        Path directory = Path.of(line.string());
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "?*.conf")) {
            for (Path entry : entries) {
                names.add(entry.getFileName().toString());
            }
        } catch (IOException e) {
            throw line.error("the directory " + directory + " cannot be read (" + reason(e) + ")");
        }
        names.sort(FILE_ORDER);
        ListenerDraft current = draft.currentListener;
        for (String name : names) {
            readFile(directory.resolve(name), line);
        }
        draft.currentListener = current;
    }

    private static String reason(IOException e) {
        String type = e.getClass().getSimpleName();
        return switch (type) {
            case "NoSuchFileException" -> "no such file";
            case "AccessDeniedException" -> "permission denied";
            case "NotDirectoryException" -> "not a directory";
            default -> String.valueOf(e.getMessage());
        };
    }

    private static int compareNames(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            int folded = Character.compare(upper(a.charAt(i)), upper(b.charAt(i)));
            int order = folded != 0 ? folded : Character.compare(a.charAt(i), b.charAt(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    private static char upper(char c) {
        return c >= 'a' && c <= 'z' ? (char) (c - 32) : c;
    }
}
