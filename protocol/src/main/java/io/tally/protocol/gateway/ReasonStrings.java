package io.tally.protocol.gateway;

import io.tally.protocol.codec.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/** The Reason Strings that go with refusals: what the code alone does not say. Allocates nothing. */
final class ReasonStrings {
    private static final Map<ReasonCode, byte[]> STRINGS = new EnumMap<>(ReasonCode.class);

    static {
        put(ReasonCode.MALFORMED_PACKET, "a packet could not be read: its bytes are not MQTT");
        put(ReasonCode.PROTOCOL_ERROR, "a packet, or a value in it, that MQTT does not allow here");
        put(ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR, "the broker failed while it worked for this connection");
        put(ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, "this listener does not speak this version of MQTT");
        put(ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, "this client identifier is not accepted here");
        put(ReasonCode.BAD_USER_NAME_OR_PASSWORD, "user name or password is wrong");
        put(ReasonCode.NOT_AUTHORIZED, "not allowed for this client");
        put(ReasonCode.SERVER_UNAVAILABLE, "the broker is not available just now: try again later");
        put(ReasonCode.BANNED, "too many connections in a short time: banned for a while");
        put(ReasonCode.SERVER_SHUTTING_DOWN, "the broker is being stopped");
        put(ReasonCode.BAD_AUTHENTICATION_METHOD, "this authentication method is not available here");
        put(ReasonCode.KEEP_ALIVE_TIMEOUT, "nothing was received for one and a half times the keep alive");
        put(ReasonCode.SESSION_TAKEN_OVER, "another connection uses the same client identifier");
        put(ReasonCode.TOPIC_NAME_INVALID, "this topic name is not accepted here");
        put(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED, "more unacknowledged PUBLISH packets than Receive Maximum");
        put(ReasonCode.TOPIC_ALIAS_INVALID, "this topic alias is above Topic Alias Maximum, or stands for no topic");
        put(ReasonCode.PACKET_TOO_LARGE, "a packet is larger than Maximum Packet Size");
        put(ReasonCode.MESSAGE_RATE_TOO_HIGH, "more messages or bytes a second than a client may send");
        put(ReasonCode.QUOTA_EXCEEDED, "a limit of the broker is reached");
        put(ReasonCode.PAYLOAD_FORMAT_INVALID, "the payload is not the UTF-8 text that its format indicator says");
        put(ReasonCode.RETAIN_NOT_SUPPORTED, "retained messages are not available here");
        put(ReasonCode.QOS_NOT_SUPPORTED, "the QoS is above Maximum QoS");
        put(ReasonCode.USE_ANOTHER_SERVER, "use the broker named by Server Reference for now");
        put(ReasonCode.SERVER_MOVED, "use the broker named by Server Reference from now on");
        put(ReasonCode.CONNECTION_RATE_EXCEEDED, "too many connections a second: try again later");
        put(ReasonCode.MAXIMUM_CONNECT_TIME, "the connection was open for as long as it may be");
    }

    private static final byte[] NONE = new byte[0];

    private ReasonStrings() {}

    private static void put(ReasonCode reason, String words) {
        STRINGS.put(reason, words.getBytes(StandardCharsets.UTF_8));
    }

    /** In UTF-8; empty when there is nothing to say. Not to be changed. */
    static byte[] of(ReasonCode reason) {
        return STRINGS.getOrDefault(reason, NONE);
    }
}
