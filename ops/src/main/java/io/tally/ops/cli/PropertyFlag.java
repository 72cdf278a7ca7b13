package io.tally.ops.cli;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.Stack;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * One {@code -D PACKET NAME VALUE}, or {@code -D PACKET user-property KEY VALUE}.
 *
 * @param packet connect, publish, subscribe, unsubscribe, disconnect or will
 * @param name property as mosquitto names it
 * @param key of a user property, else empty
 */
record PropertyFlag(String packet, String name, String key, String value) {
    static final String USER_PROPERTY = "user-property";

    private static final Set<String> MESSAGE = Set.of(
            "payload-format-indicator",
            "message-expiry-interval",
            "content-type",
            "response-topic",
            "correlation-data",
            USER_PROPERTY);

    private static final Map<String, Set<String>> ALLOWED = Map.of(
            "connect",
            Set.of(
                    "session-expiry-interval",
                    "receive-maximum",
                    "maximum-packet-size",
                    "topic-alias-maximum",
                    "request-problem-information",
                    "request-response-information",
                    USER_PROPERTY),
            "publish",
            MESSAGE,
            "will",
            MESSAGE,
            "subscribe",
            Set.of(USER_PROPERTY),
            "unsubscribe",
            Set.of(USER_PROPERTY),
            "disconnect",
            Set.of("session-expiry-interval", "reason-string", USER_PROPERTY));

    /** Properties with a number, and their largest one. */
    private static final Map<String, Long> NUMBERS = Map.of(
            "payload-format-indicator", 1L,
            "message-expiry-interval", 0xFFFF_FFFFL,
            "will-delay-interval", 0xFFFF_FFFFL,
            "session-expiry-interval", 0xFFFF_FFFFL,
            "receive-maximum", 65_535L,
            "maximum-packet-size", 268_435_460L,
            "topic-alias-maximum", 65_535L,
            "request-problem-information", 1L,
            "request-response-information", 1L);

    /** The value of a property that is a number. */
    long number() {
        return Long.parseLong(value);
    }

    boolean flag() {
        return number() == 1;
    }

    private static PropertyFlag parse(List<String> words) {
        String packet = words.get(0);
        String name = words.get(1);
        Set<String> allowed = ALLOWED.get(packet);
        if (allowed == null) {
            throw new IllegalArgumentException("-D cannot be used for '" + packet + "'; use connect, publish, will,"
                    + " subscribe, unsubscribe or disconnect");
        }
        boolean isAllowed = allowed.contains(name) || (packet.equals("will") && name.equals("will-delay-interval"));
        if (!isAllowed) {
            throw new IllegalArgumentException("-D " + packet + " has no property '" + name + "' here");
        }
        if (words.size() == 4) {
            return new PropertyFlag(packet, name, words.get(2), words.get(3));
        }
        String value = words.get(2);
        Long max = NUMBERS.get(name);
        if (max != null && !isNumber(value, max)) {
            throw new IllegalArgumentException(
                    "-D " + packet + " " + name + " is '" + value + "', but must be a number from 0 to " + max);
        }
        return new PropertyFlag(packet, name, "", value);
    }

    private static boolean isNumber(String text, long max) {
        return !text.isEmpty()
                && text.length() <= 10
                && text.chars().allMatch(c -> c >= '0' && c <= '9')
                && Long.parseLong(text) <= max;
    }

    /** Takes three words, or four for a user property. */
    static final class Consumer implements IParameterConsumer {
        @Override
        public void consumeParameters(Stack<String> words, ArgSpec option, CommandSpec command) {
            boolean isPair = words.size() > 1 && words.get(words.size() - 2).equals(USER_PROPERTY);
            int count = isPair ? 4 : 3;
            if (words.size() < count) {
                throw new ParameterException(
                        command.commandLine(), "-D needs PACKET NAME VALUE, or PACKET user-property KEY VALUE");
            }
            String[] taken = new String[count];
            for (int i = 0; i < count; i++) {
                taken[i] = words.pop();
            }
            List<PropertyFlag> flags = option.getValue();
            try {
                flags.add(parse(List.of(taken)));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()));
            }
        }
    }
}
