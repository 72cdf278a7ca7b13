package io.tally.ops.security;

import io.tally.ops.config.ConfigException;
import io.tally.protocol.gateway.AccessControl;
import io.tally.protocol.gateway.Authenticator;
import io.tally.protocol.gateway.Gatekeeper;
import io.tally.protocol.listener.AccessFiles.Named;
import io.tally.protocol.listener.Listener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * All password files and access lists that the listeners name. Read at the start and again by {@link #read}, all or
 * none. Any thread may ask; one at a time may reload.
 */
public final class FileGatekeeper implements Gatekeeper {
    private static final int HELPERS_MAX = 2;
    private static final FileAccessControl NOBODY = new FileAccessControl("", AclFile.EMPTY);
    private static final int HELPER_IDLE_SECONDS = 10;

    private final Map<Path, FileAuthenticator> authenticators = new HashMap<>();
    private final Map<Path, FileAccessControl> accessControls = new HashMap<>();
    private final Map<Path, String> passwordFiles = new LinkedHashMap<>();
    private final Map<Path, String> aclFiles = new LinkedHashMap<>();
    private final List<String> notices = new ArrayList<>();
    private final boolean retainSourceChecked;

    /**
     * @param retainSourceChecked whether retained messages need a publisher who still may publish them
     * @param threads for the helpers; they end by themselves when there is nothing to do
     */
    public FileGatekeeper(List<Listener> listeners, boolean retainSourceChecked, ThreadFactory threads)
            throws ConfigException {
        this.retainSourceChecked = retainSourceChecked;
        ThreadPoolExecutor helpers = new ThreadPoolExecutor(
                HELPERS_MAX,
                HELPERS_MAX,
                HELPER_IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(), // As many as the queue of logins holds.
                threads);
        helpers.allowCoreThreadTimeOut(true);
        LoginQueue logins = new LoginQueue(helpers);
        for (Listener listener : listeners) {
            put(passwordFiles, listener.access().passwords());
            put(aclFiles, listener.access().rules());
        }
        for (Map.Entry<Path, PasswordFile> read : readPasswords().entrySet()) {
            authenticators.put(read.getKey(), new FileAuthenticator(read.getValue(), logins));
        }
        for (Map.Entry<Path, AclFile> read : readRules().entrySet()) {
            String name = retainSourceChecked ? read.getKey().toString() : "";
            accessControls.put(read.getKey(), new FileAccessControl(name, read.getValue()));
            notices.addAll(read.getValue().notices());
        }
    }

    private static void put(Map<Path, String> files, @Nullable Named file) {
        if (file != null) {
            files.putIfAbsent(file.path(), file.place());
        }
    }

    private Map<Path, PasswordFile> readPasswords() throws ConfigException {
        Map<Path, PasswordFile> result = new LinkedHashMap<>();
        for (Map.Entry<Path, String> file : passwordFiles.entrySet()) {
            result.put(file.getKey(), PasswordFile.read(file.getKey(), file.getValue()));
        }
        return result;
    }

    private Map<Path, AclFile> readRules() throws ConfigException {
        Map<Path, AclFile> result = new LinkedHashMap<>();
        for (Map.Entry<Path, String> file : aclFiles.entrySet()) {
            result.put(file.getKey(), AclFile.read(file.getKey(), file.getValue()));
        }
        return result;
    }

    /** For a person, about what was read at the start. */
    public List<String> notices() {
        return List.copyOf(notices);
    }

    /** Has unknown users look the same after a restart: the key for that is kept in this directory. */
    public void keepSecretIn(Path directory) throws IOException {
        if (!authenticators.isEmpty()) {
            byte[] secret = LoginSecret.in(directory);
            authenticators.values().forEach(users -> users.useSecret(secret));
        }
    }

    /** Reads all files again; the answer, when run, puts them into effect. */
    public Runnable read() throws ConfigException {
        Map<Path, PasswordFile> passwords = readPasswords();
        Map<Path, AclFile> rules = readRules();
        return () -> {
            authenticators.forEach((path, user) -> user.use(of(passwords, path)));
            accessControls.forEach((path, user) -> user.use(of(rules, path)));
        };
    }

    private static <T> T of(Map<Path, T> read, Path path) {
        T file = read.get(path);
        if (file == null) {
            throw new IllegalStateException("not read: " + path);
        }
        return file;
    }

    @Override
    public @Nullable Authenticator authenticator(Listener listener) {
        Named file = listener.access().passwords();
        return file == null ? null : authenticators.get(file.path());
    }

    @Override
    public @Nullable AccessControl accessControl(Listener listener) {
        Named file = listener.access().rules();
        return file == null ? null : accessControls.get(file.path());
    }

    /** When the list of that name is gone, a single other one has taken its place; of several, nobody knows which. */
    @Override
    public @Nullable AccessControl accessControl(String name) {
        if (!retainSourceChecked || accessControls.isEmpty()) {
            return null;
        }
        AccessControl named = accessControls.get(Path.of(name));
        boolean isSingle = accessControls.size() == 1;
        return named == null && isSingle ? accessControls.values().iterator().next() : named == null ? NOBODY : named;
    }
}
