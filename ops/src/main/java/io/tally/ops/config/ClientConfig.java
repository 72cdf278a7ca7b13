package io.tally.ops.config;

/**
 * What one connection may do, whatever its listener.
 *
 * @param packetBytesMax largest packet, header included; a larger one closes the connection (5.0: Packet too large)
 * @param connectionsMax connections of all listeners, 0 = no limit; further ones are closed right after accepting
 * @param emptyIdAllowed whether an empty client id gets one assigned; else the CONNECT is refused
 * @param inFlightMax messages with QoS 1 or 2 that are unacknowledged at a time, 1 to 65,535: deliveries, of which
 * further ones wait, and publishes of a 5.0 client, which is told so as Receive Maximum
 * @param inFlightBytesMax of their payloads, 0 = no limit; the message that reaches it still goes out, further ones
 * wait
 * @param payloadBytesMax largest payload, 0 = no limit; 5.0: Quota exceeded, 3.x: the connection is closed, QoS 0 is
 * dropped; a will: Packet too large
 * @param keepAliveSecondsMax longest keep-alive, 0 = no limit; 5.0 clients are told the shorter one, others refused
 * @param stallTimeoutSeconds for taking some of what waits, and for going on with a packet; then the connection is
 * closed (5.0: Quota exceeded)
 * @param protocol what else they may send, and are told
 * @param clientIdPrefix what client ids have to start with, empty = anything; others are Not authorized
 * @param retainSourceChecked whether a retained message is sent only while its publisher may still publish it
 */
public record ClientConfig(
        int connectionsMax,
        boolean emptyIdAllowed,
        int packetBytesMax,
        int inFlightMax,
        int inFlightBytesMax,
        int payloadBytesMax,
        int keepAliveSecondsMax,
        int stallTimeoutSeconds,
        ProtocolConfig protocol,
        String clientIdPrefix,
        boolean retainSourceChecked) {

    /** Mosquitto 2.1's default. */
    public static final int PACKET_BYTES_DEFAULT = 2_000_000;

    /** What this version can handle. */
    public static final int PACKET_BYTES_LIMIT = 16 << 20;

    /** Fifty times Mosquitto's: an acknowledgement that waits for the disk must not bound the throughput. */
    public static final int IN_FLIGHT_DEFAULT = 1000;

    /** Long enough for the thinnest links: a kernel tells that it has room only after a part of its buffer has gone. */
    public static final int STALL_TIMEOUT_SECONDS_DEFAULT = 60;

    public ClientConfig {
        Range.check(connectionsMax >= 0, "global_max_connections is negative");
        Range.check(packetBytesMax, 20, PACKET_BYTES_LIMIT, "max_packet_size");
        Range.check(inFlightMax, 1, 65_535, "max_inflight_messages");
        Range.check(inFlightBytesMax >= 0, "max_inflight_bytes is negative");
        Range.check(payloadBytesMax >= 0, "message_size_limit is negative");
        Range.check(keepAliveSecondsMax, 0, 65_535, "max_keepalive");
        Range.check(stallTimeoutSeconds, 10, 86_400, "stall_timeout");
    }
}
