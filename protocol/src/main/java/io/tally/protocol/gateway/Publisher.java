package io.tally.protocol.gateway;

import io.tally.protocol.codec.PacketType;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.PublishDecoder;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import io.tally.protocol.listener.ClientRules;
import io.tally.protocol.topic.TopicNames;
import org.agrona.collections.Int2IntHashMap;
import org.agrona.collections.IntHashSet;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a connection publishes: topic aliases, Receive Maximum, and what may be published at all. Owned by the I/O
 * loop's thread. Allocates nothing but new topic aliases.
 */
final class Publisher {
    /** Packet ids of QoS 2 that may be open before 5.0, where the client cannot be told. */
    static final int OPEN_BEFORE_V5 = 10_000;

    // ---- how far a packet id is ----
    private static final int NOT_OPEN = 0;
    private static final int PUBLISHED = 1;
    private static final int RECEIVED = 2;
    private static final int RELEASED = 3;

    private static final byte[] NO_SOURCE = new byte[0];

    private final LoopContext loop;
    private final long connection;
    private final HeldMemory held;
    private ClientRules rules = ClientRules.DEFAULT;
    private int version;

    /** PUBLISH of QoS 1 that we have not answered yet; counted for 5.0 only. */
    private int unanswered;

    /** Packet ids of QoS 2 that are not completed, and how far they are; a repetition is not one more. */
    private @Nullable Int2IntHashMap open;

    /** Packet ids of earlier connections for which a PUBREL was written again, until PUBCOMP. */
    private @Nullable IntHashSet releasedAgain;

    /** Topic by alias; index 0 is not used. */
    private @Nullable UnsafeBuffer @Nullable [] aliases;

    /** Of the PUBLISH checked last, as all clients know it; holds until another packet of the loop is checked. */
    private final UnsafeBuffer topic = new UnsafeBuffer(0, 0);

    private ReasonCode denial = ReasonCode.SUCCESS;

    /** Null = everything may be published. */
    private @Nullable AccessChecks access;

    Publisher(LoopContext loop, long connection, HeldMemory held) {
        this.loop = loop;
        this.held = held;
        this.connection = connection;
    }

    void onConnect(ClientTerms terms) {
        version = terms.version();
        rules = terms.rules();
        access = terms.access();
    }

    /** Anything but SUCCESS closes the connection. */
    ReasonCode check(PublishDecoder p) {
        if (p.retain() && !loop.config.retainAvailable()) {
            return ReasonCode.RETAIN_NOT_SUPPORTED;
        }
        if (p.qos() > rules.qosMax()) {
            return ReasonCode.QOS_NOT_SUPPORTED;
        }
        if (p.topicLevels() > loop.config.topicLevelsMax()) {
            return ReasonCode.TOPIC_NAME_INVALID;
        }
        boolean isTooLong = loop.config.isTooLong(p.payloadLength());
        if (isTooLong && p.qos() > 0 && version != ProtocolVersion.V5) {
            return ReasonCode.PACKET_TOO_LARGE; // To acknowledge what is dropped would be a lie.
        }
        if (isOneTooMany(p)) {
            return ReasonCode.RECEIVE_MAXIMUM_EXCEEDED;
        }
        if (!mount(p)) {
            return ReasonCode.TOPIC_NAME_INVALID;
        }
        int alias = p.topicAlias();
        if (alias != 0) {
            ReasonCode reason = resolve(p, alias);
            if (reason != ReasonCode.SUCCESS) {
                return reason;
            }
        }
        boolean isForbidden = TopicNames.isOfBroker(topic, 0, topic.capacity())
                || (access != null && !access.mayPublish(topic, 0, topic.capacity()));
        denial = isForbidden ? ReasonCode.NOT_AUTHORIZED : ReasonCode.SUCCESS;
        if (loop.config.payloadFormatChecked() && !p.isPayloadAsSaid()) {
            denial = ReasonCode.PAYLOAD_FORMAT_INVALID;
        }
        if (isTooLong) {
            denial = ReasonCode.QUOTA_EXCEEDED;
        }
        return p.properties().userPropertyCount() > loop.config.userPropertiesMax()
                ? ReasonCode.QUOTA_EXCEEDED
                : ReasonCode.SUCCESS;
    }

    private boolean isOneTooMany(PublishDecoder p) {
        boolean isCounted = p.qos() == 2 || (p.qos() == 1 && version == ProtocolVersion.V5);
        int most = version == ProtocolVersion.V5
                ? loop.config.receiveMaximum()
                : Math.max(OPEN_BEFORE_V5, loop.config.receiveMaximum());
        return isCounted
                && unanswered + (open == null ? 0 : open.size()) >= most
                && (p.qos() == 1 || open == null || !open.containsKey(p.packetId()));
    }

