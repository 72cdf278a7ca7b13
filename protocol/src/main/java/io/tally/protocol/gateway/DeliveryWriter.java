package io.tally.protocol.gateway;

import io.tally.protocol.Invariant;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.PublishDecoder;
import io.tally.protocol.codec.PublishEncoder;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.effect.BodyEffect;
import io.tally.protocol.effect.DeliverEffect;
import io.tally.protocol.topic.MountPoint;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the messages of deliveries, by position or as the last BODY, and makes PUBLISH packets of them. One per I/O
 * loop, owned by its thread. Allocates nothing but copies of messages that have to wait.
 */
final class DeliveryWriter {
    /** What {@link #prepare} found: the packet can be sent. */
    static final int READY = 0;

    /** Its Message Expiry Interval has passed ([MQTT-3.3.2-5]). */
    static final int EXPIRED = 1;

    /** Larger than the client's Maximum Packet Size ([MQTT-3.1.2-25]). */
    static final int TOO_LARGE = 2;

    /**
     * The client may not receive this topic, or not any more, nor its publisher retain it, or its listener does not
     * stand for it.
     */
    static final int DENIED = 3;

    /** Where a copy is used, or nothing is any more. */
    private static final long NO_MESSAGE = 0;

    /** With these a packet has a packet id, or is checked anew for each connection. */
    private static final int PARTICULAR = DeliverEffect.FLAG_QOS_MASK | DeliverEffect.FLAG_RETAINED;

    private final MessageSource source;
    private final RetainSources sources;
    private final PublishEncoder encoder = new PublishEncoder();
    private final PublishCommand message = new PublishCommand();
    private final ConnectCommand connect = new ConnectCommand();

    /** The command read by position last; the same message often goes to many connections. */
    private final UnsafeBuffer read = new UnsafeBuffer(0, 0);

    private long readPosition;
    private long readTimeMs;

    /** The message of the last BODY. */
    private final ExpandableArrayBuffer body = new ExpandableArrayBuffer();

    private int bodyLength;
    private long bodyTimeMs;
    private @Nullable StoredMessage bodyCopy;

    private long timeMs;
    private boolean isWill;
    private int length;

    /** Grows with each BODY. */
    private long bodies;

    /** What {@link #message} is: its position, less than 0 if it is the last BODY, {@link #NO_MESSAGE}. */
    private long used;

    /** Of QoS 0, before 5.0 and since. */
    private final CommonPacket[] common = {new CommonPacket(), new CommonPacket()};

    /** Whether nothing in the prepared packet is of its connection, or of the moment. */
    private boolean isCommon;

    private int flags;
    private int version;

    DeliveryWriter(MessageSource source, Gatekeeper gatekeeper) {
        this.source = source;
        this.sources = new RetainSources(gatekeeper);
    }

    /**
     * A BODY effect. It is copied at once: DELIVERs that it is for may be read later than it, and from the moment on at
     * which a read of the ring ends the engine writes there.
     */
    void onBody(DirectBuffer buffer, int offset, int effectLength) {
        int length = effectLength - BodyEffect.FIXED_LENGTH;
        if (!BodyEffect.isNext(buffer, offset)) {
            bodyLength = 0;
            bodies++;
            bodyTimeMs = BodyEffect.timeMs(buffer, offset);
            bodyCopy = null;
        }
        body.putBytes(bodyLength, buffer, offset + BodyEffect.FIXED_LENGTH, length);
        bodyLength += length;
    }

    /** A copy of the last BODY, for connections that send it later. */
    StoredMessage storeBody() {
        StoredMessage copy = bodyCopy;
        if (copy == null) {
            copy = new StoredMessage(body, 0, bodyLength, bodyTimeMs);
            bodyCopy = copy;
        }
        return copy;
    }

    /** A copy of the message at a position, to outlive its journal file. */
    StoredMessage store(long position) {
        readAt(position);
        return new StoredMessage(read, 0, read.capacity(), readTimeMs);
    }

    void onRelease(long file) {
        readPosition = 0;
        used = NO_MESSAGE;
        source.release(file);
    }

    /** Makes the last BODY the message of the next packet. */
    void useBody() {
        use(body, 0, bodyTimeMs);
        used = -bodies;
    }

    void use(long position) {
        readAt(position);
        use(read, 0, readTimeMs);
        used = position;
    }

    void use(StoredMessage stored) {
        readPosition = 0;
        use(read, 0, stored.read(read));
        used = NO_MESSAGE;
    }

    private void readAt(long position) {
        if (position == readPosition) {
            return;
        }
        readPosition = 0;
        used = NO_MESSAGE;
        readTimeMs = source.read(position, read);
        Invariant.check(readTimeMs != MessageSource.NONE, "no message at the position of a delivery", position);
        readPosition = position;
    }

    private void use(DirectBuffer b, int offset, long arrivedMs) {
        timeMs = arrivedMs;
        isWill = CommandHeader.type(b, offset) == CommandType.CONNECT;
        if (isWill) {
            message.wrap(b, connect.wrap(b, offset).willOffset());
        } else {
            Invariant.check(CommandHeader.type(b, offset) == CommandType.PUBLISH, "delivery of something else");
            message.wrap(b, offset);
        }
    }

