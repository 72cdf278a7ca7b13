package io.tally.ops.conformance;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * How tests write packets down, to send them and to say what is to come. Blanks mean nothing.
 *
 * <pre>
 * 30 0a 0004          bytes in hexadecimal
 * #                   remaining length: of all that follows, in its shortest form
 * 'a/b'               a UTF-8 string behind its two length bytes
 * &lt;hello&gt;             text without a length: a payload
 * (c0 80)             binary data behind two length bytes; a string that is no text
 * [ 01 00 23 0005 ]   exactly these properties behind their length; [] is the one byte 00
 * ?? 0?               what comes may be any byte; any low half
 * { 01 00, 03 'x' }   what comes is a property section in which at least these stand, in any order; {} is any
 * .. <x>              what comes may go on in any way; it ends so
 * </pre>
 */
final class Notation {
    private sealed interface Element permits Octet, Remaining, Binary, Section, AtLeast, Rest {}

    private record Octet(int value, int mask) implements Element {}

    private record Remaining(List<Element> body) implements Element {}

    private record Binary(List<Element> body) implements Element {}

    private record Section(List<Element> body) implements Element {}

    private record AtLeast(List<List<Element>> properties) implements Element {}

    private record Rest() implements Element {}

    private static final int NO_MATCH = -1;
    private final String text;
    private int at;

    private Notation(String text) {
        this.text = text;
    }

    static byte[] bytes(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        write(parse(text), out);
        return out.toByteArray();
    }

    /** Whether these bytes, all of them, are what the text says. */
    static boolean matches(String text, byte[] bytes) {
        return match(parse(text), bytes, 0, bytes.length) == bytes.length;
    }

    static String hex(byte[] bytes) {
        StringBuilder s = new StringBuilder();
        for (byte b : bytes) {
            s.append("%02x ".formatted(b & 0xFF));
        }
        return s.toString().trim();
    }

    // ---- reading the text ----

    private static List<Element> parse(String text) {
        Notation notation = new Notation(text);
        List<Element> elements = notation.elements("");
        if (notation.at != text.length()) {
            throw notation.wrong();
        }
        return elements;
    }

    private List<Element> elements(String ends) {
        List<Element> found = new ArrayList<>();
        while (at < text.length() && ends.indexOf(text.charAt(at)) < 0) {
            char c = text.charAt(at);
            switch (c) {
                case ' ' -> at++;
                case '#' -> {
                    at++;
                    found.add(new Remaining(elements(ends)));
                }
                case '\'' -> found.add(new Binary(literal('\'')));
                case '<' -> found.addAll(literal('>'));
                case '(' -> found.add(new Binary(group(')')));
                case '[' -> found.add(new Section(group(']')));
                case '{' -> found.add(atLeast());
                case '.' -> {
                    at += 2;
                    found.add(new Rest());
                }
                default -> found.add(octet());
            }
        }
        return found;
    }

    private List<Element> literal(char end) {
        int close = text.indexOf(end, at + 1);
        if (close < 0) {
            throw wrong();
        }
        List<Element> octets = new ArrayList<>();
        for (byte b : text.substring(at + 1, close).getBytes(StandardCharsets.UTF_8)) {
            octets.add(new Octet(b & 0xFF, 0xFF));
        }
        at = close + 1;
        return octets;
    }

    private List<Element> group(char end) {
        at++;
        List<Element> body = elements(String.valueOf(end));
        expect(end);
        return body;
    }

    private Element atLeast() {
        List<List<Element>> properties = new ArrayList<>();
        do {
            at++;
            List<Element> property = elements(",}");
            if (!property.isEmpty()) {
                properties.add(property);
            }
        } while (at < text.length() && text.charAt(at) == ',');
        expect('}');
        return new AtLeast(properties);
    }

    private void expect(char c) {
        if (at >= text.length() || text.charAt(at++) != c) {
            throw wrong();
        }
    }