    /** False when the topic would be too long. */
    private boolean mount(PublishDecoder p) {
        if (rules.mountPoint().isNone() || p.topicLength() == 0) {
            topic.wrap(p.buffer(), p.topicOffset(), p.topicLength());
            return true;
        }
        int length = rules.mountPoint().mountName(p.buffer(), p.topicOffset(), p.topicLength(), loop.mounted, 0);
        if (length > 0) {
            topic.wrap(loop.mounted, 0, length);
        }
        return length > 0;
    }

    private ReasonCode resolve(PublishDecoder p, int alias) {
        if (alias > rules.topicAliasMax()) {
            return ReasonCode.TOPIC_ALIAS_INVALID;
        }
        @Nullable UnsafeBuffer[] table = aliases;
        if (table == null) {
            table = new @Nullable UnsafeBuffer[rules.topicAliasMax() + 1];
            aliases = table;
        }
        if (p.topicLength() != 0) {
            return define(table, alias);
        }
        UnsafeBuffer known = table[alias];
        if (known == null) {
            return ReasonCode.TOPIC_ALIAS_INVALID;
        }
        topic.wrap(known);
        return ReasonCode.SUCCESS;
    }

    private ReasonCode define(@Nullable UnsafeBuffer[] table, int alias) {
        UnsafeBuffer before = table[alias];
        int more = topic.capacity() - (before == null ? 0 : before.capacity());
        if (more > 0 && !held.tryTake(more)) {
            return ReasonCode.QUOTA_EXCEEDED;
        }
        held.take(Math.min(0, more));
        byte[] name = new byte[topic.capacity()];
        topic.getBytes(0, name);
        table[alias] = new UnsafeBuffer(name);
        return ReasonCode.SUCCESS;
    }

    /** Why the PUBLISH checked last goes nowhere, although the connection lives on; SUCCESS when it is taken. */
    ReasonCode denial() {
        return denial;
    }

    /** Writes the command for the PUBLISH checked last; false when the command ring is full. */
    boolean tryWrite(PublishDecoder p) {
        boolean isDenied = denial != ReasonCode.SUCCESS;
        if (isDenied ? !tryWriteDenied(p) : !tryWriteAllowed(p)) {
            return false;
        }
        loop.counters.increment(isDenied ? Counter.PUBLISHES_DENIED : Counter.PUBLISHES_IN);
        if (version == ProtocolVersion.V5 && p.qos() == 1) {
            unanswered++;
        } else if (p.qos() == 2 && (version == ProtocolVersion.V5 || !isDenied)) {
            remember(p.packetId());
        }
        return true;
    }

    private void remember(int packetId) {
        Int2IntHashMap ids = open;
        if (ids == null) {
            ids = new Int2IntHashMap(NOT_OPEN);
            open = ids;
        }
        ids.put(packetId, PUBLISHED);
    }

    /** Whether a message was received on this connection that its PUBREL is still to come for. */
    boolean isReceived(int packetId) {
        return open != null && open.get(packetId) == RECEIVED;
    }

    /** A PUBREL is on its way to the engine. */
    void onPubrel(int packetId) {
        if (open != null && open.get(packetId) == RECEIVED) {
            open.put(packetId, RELEASED);
        }
    }

    /** Whether the engine does not have it yet: however many PUBRELs were refused, one is written again. */
    boolean mayReleaseAgain(int packetId) {
        IntHashSet ids = releasedAgain;
        if (ids == null) {
            ids = new IntHashSet();
            releasedAgain = ids;
        }
        return ids.add(packetId);
    }

    private boolean tryWriteAllowed(PublishDecoder p) {
        boolean journaled = p.qos() != 0 || p.retain() || loop.config.queueQos0Messages();
        return loop.commands.tryPublish(connection, version, journaled, p, topic, source(p));
    }

    private byte[] source(PublishDecoder p) {
        return access == null || !p.retain() ? NO_SOURCE : access.source();
    }

    /** The engine answers it in its turn ([MQTT-4.6.0-2]). */
    private boolean tryWriteDenied(PublishDecoder p) {
        return p.qos() == 0 || loop.commands.tryDenied(connection, version, p, denial);
    }

    /** An answer goes to the client. */
    void onAnswered(int packetType, int packetId, int reasonCode) {
        if (releasedAgain != null && packetType == PacketType.PUBCOMP) {
            releasedAgain.remove(packetId);
        }
        if (packetType == PacketType.PUBACK) {
            unanswered -= version == ProtocolVersion.V5 ? 1 : 0;
        } else if (open != null && (packetType == PacketType.PUBCOMP || ReasonCode.isFailure(reasonCode))) {
            open.remove(packetId);
        } else if (open != null && open.get(packetId) == PUBLISHED) {
            open.put(packetId, RECEIVED);
        }
    }
}
