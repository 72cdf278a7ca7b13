package io.tally.perf.report;

import com.google.gson.FormattingStyle;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/** Results as JSON: an object with one field a line, what is in it without line breaks. */
final class Json {
    private static final int DECIMALS = 4;
    private static final JsonSerializer<Double> NUMBER = (value, type, context) -> Double.isFinite(value)
            ? new JsonPrimitive(BigDecimal.valueOf(value).setScale(DECIMALS, RoundingMode.HALF_UP))
            : JsonNull.INSTANCE;
    private static final Gson GSON = new GsonBuilder()
            .disableHtmlEscaping()
            .setFormattingStyle(FormattingStyle.COMPACT.withSpaceAfterSeparators(true))
            .registerTypeAdapter(Double.class, NUMBER)
            .create();

    private Json() {}

    /** Values: strings, numbers, booleans, and lists and maps of these; what is no number becomes null. */
    static String object(Map<String, Object> fields) {
        return fields.entrySet().stream()
                .map(field -> "  " + GSON.toJson(field.getKey()) + ": " + GSON.toJson(field.getValue()))
                .collect(Collectors.joining(",\n", "{\n", "\n}"));
    }

    static JsonObject read(Path file) throws IOException {
        try {
            return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            throw new IOException(file + " is not a JSON object: " + e.getMessage(), e);
        }
    }
}
