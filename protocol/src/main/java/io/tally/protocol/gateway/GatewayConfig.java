package io.tally.protocol.gateway;

import io.tally.protocol.listener.Listener;
import io.tally.protocol.listener.RateLimits;
import io.tally.protocol.topic.TopicFilters;
import java.util.List;

/**
 * What the gateway allows. Made with {@link #builder}.
 *
 * @param listeners what to listen on
 * @param tls certificates of the listeners that have them
 * @param transport how sockets are driven
 * @param backlog connections that the kernel holds before they are accepted, if its own limit allows so many; further
 * ones have to try again
 * @param connectionsMax open connections of all listeners, 0 = no limit; further ones are closed right after accepting
 * @param connectTimeoutMs time for CONNECT to arrive, milliseconds; then the connection is closed
 * @param stallTimeoutMs time for a client to take anything of what waits for it, or to send anything of a packet that
 * it has begun, milliseconds; then it is closed with Quota exceeded, whatever its keep alive
 * @param packetBytesMax largest packet from a client; a larger one gets Packet too large and the connection is closed
 * @param connectBytesMax largest packet in front of and including CONNECT; a larger one closes the connection
 * @param filtersPerPacketMax filters in one SUBSCRIBE or UNSUBSCRIBE; more get Quota exceeded and a close
 * @param keepAliveSecondsMax longest keep alive, 0 = any; 5.0 is told Server Keep Alive, older clients are refused
 * with identifier rejected
 * @param receiveMaximum PUBLISH of QoS > 0 that a 5.0 client may leave unacknowledged; then Receive Maximum exceeded
 * @param inFlightMessagesMax PUBLISH of QoS > 0 that go unacknowledged to one client, 0 = what it allows; the others
 * wait
 * @param inFlightBytesMax of their payloads, 0 = no limit; the one that reaches it still goes out
 * @param payloadBytesMax largest payload of a PUBLISH, 0 = no limit; above it Quota exceeded, before 5.0 a close, QoS 0
 * is dropped; of a will: Packet too large
 * @param outputBytesMax bytes waiting for one client; from there on QoS 0 is dropped and nothing is read from it; at
 * four times that, and the longest packet, it is closed with Quota exceeded
 * @param outputBytesOfLoopMax bytes waiting for all clients of an I/O loop; from there on each may have only little
 * waiting, at twice that QoS 0 is dropped for all and other messages wait; after a second, those that have the most
 * waiting and take little of it are closed with Quota exceeded
 * @param heldBytesOfLoopMax heap for incomplete packets, topic aliases and waiting messages of all clients of an I/O
 * loop; when it is used up the client that has the most of it is closed with Quota exceeded
 * @param zeroLengthClientIdAllowed whether an empty client id gets one assigned; else identifier not valid
 * @param retainAvailable whether RETAIN is allowed; else Retain not supported and a close
 * @param payloadFormatChecked whether a payload said to be UTF-8 must be; else Payload format invalid
 * @param topicLevelsMax levels of topic names and filters; above it Topic name invalid or Topic filter invalid
 * @param userPropertiesMax User Properties in one packet; above it Quota exceeded and a close
 * @param responseInformation for 5.0 clients that ask for it; empty = none
 * @param serverReference where every new connection is sent instead; empty = nowhere
 * @param serverMoved whether it is to stay there (Server moved); else Use another server
 * @param rates how much may happen in a time
 * @param queueQos0Messages whether QoS 0 is journaled too, because sessions without a connection queue it
 * @param clientIdPrefix what client ids have to start with, empty = anything; else Not authorized
 * @param gatekeeper who may connect, and what they may do
 */