    /**
     * Decides on the packet; subscription identifiers as in a {@link DeliverEffect}. A will counts from its
     * publication, which we do not know here, so its interval is passed on whole.
     */
    int prepare(ClientTerms terms, int flags, int packetId, long nowMs) {
        AccessChecks access = terms.access();
        if (access != null && !access.mayReceive(message.buffer(), message.topicOffset(), message.topicLength())) {
            return DENIED;
        }
        if ((flags & DeliverEffect.FLAG_RETAINED) != 0 && !sources.mayStillPublish(message)) {
            return DENIED;
        }
        encoder.begin(terms.version(), flags & ~DeliverEffect.FLAG_STARTED, packetId)
                .message(message);
        this.flags = flags;
        version = terms.version();
        MountPoint mount = terms.rules().mountPoint();
        isCommon = (flags & PARTICULAR) == 0 && used != NO_MESSAGE && mount.isNone() && !message.expires();
        if (!mount.isNone() && !unmount(mount)) {
            return DENIED;
        }
        if (message.expires()) {
            long waited = isWill ? 0 : Math.max(0, (nowMs - timeMs) / 1000);
            long left = message.expirySeconds() - waited;
            if (left <= 0 && (flags & DeliverEffect.FLAG_STARTED) == 0) {
                return EXPIRED;
            }
            encoder.expirySeconds(Math.max(0, left));
        } else {
            encoder.expirySeconds(PublishDecoder.NO_EXPIRY);
        }
        return READY;
    }

    /** False when the topic is none of those that the client's listener stands for. */
    private boolean unmount(MountPoint mount) {
        int hidden = mount.hiddenLength(message.buffer(), message.topicOffset(), message.topicLength());
        if (hidden > 0) {
            encoder.topic(message.buffer(), message.topicOffset() + hidden, message.topicLength() - hidden);
        }
        return hidden >= 0;
    }

    void subscriptionIds(DirectBuffer ids, int offset, int count) {
        encoder.subscriptionIds(ids, offset, count);
        isCommon &= count == 0;
    }

    /**
     * Completes the prepared packet; false when it is larger than the client takes.
     *
     * @param aliases of the client; they may grow by the topic
     */
    boolean fit(int packetBytesMax, @Nullable TopicAliases aliases) {
        isCommon &= aliases == null;
        if (aliases == null || !useAlias(packetBytesMax, aliases)) {
            length = encoder.encodedLength();
        }
        return length <= packetBytesMax;
    }

    /** False when the topic has no alias and gets none. */
    private boolean useAlias(int packetBytesMax, TopicAliases aliases) {
        DirectBuffer b = message.buffer();
        int alias = aliases.find(b, message.topicOffset(), message.topicLength());
        boolean isNew = alias == 0;
        if (isNew) {
            alias = aliases.next();
        }
        if (alias == 0) {
            return false;
        }
        encoder.topicAlias(alias, !isNew);
        length = encoder.encodedLength();
        boolean fits = length <= packetBytesMax;
        if (isNew && (!fits || !aliases.add(b, message.topicOffset(), message.topicLength()))) {
            encoder.topicAlias(0, false);
            return false;
        }
        return true;
    }

    /** How long the message has been here that is used; 0 of a will, of which only its CONNECT's time is known. */
    long waitedMs(long nowMs) {
        return isWill ? 0 : nowMs - timeMs;
    }

    /** Of the prepared packet, in bytes. */
    int payloadLength() {
        return message.payloadLength();
    }

    /** Of the prepared packet, whole, once it fits. */
    int packetLength() {
        return length;
    }

    /**
     * Puts out what connections before have got, if this one gets the same: at QoS 0, without subscription identifiers
     * and topic aliases. False when the packet has to be prepared.
     *
     * @param position 0 = the last BODY
     */
    boolean writeAgain(ClientTerms terms, int flags, long position, Output output) {
        CommonPacket packet = commonOf(terms.version());
        boolean isSame = used == (position == 0 ? -bodies : position)
                && packet.is(used, flags)
                && packet.length() <= terms.packetBytesMax()
                && terms.rules().mountPoint().isNone();
        AccessChecks access = terms.access();
        if (!isSame
                || (access != null
                        && !access.mayReceive(message.buffer(), message.topicOffset(), message.topicLength()))) {
            return false;
        }
        length = packet.length();
        packet.write(output);
        return true;
    }

    private CommonPacket commonOf(int version) {
        return common[version == ProtocolVersion.V5 ? 1 : 0];
    }

    /** Puts the prepared packet out. */
    void write(Output output) {
        output.claim(length);
        int written = encoder.encode(output.buffer(), output.index());
        Invariant.check(written == length, "PUBLISH is as long as it said", written);
        if (isCommon) {
            commonOf(version).onEncoded(used, flags, output.buffer(), output.index(), written);
        }
        output.commit(written);
    }
}
