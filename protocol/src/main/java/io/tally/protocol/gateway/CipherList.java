package io.tally.protocol.gateway;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A list of ciphers as OpenSSL takes it: names and groups between colons, joined by +, with ! or - in front to remove.
 * As there, what nothing is known of stands for no cipher.
 */
final class CipherList {
    private CipherList() {}

    /** Those of {@code available} that the list names, in its order; empty when there are none. */
    static List<String> select(String list, Set<String> available) {
        Set<String> selected = new LinkedHashSet<>();
        Set<String> banned = new LinkedHashSet<>();
        for (String item : list.split("[: ,]", -1)) {
            char sign = item.isEmpty() ? '@' : item.charAt(0);
            switch (sign) {
                case '@' -> {} // Strength and security level are BoringSSL's.
                case '!' -> banned.addAll(matching(item.substring(1), available));
                case '-' -> selected.removeAll(matching(item.substring(1), available));
                case '+' -> {
                    Set<String> last = matching(item.substring(1), selected);
                    selected.removeAll(last);
                    selected.addAll(last);
                }
                default -> selected.addAll(matching(item, available));
            }
        }
        selected.removeAll(banned);
        return new ArrayList<>(selected);
    }

    private static Set<String> matching(String expression, Set<String> names) {
        Set<String> result = new LinkedHashSet<>();
        for (String name : names) {
            boolean all = true;
            for (String group : expression.split("\\+", -1)) {
                all &= matches(group, name);
            }
            if (all) {
                result.add(name);
            }
        }
        return result;
    }

    private static boolean matches(String group, String name) {
        boolean isEcdhe = name.startsWith("ECDHE-");
        boolean isPsk = name.contains("PSK-");
        boolean isEcdsa = name.contains("-ECDSA-");
        return switch (group.toUpperCase(Locale.ROOT)) {
            case "ALL", "DEFAULT", "HIGH" -> true;
            case "ECDHE", "EECDH", "KECDHE", "KEECDH" -> isEcdhe;
            case "RSA" -> !isEcdhe && !isPsk;
            case "PSK" -> isPsk;
            case "KRSA" -> !isEcdhe && !isPsk;
            case "KPSK" -> name.startsWith("PSK-");
            case "ARSA" -> !isEcdsa && !isPsk;
            case "ECDSA", "AECDSA" -> isEcdsa;
            case "AES" -> name.contains("AES");
            case "AES128" -> name.contains("AES128");
            case "AES256" -> name.contains("AES256");
            case "AESGCM" -> name.contains("AES") && name.contains("GCM");
            case "CHACHA20" -> name.contains("CHACHA20");
            case "SHA256" -> name.endsWith("-SHA256") && !name.contains("GCM");
            case "SHA384" -> name.endsWith("-SHA384") && !name.contains("GCM");
            case "SHA", "SHA1" -> name.endsWith("-SHA");
            default -> name.equals(group);
        };
    }
}
