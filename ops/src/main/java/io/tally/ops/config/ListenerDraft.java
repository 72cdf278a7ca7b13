package io.tally.ops.config;

import io.tally.protocol.listener.ClientRules;
import io.tally.protocol.listener.ListenAddress;
import io.tally.protocol.listener.Listener;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A listener whose options may still follow. Starts with the defaults. */
final class ListenerDraft {
    String host = "";
    int port;

    @Nullable
    String device;

    ListenAddress.Family family = ListenAddress.Family.ANY;

    /** Empty when no line speaks of it. */
    String place = "";

    int connectionsMax;

    /** Null = as all listeners. */
    @Nullable
    Boolean anonymousAllowed;

    /** Null = as all listeners. */
    @Nullable
    String assignedIdPrefix;

    Set<Integer> versions = ClientRules.DEFAULT.versions();
    int qosMax = ClientRules.DEFAULT.qosMax();
    int topicAliasMax = ClientRules.DEFAULT.topicAliasMax();
    int topicAliasMaxOut = ClientRules.DEFAULT.topicAliasMaxOut();
    boolean userNameAsClientId;

    ListenerDraft(int port) {
        this.port = port;
    }

    /** What is not said for this listener is as for all. */
    Listener build(boolean anonymousOfAll, String prefixOfAll) {
        ClientRules clients = new ClientRules(
                anonymousAllowed == null ? anonymousOfAll : anonymousAllowed,
                versions,
                qosMax,
                topicAliasMax,
                topicAliasMaxOut,
                assignedIdPrefix == null ? prefixOfAll : assignedIdPrefix,
                userNameAsClientId);
        ListenAddress address = new ListenAddress(host, port, null, device, family);
        return new Listener(address, connectionsMax, true, place, clients);
    }
}
