package io.tally.ops.cli;

import com.kenai.jffi.ArrayFlags;
import com.kenai.jffi.Function;
import com.kenai.jffi.HeapInvocationBuffer;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.Library;
import com.kenai.jffi.Type;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.util.ArrayList;
import java.util.List;

/** The user that this process runs as. */
final class ProcessUser {
    private static final long ROOT = 0;

    private ProcessUser() {}

    /**
     * Gives up root's rights for good: this process becomes that user with its groups.
     *
     * @throws IOException if there is no such user, or we are neither root nor that user
     */
    static void become(String name) throws IOException {
        long uid = id("-u", name);
        long gid = id("-g", name);
        long ours = id("-u");
        if (ours == uid) {
            return;
        }
        if (ours != ROOT) {
            throw new IOException("only root can become user '" + name + "'; start as root or remove 'user'");
        }
        byte[] nameBytes = (name + "\0").getBytes(StandardCharsets.UTF_8);
        Function initgroups = function("initgroups", Type.POINTER, Type.UINT32);
        HeapInvocationBuffer arguments = new HeapInvocationBuffer(initgroups);
        arguments.putArray(nameBytes, 0, nameBytes.length, ArrayFlags.IN);
        arguments.putInt((int) gid);
        check(initgroups, arguments, "initgroups");
        call("setgid", gid);
        call("setuid", uid);
        if (id("-u") != uid) {
            throw new IOException("could not become user '" + name + "'");
        }
    }

    static boolean isRoot() throws IOException {
        return id("-u") == ROOT;
    }

    /** Makes that user the owner of a file. */
    static void give(Path file, String name) throws IOException {
        UserPrincipalLookupService users = file.getFileSystem().getUserPrincipalLookupService();
        Files.setOwner(file, users.lookupPrincipalByName(name));
    }

    private static void call(String name, long id) throws IOException {
        Function function = function(name, Type.UINT32);
        HeapInvocationBuffer arguments = new HeapInvocationBuffer(function);
        arguments.putInt((int) id);
        check(function, arguments, name);
    }

    private static void check(Function function, HeapInvocationBuffer arguments, String name) throws IOException {
        if (Invoker.getInstance().invokeInt(function, arguments) != 0) {
            throw new IOException("the system refused " + name);
        }
    }

    private static Function function(String name, Type... parameters) {
        Library process = Library.getDefault();
        return new Function(process.getSymbolAddress(name), Type.SINT32, parameters);
    }

    /** Asks the system's own tool, which knows every source of users. */
    private static long id(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("id"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        try {
            return Long.parseLong(answer);
        } catch (NumberFormatException e) {
            throw new IOException(answer, e);
        }
    }
}
