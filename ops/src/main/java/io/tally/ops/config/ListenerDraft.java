package io.tally.ops.config;

import io.tally.protocol.listener.Carrier;
import io.tally.protocol.listener.Carrier.Identity;
import io.tally.protocol.listener.ClientRules;
import io.tally.protocol.listener.ListenAddress;
import io.tally.protocol.listener.Listener;
import io.tally.protocol.listener.PskSettings;
import io.tally.protocol.listener.TlsSettings;
import io.tally.protocol.topic.MountPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A listener whose options may still follow. Starts with the defaults. */
final class ListenerDraft {
    String host = "";
    int port;

    /** Of a unix socket. */
    @Nullable
    String path;

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

    /** Of this listener alone, with per_listener_settings. */
    AccessDraft access = new AccessDraft();

    Set<Integer> versions = ClientRules.DEFAULT.versions();
    int qosMax = ClientRules.DEFAULT.qosMax();
    int topicAliasMax = ClientRules.DEFAULT.topicAliasMax();
    int topicAliasMaxOut = ClientRules.DEFAULT.topicAliasMaxOut();
    boolean userNameAsClientId;
    MountPoint mountPoint = MountPoint.NONE;
    Identity identity = Identity.NONE;
    String identityPlace = "";
    boolean isWebSocket;
    final List<String> origins = new ArrayList<>();
    int proxyVersion;
    boolean proxyTlsRequired;
    final TlsDraft tls = new TlsDraft();

    ListenerDraft(int port) {
        this.port = port;
    }

    /** What is not said for this listener is as for all. */
    Listener build(AccessDraft used, boolean anonymousOfAll, String prefixOfAll) throws ConfigException {
        ClientRules clients = new ClientRules(
                anonymousAllowed == null ? anonymousOfAll : anonymousAllowed,
                versions,
                qosMax,
                topicAliasMax,
                topicAliasMaxOut,
                assignedIdPrefix == null ? prefixOfAll : assignedIdPrefix,
                userNameAsClientId,
                mountPoint);
        TlsSettings settings = tls.build(identity != Identity.NONE, proxyVersion == 2);
        PskSettings psk = tls.buildPsk(used.keys);
        if (psk != null && identity == Identity.SUBJECT) {
            throw new ConfigException(identityPlace + ": a pre-shared key has an identity but no subject; use"
                    + " 'use_identity_as_username'");
        }
        boolean isIdentityKnown =
                psk != null || proxyVersion == 2 || (settings != null && settings.certificateWanted());
        if (identity != Identity.NONE && !isIdentityKnown) {
            throw new ConfigException(
                    identityPlace + ": the user name can only come from a certificate with 'certfile',"
                            + " 'keyfile' and 'cafile' or 'capath', from a key with 'psk_hint', or with"
                            + " 'enable_proxy_protocol 2'");
        }
        boolean isProxys = proxyVersion == 2 && settings == null && psk == null;
        if (isProxys && identity == Identity.SUBJECT) {
            throw new ConfigException(identityPlace + ": a PROXY header tells the common name of a certificate, not its"
                    + " subject; use 'use_identity_as_username'");
        }
        if (proxyTlsRequired && proxyVersion != 2) {
            throw new ConfigException(place + ": 'proxy_protocol_v2_require_tls' needs 'enable_proxy_protocol 2'");
        }
        Carrier carrier = new Carrier(
                settings,
                psk,
                identity,
                isWebSocket,
                origins,
                proxyVersion,
                proxyTlsRequired,
                isProxys && tls.certificateRequired);
        ListenAddress address = new ListenAddress(host, port, path, device, family);
        return new Listener(address, connectionsMax, true, place, clients, carrier, used.build());
    }
}
