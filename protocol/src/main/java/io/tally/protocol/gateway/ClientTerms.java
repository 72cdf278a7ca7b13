package io.tally.protocol.gateway;

import io.tally.protocol.listener.ClientRules;
import org.jspecify.annotations.Nullable;

/**
 * What an accepted CONNECT has settled for its connection.
 *
 * @param rules of its listener
 * @param version 3, 4 or 5
 * @param idAssigned whether the client left its id to us
 * @param keepAliveSeconds that hold, 0 = none
 * @param keepAliveOurs whether the client has to be told so
 * @param cleanStart as it was asked for
 * @param isVolatile clean start and session expiry 0: the session lives as long as the connection
 * @param sessionExpirySeconds that the client asked for
 * @param wantsResponseInformation whether it asked for Response Information
 * @param topicAliasMax topic aliases that the client takes
 * @param packetBytesMax largest packet that the client takes
 * @param receiveMaximum PUBLISH of QoS > 0 that go unacknowledged to the client: what it and our configuration allow
 * @param access what the client may publish and receive; null = everything
 */
record ClientTerms(
        ClientRules rules,
        int version,
        String clientId,
        boolean idAssigned,
        int keepAliveSeconds,
        boolean keepAliveOurs,
        boolean cleanStart,
        boolean isVolatile,
        long sessionExpirySeconds,
        boolean wantsResponseInformation,
        int topicAliasMax,
        int packetBytesMax,
        int receiveMaximum,
        @Nullable AccessChecks access) {}
