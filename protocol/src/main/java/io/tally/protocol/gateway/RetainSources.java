package io.tally.protocol.gateway;

import io.tally.protocol.command.PublishCommand;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Whether the publisher of a retained message may still publish to its topic. With the message goes who it was: the
 * name of the access control, client id and, when it had one, user name, in UTF-8 with U+0000 between them. Owned by
 * the I/O loop's thread. Allocates nothing while messages are of one publisher.
 */
final class RetainSources {
    /** Who has a longer one cannot connect. */
    static final int LENGTH_MAX = 2_048;

    private static final byte[] UNKNOWN = new byte[0];

    private final Gatekeeper gatekeeper;

    // ---- of the message before ----
    private byte[] source = UNKNOWN;
    private @Nullable AccessControl control;
    private @Nullable AccessRules rules;
    private int generation;

    RetainSources(Gatekeeper gatekeeper) {
        this.gatekeeper = gatekeeper;
    }

    static byte[] encode(String control, String clientId, @Nullable String userName) {
        if (control.isEmpty()) {
            return UNKNOWN;
        }
        String text = control + '\0' + clientId + (userName == null ? "" : '\0' + userName);
        return text.getBytes(StandardCharsets.UTF_8);
    }

    boolean mayStillPublish(PublishCommand message) {
        if (message.sourceLength() == 0) {
            return true;
        }
        if (!isLast(message)) {
            source = new byte[message.sourceLength()];
            message.buffer().getBytes(message.sourceOffset(), source);
            control = gatekeeper.accessControl(parts()[0]);
            rules = null;
        }
        AccessControl known = control;
        return known == null || rules(known).mayPublish(message.buffer(), message.topicOffset(), message.topicLength());
    }

    private boolean isLast(PublishCommand message) {
        int length = message.sourceLength();
        int i = 0;
        while (length == source.length
                && i < length
                && message.buffer().getByte(message.sourceOffset() + i) == source[i]) {
            i++;
        }
        return i == length;
    }

    private AccessRules rules(AccessControl known) {
        AccessRules result = rules;
        int now = known.generation();
        if (result == null || now != generation) {
            String[] parts = parts();
            generation = now;
            result = known.rulesFor(parts.length == 2 ? null : parts[2], parts[1]);
            rules = result;
        }
        return result;
    }

    private String[] parts() {
        return new String(source, StandardCharsets.UTF_8).split("\0", -1);
    }
}
