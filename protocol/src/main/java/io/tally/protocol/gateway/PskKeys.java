package io.tally.protocol.gateway;

import io.tally.protocol.listener.PskSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Identities and the keys that they share with us, and which ciphers go with them. Found by a keyed hash, so that the
 * time of a search tells nothing of the identities that there are. Immutable; any thread.
 */
final class PskKeys {
    private static final int IDENTITY_BYTES_MAX = 4096;
    private static final int KEY_BYTES_MAX = 256;
    private static final int SAFE_KEY_BYTES = 16;
    private static final int SECRET_BYTES = 32;

    private final byte[] secret = new byte[SECRET_BYTES];
    private final Map<String, byte[]> keys = new HashMap<>();
    private final byte[] hint;
    private final List<Integer> suites;
    private final boolean isOnlyTls13;
    private @Nullable String firstShortKey;
    private int shortKeys;

    private PskKeys(PskSettings settings) throws IOException {
        new SecureRandom().nextBytes(secret);
        hint = settings.hint().getBytes(StandardCharsets.UTF_8);
        suites = suites(settings);
        isOnlyTls13 = settings.isOnlyTls13();
    }

    /**
     * As Mosquitto's: {@code IDENTITY:HEX} a line, those that are empty or begin with # count for nothing.
     *
     * @throws IOException when the file cannot be used; says where, and why
     */
    static PskKeys read(PskSettings settings) throws IOException {
        PskKeys result = new PskKeys(settings);
        String file = settings.keyFile();
        List<String> lines;
        try {
            lines = Files.readAllLines(Path.of(file));
        } catch (IOException e) {
            throw error(
                    settings,
                    "psk_file",
                    file + " cannot be read; check the path, its permissions and that it is" + " UTF-8");
        }
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (!line.isBlank() && !line.startsWith("#")) {
                String place = file + ":" + (i + 1) + ": ";
                String mistake = result.add(line, place);
                if (mistake != null) {
                    throw new IOException(place + mistake);
                }
            }
        }
        return result;
    }

    /** What is wrong with the line; null = nothing. */
    private @Nullable String add(String line, String place) {
        int colon = line.indexOf(':');
        if (colon < 0) {
            return "a line has to be IDENTITY:KEY";
        }
        byte[] identity = line.substring(0, colon).getBytes(StandardCharsets.UTF_8);
        if (identity.length == 0 || identity.length > IDENTITY_BYTES_MAX) {
            return "the identity has to have 1 to " + IDENTITY_BYTES_MAX + " bytes";
        }
        String hex = line.substring(colon + 1).strip();
        if (!hex.matches("([0-9a-fA-F]{2}){1," + KEY_BYTES_MAX + "}")) {
            return "the key has to be 1 to " + KEY_BYTES_MAX + " bytes in hexadecimal digits, two for each";
        }
        byte[] key = HexFormat.of().parseHex(hex);
        if (keys.putIfAbsent(hash(identity), key) != null) {
            return "the identity stands here a second time; keep one of the lines";
        }
        if (key.length < SAFE_KEY_BYTES && shortKeys++ == 0) {
            firstShortKey = place + "the key has " + key.length + " bytes";
        }
        return null;
    }

    private static List<Integer> suites(PskSettings settings) throws IOException {
        String ciphers = settings.ciphers();
        Set<String> all = PskServer.SUITES.keySet();
        List<String> names = ciphers == null ? new ArrayList<>(all) : CipherList.select(ciphers, all);
        if (names.isEmpty()) {
            throw error(settings, "ciphers", "'" + ciphers + "' names no cipher of " + all);
        }
        return names.stream().map(PskServer.SUITES::get).toList();
    }

    private static IOException error(PskSettings settings, String option, String why) {
        String place = settings.places().get(option);
        return new IOException((place == null ? "" : place + ": ") + option + " " + why);
    }

    private String hash(byte[] identity) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return HexFormat.of().formatHex(mac.doFinal(identity));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // Every JDK has it.
        }
    }

    /** A copy, which its user wipes; null = nobody is called so. */
    byte @Nullable [] key(byte[] identity) {
        byte[] key = keys.get(hash(identity));
        return key == null ? null : key.clone();
    }

    /** For a person: keys that are easily guessed; null = there are none. */
    @Nullable
    String notice() {
        if (firstShortKey == null) {
            return null;
        }
        String others = shortKeys == 1 ? "" : ", and " + (shortKeys - 1) + " others of this file are as short";
        return firstShortKey + ", fewer than " + SAFE_KEY_BYTES + ", which can be guessed" + others
                + "; 'openssl rand -hex 16' makes a safe one";
    }

    byte[] hint() {
        return hint.clone();
    }

    /** Of TLS 1.2, the best one first. */
    List<Integer> suites() {
        return suites;
    }

    boolean isOnlyTls13() {
        return isOnlyTls13;
    }
}
