package io.tally.perf.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One run, as its JSON tells it. */
record RunFile(JsonObject fields) {
    static RunFile read(Path file) throws IOException {
        RunFile run = new RunFile(Json.read(file));
        if (run.text("scenario").isEmpty() || !run.fields.has("intervals")) {
            throw new IOException(file + " is not a result of `tally bench`");
        }
        return run;
    }

    /** Empty if there is none. */
    String text(String name) {
        JsonElement value = fields.get(name);
        return value == null || value.isJsonNull() ? "" : value.getAsString();
    }

    /** NaN if there is none. */
    double number(String name) {
        return number(fields.get(name));
    }

    private static double number(@Nullable JsonElement value) {
        return value == null || value.isJsonNull() ? Double.NaN : value.getAsDouble();
    }

    boolean is(String name) {
        return Boolean.parseBoolean(text(name));
    }

    List<String> texts(String name) {
        List<String> texts = new ArrayList<>();
        if (fields.has(name)) {
            fields.getAsJsonArray(name).forEach(text -> texts.add(text.getAsString()));
        }
        return texts;
    }

    /** One figure of each part of the measured time. */
    double[] intervals(String name) {
        return fields.getAsJsonArray("intervals").asList().stream()
                .mapToDouble(interval -> number(interval.getAsJsonObject().get(name)))
                .toArray();
    }

    /** Nanoseconds; empty if there is none. */
    Histogram histogram(String name) throws IOException {
        String encoded = text(name);
        if (encoded.isEmpty()) {
            return new Histogram(3);
        }
        try {
            return Histogram.decodeFromCompressedByteBuffer(
                    ByteBuffer.wrap(Base64.getDecoder().decode(encoded)), 0);
        } catch (DataFormatException | IllegalArgumentException e) {
            throw new IOException(name + " cannot be read: " + e.getMessage(), e);
        }
    }

    static String encode(Histogram histogram) {
        ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        int length = histogram.encodeIntoCompressedByteBuffer(buffer);
        return Base64.getEncoder().encodeToString(Arrays.copyOf(buffer.array(), length));
    }
}
