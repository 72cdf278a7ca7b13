package io.tally.ops.security;

import io.tally.ops.config.ConfigException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Files that a person writes. */
final class TextFile {
    private TextFile() {}

    /**
     * All lines, whatever ends them.
     *
     * @param asked who names the file, as FILE:LINE
     */
    static List<String> lines(Path file, String asked) throws ConfigException {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            return List.of(text.split("\r?\n", -1));
        } catch (CharacterCodingException e) {
            throw new ConfigException(file + " is not UTF-8; save it as UTF-8");
        } catch (IOException e) {
            throw new ConfigException(
                    asked + ": " + file + " cannot be read (" + reason(e) + "); check the path and its permissions");
        }
    }

    static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        return e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
    }

    /** In quotes, without control characters, cut. */
    static String printable(String text) {
        String cut = text.length() > 60 ? text.substring(0, 60) + "…" : text;
        return "'" + cut.replaceAll("\\p{Cntrl}", "?") + "'";
    }
}