    private Octet octet() {
        if (at + 2 > text.length()) {
            throw wrong();
        }
        int value = 0;
        int mask = 0;
        for (int i = 0; i < 2; i++) {
            char c = text.charAt(at++);
            int digit = Character.digit(c, 16);
            if (digit < 0 && c != '?') {
                throw wrong();
            }
            value = value << 4 | Math.max(digit, 0);
            mask = mask << 4 | (c == '?' ? 0 : 15);
        }
        return new Octet(value, mask);
    }

    private IllegalArgumentException wrong() {
        return new IllegalArgumentException("column " + at + " of: " + text);
    }

    // ---- bytes out ----

    private static void write(List<Element> elements, ByteArrayOutputStream out) {
        for (Element element : elements) {
            if (element instanceof Octet octet && octet.mask == 0xFF) {
                out.write(octet.value);
            } else if (element instanceof Remaining remaining) {
                writeBehindVarint(remaining.body, out);
            } else if (element instanceof Section section) {
                writeBehindVarint(section.body, out);
            } else if (element instanceof Binary binary) {
                byte[] body = bodyOf(binary.body);
                out.write(body.length >> 8);
                out.write(body.length);
                out.writeBytes(body);
            } else {
                throw new IllegalArgumentException("can only be expected, not sent: " + element);
            }
        }
    }

    private static byte[] bodyOf(List<Element> elements) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        write(elements, body);
        return body.toByteArray();
    }

    private static void writeBehindVarint(List<Element> elements, ByteArrayOutputStream out) {
        byte[] body = bodyOf(elements);
        int rest = body.length;
        while (rest > 127) {
            out.write(rest & 127 | 128);
            rest >>>= 7;
        }
        out.write(rest);
        out.writeBytes(body);
    }

    // ---- bytes in ----

    /** Where the match ends, or NO_MATCH. */
    private static int match(List<Element> elements, byte[] b, int from, int end) {
        int at = from;
        for (int i = 0; i < elements.size() && at != NO_MATCH; i++) {
            if (elements.get(i) instanceof Rest) {
                return matchTail(elements.subList(i + 1, elements.size()), b, at, end);
            }
            at = match(elements.get(i), b, at, end);
        }
        return at;
    }

    /** What stands behind "..": the end of the bytes, which begins anywhere. */
    private static int matchTail(List<Element> elements, byte[] b, int from, int end) {
        for (int at = from; at <= end; at++) {
            if (match(elements, b, at, end) == end) {
                return end;
            }
        }
        return NO_MATCH;
    }

    private static int match(Element element, byte[] b, int i, int end) {
        if (element instanceof Octet octet) {
            return i < end && (b[i] & octet.mask) == octet.value ? i + 1 : NO_MATCH;
        }
        if (element instanceof Binary binary) {
            if (i + 2 > end) {
                return NO_MATCH;
            }
            int stop = i + 2 + ((b[i] & 0xFF) << 8 | b[i + 1] & 0xFF);
            return stop <= end && match(binary.body, b, i + 2, stop) == stop ? stop : NO_MATCH;
        }
        int start = Varint.end(b, i, end);
        int stop = start == NO_MATCH ? NO_MATCH : start + Varint.value(b, i);
        if (start == NO_MATCH || stop > end) {
            return NO_MATCH;
        }
        if (element instanceof Remaining remaining) {
            return stop == end && match(remaining.body, b, start, stop) == stop ? stop : NO_MATCH;
        }
        if (element instanceof Section section) {
            return match(section.body, b, start, stop) == stop ? stop : NO_MATCH;
        }
        return holds(((AtLeast) element).properties, Properties.split(b, start, stop)) ? stop : NO_MATCH;
    }

    private static boolean holds(List<List<Element>> wanted, List<byte[]> there) {
        List<byte[]> left = new ArrayList<>(there);
        for (List<Element> property : wanted) {
            boolean found = false;
            for (int i = 0; i < left.size() && !found; i++) {
                byte[] p = left.get(i);
                if (match(property, p, 0, p.length) == p.length) {
                    left.remove(i);
                    found = true;
                }
            }
            if (!found) {
                return false;
            }
        }
        return true;
    }
}
