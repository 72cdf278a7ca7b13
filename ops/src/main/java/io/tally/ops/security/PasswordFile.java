package io.tally.ops.security;

import io.tally.ops.config.ConfigException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Users and what is kept of their passwords, as Mosquitto writes it: {@code USER:HASH} a line. Lines that begin with #
 * and lines without a colon are skipped. Immutable.
 */
final class PasswordFile {
    private static final int LENGTH_MAX = 65_535;

    private final Map<String, PasswordHash> users;
    private final List<PasswordHash> all;
    private final List<ScramCredentials> scram;

    private PasswordFile(Map<String, PasswordHash> users) {
        this.users = users;
        this.all = List.copyOf(users.values());
        this.scram = all.stream()
                .filter(ScramCredentials.class::isInstance)
                .map(ScramCredentials.class::cast)
                .toList();
    }

    /** @param asked who names the file, as FILE:LINE, for when it cannot be read */
    static PasswordFile read(Path file, String asked) throws ConfigException {
        Map<String, PasswordHash> users = new LinkedHashMap<>();
        int number = 0;
        for (String line : TextFile.lines(file, asked)) {
            number++;
            if (!line.startsWith("#") && line.indexOf(':') >= 0) {
                add(users, line, file + ":" + number + ": ");
            }
        }
        return new PasswordFile(users);
    }

    private static void add(Map<String, PasswordHash> users, String line, String place) throws ConfigException {
        int colon = line.indexOf(':');
        String user = line.substring(0, colon).strip();
        String encoded = line.substring(colon + 1).strip();
        if (user.isEmpty() || user.length() > LENGTH_MAX) {
            throw new ConfigException(place + "the user name is " + (user.isEmpty() ? "empty" : "too long"));
        }
        PasswordHash hash = decode(encoded);
        if (hash == null) {
            throw new ConfigException(place + "the password of " + TextFile.printable(user)
                    + " is not a hash that Tally knows ($6$, $7$, $argon2id$ or SCRAM-SHA-256$); 'tally passwd' writes"
                    + " them, 'tally passwd -U' makes them of plain text");
        }
        if (users.putIfAbsent(user, hash) != null) {
            throw new ConfigException(place + "the user " + TextFile.printable(user)
                    + " stands here a second time; keep one of the lines");
        }
    }

    /** Null when the text is no hash. */
    static @Nullable PasswordHash decode(String encoded) {
        if (encoded.startsWith(SaltedSha512.PREFIX)) {
            return SaltedSha512.decode(encoded);
        }
        if (encoded.startsWith(Pbkdf2Sha512.PREFIX)) {
            return Pbkdf2Sha512.decode(encoded);
        }
        if (encoded.startsWith(Argon2id.PREFIX)) {
            return Argon2id.decode(encoded);
        }
        return encoded.startsWith(ScramCredentials.PREFIX) ? ScramCredentials.decode(encoded) : null;
    }

    @Nullable
    PasswordHash hashOf(String user) {
        return users.get(user);
    }

    /** One that takes an unknown user as long as the known ones; null when there are none. */
    @Nullable
    PasswordHash decoy(int number) {
        return all.isEmpty() ? null : all.get(Math.floorMod(number, all.size()));
    }

    /** One that an unknown user may be taken for; null when none is for SCRAM. */
    @Nullable
    ScramCredentials scramDecoy(int number) {
        return scram.isEmpty() ? null : scram.get(Math.floorMod(number, scram.size()));
    }

    int size() {
        return all.size();
    }
}
