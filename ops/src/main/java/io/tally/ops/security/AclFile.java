package io.tally.ops.security;

import io.tally.ops.config.ConfigException;
import io.tally.protocol.topic.TopicFilters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Who may publish and receive what, as Mosquitto writes it.
 *
 * <p>{@code topic [ACCESS] FILTER} belongs to the {@code user} above it, or to anonymous clients when there is none;
 * {@code pattern [ACCESS] FILTER} to everybody, with the client id in place of a level {@code %c} and the user name in
 * place of {@code %u}. Rules of the user come first, then patterns; of each, {@code deny} comes first. The first rule
 * that matches and speaks of the access decides; what no rule speaks of is denied. Immutable.
 */
final class AclFile {
    private static final String CLIENT_ID = "%c";
    private static final String USER_NAME = "%u";

    private final List<Line> anonymous = new ArrayList<>();
    private final Map<String, List<Line>> users = new HashMap<>();
    private final List<Line> patterns = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();

    /** Allows nothing. */
    static final AclFile EMPTY = new AclFile();

    private AclFile() {}

    /** A rule as it was written. */
    private record Line(int access, String filter) {}

    /** @param asked who names the file, as FILE:LINE, for when it cannot be read */
    static AclFile read(Path file, String asked) throws ConfigException {
        AclFile result = new AclFile();
        List<Line> current = result.anonymous;
        int number = 0;
        for (String raw : TextFile.lines(file, asked)) {
            number++;
            String line = raw.stripTrailing();
            if (!line.startsWith("#") && !line.isEmpty()) {
                current = result.add(line.replaceFirst("^ +", ""), current, file + ":" + number + ": ");
            }
        }
        return result;
    }

    /** Answers the rules that the next {@code topic} line belongs to. */
    private List<Line> add(String line, List<Line> current, String place) throws ConfigException {
        int space = line.indexOf(' ');
        String word = space < 0 ? line : line.substring(0, space);
        String rest = space < 0 ? "" : line.substring(space).strip();
        switch (word) {
            case "user" -> {
                if (rest.isEmpty()) {
                    throw new ConfigException(place + "'user' needs a name behind it");
                }
                return users.computeIfAbsent(rest, name -> new ArrayList<>());
            }
            case "topic" -> insert(current, rule(rest, place));
            case "pattern" -> {
                Line rule = rule(rest, place);
                insert(patterns, rule);
                if (!rule.filter.contains(CLIENT_ID) && !rule.filter.contains(USER_NAME)) {
                    notices.add(place + "the pattern has neither %c nor %u, so it is for everybody");
                }
                if (!areLevels(rule.filter)) {
                    notices.add(place
                            + "%c and %u stand for a name only as a whole level; here they are taken as they are");
                }
            }
            default ->
                throw new ConfigException(place + TextFile.printable(word)
                        + " is unknown; a line begins with user, topic, pattern or, in its first column, #");
        }
        return current;
    }

    private static boolean areLevels(String pattern) {
        for (String level : pattern.split("/", -1)) {
            boolean isName = level.equals(CLIENT_ID) || level.equals(USER_NAME);
            if (!isName && (level.contains(CLIENT_ID) || level.contains(USER_NAME))) {
                return false;
            }
        }
        return true;
    }

    private static void insert(List<Line> rules, Line rule) {
        rules.add(rule.access == 0 ? 0 : rules.size(), rule);
    }

    private static Line rule(String text, String place) throws ConfigException {
        int space = text.indexOf(' ');
        String filter = space < 0 ? text : text.substring(space).strip();
        int access = space < 0 ? AclRules.READ | AclRules.WRITE : access(text.substring(0, space), place);
        if (filter.isEmpty()) {
            throw new ConfigException(place + "a topic filter is missing");
        }
        if (!TopicFilters.isValid(filter)) {
            throw new ConfigException(place + TextFile.printable(filter)
                    + " is not a topic filter; + and # stand alone between slashes, # at the end");
        }
        return new Line(access, filter);
    }

    private static int access(String word, String place) throws ConfigException {
        return switch (word) {
            case "read" -> AclRules.READ;
            case "write" -> AclRules.WRITE;
            case "readwrite" -> AclRules.READ | AclRules.WRITE;
            case "deny" -> 0;
            default ->
                throw new ConfigException(place + TextFile.printable(word)
                        + " is not read, write, readwrite or deny; a topic with a space needs one of them in front");
        };
    }

    /** For a person. */
    List<String> notices() {
        return notices;
    }

    AclRules rulesFor(@Nullable String userName, String clientId) {
        List<AclRules.Rule> rules = new ArrayList<>();
        List<Line> own = userName == null ? anonymous : users.getOrDefault(userName, List.of());
        own.forEach(line -> rules.add(compiled(line.access, line.filter)));
        // A wildcard in a name would open the places of others.
        if (!hasWildcard(clientId) && (userName == null || !hasWildcard(userName))) {
            rules.addAll(rulesOfPatterns(userName, clientId));
        }
        return new AclRules(rules.toArray(new AclRules.Rule[0]));
    }

    /** None at all when the client has chosen a name that a denial does not fit: nobody denies himself less. */
    private List<AclRules.Rule> rulesOfPatterns(@Nullable String userName, String clientId) {
        List<AclRules.Rule> rules = new ArrayList<>();
        for (Line line : patterns) {
            String filter = filled(line.filter, userName, clientId);
            if (filter != null) {
                rules.add(compiled(line.access, filter));
            } else if (line.access == 0 && (userName != null || !line.filter.contains(USER_NAME))) {
                return List.of();
            }
        }
        return rules;
    }

    private static AclRules.Rule compiled(int access, String filter) {
        return new AclRules.Rule(access, new UnsafeBuffer(filter.getBytes(StandardCharsets.UTF_8)));
    }

    private static boolean hasWildcard(String name) {
        return name.indexOf('+') >= 0 || name.indexOf('#') >= 0;
    }

    /**
     * Null when the pattern says nothing to this client: a name that is not exactly one level has no place of its
     * own.
     */
    private static @Nullable String filled(String pattern, @Nullable String userName, String clientId) {
        if (pattern.contains(USER_NAME) && userName == null) {
            return null;
        }
        String[] levels = pattern.split("/", -1);
        for (int i = 0; i < levels.length; i++) {
            if (levels[i].equals(CLIENT_ID) || levels[i].equals(USER_NAME)) {
                String name = levels[i].equals(CLIENT_ID) ? clientId : String.valueOf(userName);
                boolean looksLikeOfBroker = i == 0 && name.startsWith("$");
                if (name.isEmpty() || name.indexOf('/') >= 0 || looksLikeOfBroker) {
                    return null;
                }
                levels[i] = name;
            }
        }
        return String.join("/", levels);
    }
}
