package io.tally.ops.config;

import io.tally.protocol.listener.AccessFiles;
import java.nio.file.Path;
import java.util.Map;

/** The options that say who may connect; of all listeners, or of the one above with per_listener_settings. */
final class AccessOptions {
    private AccessOptions() {}

    static void addTo(Map<String, Option> byName) {
        byName.put("per_listener_settings", (line, draft) -> {
            boolean value = line.bool();
            if (value && !draft.isPerListener && draft.hasAccessOptions) {
                throw line.error("'per_listener_settings true' stands behind an option that it concerns; put it in"
                        + " front of all of them");
            }
            draft.isPerListener = value;
        });
        byName.put("allow_anonymous", (line, draft) -> draft.currentAccess().anonymousAllowed = line.bool());
        byName.put("password_file", (line, draft) -> draft.currentAccess().passwords = file(line));
        byName.put("acl_file", (line, draft) -> draft.currentAccess().rules = file(line));
        byName.put("psk_file", (line, draft) -> draft.currentAccess().keys = file(line));
        byName.put("clientid_prefixes", (line, draft) -> draft.clientIdPrefix = line.string());
        byName.put("check_retain_source", (line, draft) -> draft.retainSourceChecked = line.bool());
    }

    private static AccessFiles.Named file(ConfigLine line) throws ConfigException {
        return new AccessFiles.Named(Path.of(line.string()), line.place());
    }
}