public record GatewayConfig(
        List<Listener> listeners,
        TlsContexts tls,
        Transport transport,
        int backlog,
        int connectionsMax,
        long connectTimeoutMs,
        int stallTimeoutMs,
        int packetBytesMax,
        int connectBytesMax,
        int filtersPerPacketMax,
        int keepAliveSecondsMax,
        int receiveMaximum,
        int inFlightMessagesMax,
        int inFlightBytesMax,
        int payloadBytesMax,
        int outputBytesMax,
        long outputBytesOfLoopMax,
        long heldBytesOfLoopMax,
        boolean zeroLengthClientIdAllowed,
        boolean retainAvailable,
        boolean payloadFormatChecked,
        int topicLevelsMax,
        int userPropertiesMax,
        String responseInformation,
        String serverReference,
        boolean serverMoved,
        RateLimits rates,
        boolean queueQos0Messages,
        String clientIdPrefix,
        Gatekeeper gatekeeper) {
    /**
     * The most by which a command can be longer than its packet: fixed fields, a topic in place of its alias, a
     * source.
     */
    public static final int COMMAND_OVERHEAD_MAX = (1 << 16) + (1 << 12);

    /** The largest packet that MQTT knows. */
    public static final int PACKET_BYTES_LIMIT = 268_435_460;

    public GatewayConfig {
        listeners = List.copyOf(listeners);
        atLeast(1, backlog, "backlog");
        atLeast(0, connectionsMax, "connectionsMax");
        atLeast(1, (int) Math.min(connectTimeoutMs, Integer.MAX_VALUE), "connectTimeoutMs");
        atLeast(1, stallTimeoutMs, "stallTimeoutMs");
        atLeast(20, packetBytesMax, "packetBytesMax");
        atLeast(20, connectBytesMax, "connectBytesMax");
        atLeast(1, filtersPerPacketMax, "filtersPerPacketMax");
        between(0, 65_535, keepAliveSecondsMax, "keepAliveSecondsMax");
        between(1, 65_535, receiveMaximum, "receiveMaximum");
        between(0, 65_535, inFlightMessagesMax, "inFlightMessagesMax");
        atLeast(0, inFlightBytesMax, "inFlightBytesMax");
        atLeast(0, payloadBytesMax, "payloadBytesMax");
        between(1 << 12, 1 << 28, outputBytesMax, "outputBytesMax");
        between(1, 16_384, filtersPerPacketMax, "filtersPerPacketMax");
        between(20, PACKET_BYTES_LIMIT, packetBytesMax, "packetBytesMax");
    }

    private static void atLeast(int least, int value, String name) {
        between(least, Integer.MAX_VALUE, value, name);
    }

    private static void between(int least, int most, int value, String name) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " is " + value + ", must be " + least + " to " + most);
        }
    }

    /** Whether a payload is longer than clients may send. */
    boolean isTooLong(int payloadLength) {
        return payloadBytesMax != 0 && payloadLength > payloadBytesMax;
    }

    /** A builder that holds the defaults: no listener, and the limits of Mosquitto 2.1 where it has one. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects the settings. */
    public static final class Builder {
        private List<Listener> listeners = List.of();
        private TlsContexts tls = TlsContexts.NONE;
        private Transport transport = Transport.BEST;
        private int backlog = 65_535;
        private int connectionsMax;
        private long connectTimeoutMs = 10_000;
        private int stallTimeoutMs = 60_000;
        private int packetBytesMax = 2_000_000;
        private int connectBytesMax = 131_072;
        private int filtersPerPacketMax = 8192;
        private int keepAliveSecondsMax;
        private int receiveMaximum = 1024;
        private int inFlightMessagesMax = 20;
        private int inFlightBytesMax;
        private int payloadBytesMax;
        private int outputBytesMax = 1 << 20;
        private long outputBytesOfLoopMax = 1 << 26;
        private long heldBytesOfLoopMax = Math.max(1 << 25, Runtime.getRuntime().maxMemory() / 8);
        private boolean zeroLengthClientIdAllowed = true;
        private boolean retainAvailable = true;
        private boolean payloadFormatChecked;
        private int topicLevelsMax = TopicFilters.LEVELS_MAX_DEFAULT;
        private int userPropertiesMax = Integer.MAX_VALUE;
        private String responseInformation = "";
        private String serverReference = "";
        private boolean serverMoved;
        private RateLimits rates = RateLimits.NONE;
        private boolean queueQos0Messages;
        private String clientIdPrefix = "";
        private Gatekeeper gatekeeper = Gatekeeper.NONE;

        private Builder() {}

        public Builder listeners(List<Listener> value) {
            listeners = value;
            return this;
        }

        public Builder tls(TlsContexts value) {
            tls = value;
            return this;
        }

        public Builder transport(Transport value) {
            transport = value;
            return this;
        }

        public Builder backlog(int value) {
            backlog = value;
            return this;
        }

        public Builder connectionsMax(int value) {
            connectionsMax = value;
            return this;
        }

        public Builder connectTimeoutMs(long value) {
            connectTimeoutMs = value;
            return this;
        }

        public Builder stallTimeoutMs(int value) {
            stallTimeoutMs = value;
            return this;
        }

        public Builder packetBytesMax(int value) {
            packetBytesMax = value;
            return this;
        }

        public Builder connectBytesMax(int value) {
            connectBytesMax = value;
            return this;
        }

        public Builder filtersPerPacketMax(int value) {
            filtersPerPacketMax = value;
            return this;
        }

        public Builder keepAliveSecondsMax(int value) {
            keepAliveSecondsMax = value;
            return this;
        }

        public Builder receiveMaximum(int value) {
            receiveMaximum = value;
            return this;
        }

        public Builder inFlightMessagesMax(int value) {
            inFlightMessagesMax = value;
            return this;
        }

        public Builder inFlightBytesMax(int value) {
            inFlightBytesMax = value;
            return this;
        }

        public Builder payloadBytesMax(int value) {
            payloadBytesMax = value;
            return this;
        }

        public Builder outputBytesMax(int value) {
            outputBytesMax = value;
            return this;
        }

        public Builder outputBytesOfLoopMax(long value) {
            outputBytesOfLoopMax = value;
            return this;
        }

        public Builder heldBytesOfLoopMax(long value) {
            heldBytesOfLoopMax = value;
            return this;
        }

        public Builder zeroLengthClientIdAllowed(boolean value) {
            zeroLengthClientIdAllowed = value;
            return this;
        }

        public Builder retainAvailable(boolean value) {
            retainAvailable = value;
            return this;
        }

        public Builder payloadFormatChecked(boolean value) {
            payloadFormatChecked = value;
            return this;
        }

        public Builder topicLevelsMax(int value) {
            topicLevelsMax = value;
            return this;
        }

        public Builder userPropertiesMax(int value) {
            userPropertiesMax = value;
            return this;
        }

        public Builder responseInformation(String value) {
            responseInformation = value;
            return this;
        }

        public Builder serverReference(String value) {
            serverReference = value;
            return this;
        }

        public Builder serverMoved(boolean value) {
            serverMoved = value;
            return this;
        }

        public Builder rates(RateLimits value) {
            rates = value;
            return this;
        }

        public Builder clientIdPrefix(String value) {
            clientIdPrefix = value;
            return this;
        }

        public Builder gatekeeper(Gatekeeper value) {
            gatekeeper = value;
            return this;
        }

        public Builder queueQos0Messages(boolean value) {
            queueQos0Messages = value;
            return this;
        }

        public GatewayConfig build() {
            return new GatewayConfig(
                    listeners,
                    tls,
                    transport,
                    backlog,
                    connectionsMax,
                    connectTimeoutMs,
                    stallTimeoutMs,
                    packetBytesMax,
                    connectBytesMax,
                    filtersPerPacketMax,
                    keepAliveSecondsMax,
                    receiveMaximum,
                    inFlightMessagesMax,
                    inFlightBytesMax,
                    payloadBytesMax,
                    outputBytesMax,
                    outputBytesOfLoopMax,
                    heldBytesOfLoopMax,
                    zeroLengthClientIdAllowed,
                    retainAvailable,
                    payloadFormatChecked,
                    topicLevelsMax,
                    userPropertiesMax,
                    responseInformation,
                    serverReference,
                    serverMoved,
                    rates,
                    queueQos0Messages,
                    clientIdPrefix,
                    gatekeeper);
        }
    }
}
