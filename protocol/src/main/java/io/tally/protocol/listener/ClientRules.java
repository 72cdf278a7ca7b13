package io.tally.protocol.listener;

import io.tally.protocol.topic.MountPoint;
import java.util.Set;

/**
 * What clients of one listener may do.
 *
 * @param anonymousAllowed whether clients without a user name may connect; else Not authorized
 * @param versions protocol versions that are taken, of 3, 4 and 5; else Unsupported protocol version
 * @param qosMax highest QoS of a PUBLISH or will; else QoS not supported and a close
 * @param topicAliasMax highest topic alias of a client; above it Topic Alias invalid
 * @param topicAliasMaxOut highest topic alias that the broker uses, if the client takes so many
 * @param assignedIdPrefix what assigned client ids start with
 * @param userNameAsClientId whether the client id is the user name; without one Not authorized
 * @param mountPoint what stands in front of all their topics
 */
public record ClientRules(
        boolean anonymousAllowed,
        Set<Integer> versions,
        int qosMax,
        int topicAliasMax,
        int topicAliasMaxOut,
        String assignedIdPrefix,
        boolean userNameAsClientId,
        MountPoint mountPoint) {
    /** Mosquitto's, but that everybody is let in. */
    public static final ClientRules DEFAULT =
            new ClientRules(true, Set.of(3, 4, 5), 2, 10, 10, "auto-", false, MountPoint.NONE);

    public ClientRules {
        versions = Set.copyOf(versions);
        check(0, 2, qosMax, "qosMax");
        check(0, 65_535, topicAliasMax, "topicAliasMax");
        check(0, 65_535, topicAliasMaxOut, "topicAliasMaxOut");
    }

    private static void check(int least, int most, int value, String name) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " is " + value + ", must be " + least + " to " + most);
        }
    }

    public ClientRules withAnonymousAllowed(boolean value) {
        return new ClientRules(
                value,
                versions,
                qosMax,
                topicAliasMax,
                topicAliasMaxOut,
                assignedIdPrefix,
                userNameAsClientId,
                mountPoint);
    }
}
