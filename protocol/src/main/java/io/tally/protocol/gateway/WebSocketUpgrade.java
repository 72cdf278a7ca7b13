package io.tally.protocol.gateway;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP request that a WebSocket begins with, and its answer (RFC 6455, section 4.2).
 *
 * @param answer to be sent, ASCII
 * @param refusal why the connection ends with the answer; null = the WebSocket is open
 */
record WebSocketUpgrade(String answer, @Nullable String refusal) {
    private static final String SALT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int KEY_BYTES = 16;

    /** MQTT's own ([MQTT-6.0.0-3]), and what clients of MQTT 3.1 have said. */
    private static final List<String> SUB_PROTOCOLS = List.of("mqtt", "mqttv3.1");

    /**
     * Judges a request.
     *
     * @param request all of its head, with the empty line behind it
     * @param origins that may ask, empty = any
     */
    static WebSocketUpgrade of(String request, List<String> origins) {
        List<String> lines = request.lines().toList();
        Map<String, String> headers = headers(lines);
        if (lines.isEmpty() || headers == null || !lines.get(0).matches("[A-Z]+ \\S+ HTTP/1\\.1")) {
            return refuse("400 Bad Request", "not a request of HTTP/1.1");
        }
        if (!hasWord(headers, "upgrade", "websocket")) {
            return refuse("426 Upgrade Required", "a request for something other than a WebSocket");
        }
        if (!"13".equals(headers.get("sec-websocket-version"))) {
            return refuse("426 Upgrade Required", "the WebSocket's version is not 13");
        }
        String key = headers.getOrDefault("sec-websocket-key", "");
        if (!lines.get(0).startsWith("GET ") || !hasWord(headers, "connection", "upgrade") || !isKey(key)) {
            return refuse("400 Bad Request", "a bad request for a WebSocket");
        }
        if (!origins.isEmpty() && !origins.contains(headers.getOrDefault("origin", ""))) {
            return refuse("403 Forbidden", "its origin is none of websockets_origin");
        }
        for (String offered : headers.getOrDefault("sec-websocket-protocol", "").split(",", -1)) {
            if (SUB_PROTOCOLS.contains(offered.strip())) {
                return accept(key, offered.strip());
            }
        }
        return refuse("400 Bad Request", "the sub-protocol mqtt is not offered");
    }

    /** By lower-case name, those of one name with commas between them; null when a line is none. */
    private static @Nullable Map<String, String> headers(List<String> lines) {
        Map<String, String> headers = new HashMap<>();
        for (String line : lines.subList(Math.min(1, lines.size()), lines.size())) {
            int colon = line.indexOf(':');
            if (line.isEmpty()) {
                break;
            }
            if (colon <= 0) {
                return null;
            }
            String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
            headers.merge(name, line.substring(colon + 1).strip(), (a, b) -> a + "," + b);
        }
        return headers;
    }

    private static boolean hasWord(Map<String, String> headers, String name, String word) {
        for (String one : headers.getOrDefault(name, "").split(",", -1)) {
            if (one.strip().equalsIgnoreCase(word)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isKey(String key) {
        try {
            return Base64.getDecoder().decode(key).length == KEY_BYTES;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** The sub-protocol is named back ([MQTT-6.0.0-4]). */
    private static WebSocketUpgrade accept(String key, String subProtocol) {
        String head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + proof(key) + "\r\nSec-WebSocket-Protocol: " + subProtocol + "\r\n\r\n";
        return new WebSocketUpgrade(head, null);
    }

    private static String proof(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-1").digest((key + SALT).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // Every JDK has it.
        }
    }

    static WebSocketUpgrade refuse(String status, String why) {
        String body = "MQTT over WebSockets only: " + why + ".\n";
        String head = "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: "
                + body.length() + "\r\n"
                + (status.startsWith("426") ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" : "") + "\r\n";
        return new WebSocketUpgrade(head + body, why);
    }
}
