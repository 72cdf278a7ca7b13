package io.tally.ops.security;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Changes a password file: the new one takes the place of the old one when it is whole and on the disk. */
public final class PasswordEditor {
    /** How passwords are kept. */
    public enum Algorithm {
        SHA512,
        SHA512_PBKDF2,
        ARGON2ID,
        SCRAM_SHA_256;

        /** As on the command line: {@code sha512-pbkdf2}. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Most iterations that a password file may name. */
    public static final int ITERATIONS_MAX = Pbkdf2Sha512.ITERATIONS_MAX;

    private final Algorithm algorithm;
    private final int iterations;

    /** @param iterations of PBKDF2 and SCRAM, 0 = the default */
    public PasswordEditor(Algorithm algorithm, int iterations) {
        this.algorithm = algorithm;
        this.iterations = iterations;
    }

    /** {@code USER:HASH}. */
    public String line(String user, String password) {
        byte[] bytes = password.getBytes(StandardCharsets.UTF_8);
        PasswordHash hash = switch (algorithm) {
            case SHA512 -> SaltedSha512.of(bytes);
            case SHA512_PBKDF2 -> Pbkdf2Sha512.of(bytes, or(Pbkdf2Sha512.ITERATIONS_DEFAULT));
            case ARGON2ID -> Argon2id.of(bytes);
            case SCRAM_SHA_256 -> ScramCredentials.of(bytes, or(ScramCredentials.ITERATIONS_DEFAULT));
        };
        return user + ":" + hash.encoded();
    }

    private int or(int usual) {
        return iterations == 0 ? usual : iterations;
    }

    /** Makes the file of this one user, in place of whatever is there. */
    public void create(Path file, String user, String password) throws IOException {
        replace(file, List.of(line(user, password)));
    }

    /** Answers whether the user was there before. */
    public boolean set(Path file, String user, String password) throws IOException {
        List<String> lines = read(file);
        int at = find(lines, user);
        if (at < 0) {
            lines.add(line(user, password));
        } else {
            lines.set(at, line(user, password));
        }
        replace(file, lines);
        return at >= 0;
    }

    /** False when there is no such user. */
    public static boolean delete(Path file, String user) throws IOException {
        List<String> lines = read(file);
        int at = find(lines, user);
        if (at < 0) {
            return false;
        }
        lines.remove(at);
        replace(file, lines);
        return true;
    }

    /** Hashes the passwords that stand there as plain text; answers how many. */
    public int upgrade(Path file) throws IOException {
        List<String> lines = read(file);
        int count = 0;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            int colon = line.indexOf(':');
            boolean isPlain = colon > 0
                    && !line.startsWith("#")
                    && PasswordFile.decode(line.substring(colon + 1).strip()) == null;
            if (isPlain) {
                lines.set(i, line(line.substring(0, colon).strip(), line.substring(colon + 1)));
                count++;
            }
        }
        replace(file, lines);
        return count;
    }

    private static int find(List<String> lines, String user) {
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            int colon = line.indexOf(':');
            if (!line.startsWith("#")
                    && colon > 0
                    && line.substring(0, colon).strip().equals(user)) {
                return i;
            }
        }
        return -1;
    }

    private static List<String> read(Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readString(file).split("\r?\n", -1)) {
            if (!line.isEmpty()) {
                lines.add(line);
            }
        }
        return lines;
    }

    private static void replace(Path named, List<String> lines) throws IOException {
        Path file = Files.exists(named) ? named.toRealPath() : named.toAbsolutePath();
        Path next = Files.createTempFile(
                file.getParent(),
                file.getFileName() + ".",
                ".new",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            String text = lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
            Files.writeString(next, text);
            if (Files.exists(file)) {
                keepOwner(file, next);
            }
            try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(next);
        }
    }

    /** The broker, which may be another user, must be able to read the file as before. */
    private static void keepOwner(Path from, Path to) throws IOException {
        PosixFileAttributes before = Files.readAttributes(from, PosixFileAttributes.class);
        PosixFileAttributes now = Files.readAttributes(to, PosixFileAttributes.class);
        PosixFileAttributeView view = Files.getFileAttributeView(to, PosixFileAttributeView.class);
        if (!before.owner().equals(now.owner())) {
            view.setOwner(before.owner());
        }
        if (!before.group().equals(now.group())) {
            view.setGroup(before.group());
        }
        view.setPermissions(before.permissions());
    }
}
