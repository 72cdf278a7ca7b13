package io.tally.engine;

import io.tally.engine.delivery.Entry;
import io.tally.engine.egress.EffectWriter;
import io.tally.engine.message.Message;
import io.tally.engine.retained.RetainedMessage;
import io.tally.engine.routing.Match;
import io.tally.engine.routing.SharedGroup;
import io.tally.engine.routing.Target;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.Limit;
import io.tally.protocol.command.PublishCommand;
import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;

/** Messages in: duplicates found, subscribers found, the sender answered. Owned by the engine thread. */
final class Publishes {
    private static final int[] NO_IDS = new int[0];
    private static final int ACCEPTED = -1;

    private final BrokerState state;
    private final EffectWriter effects;
    private final Deliveries deliveries;
    private final Shares shares;
    private final Message messages;
    private final Overflow overflow;

    private final ExpandableArrayBuffer willCopy = new ExpandableArrayBuffer();
    private final PublishCommand will = new PublishCommand();

    // ---- the message being routed ----
    private long position;
    private long bodyTimeMs;
    private boolean isKept;
    private int size;

    Publishes(
            BrokerState state,
            EffectWriter effects,
            Deliveries deliveries,
            Shares shares,
            Message messages,
            Overflow overflow) {
        this.state = state;
        this.effects = effects;
        this.deliveries = deliveries;
        this.shares = shares;
        this.messages = messages;
        this.overflow = overflow;
    }

    /**
     * Answers whether the connection is to be closed instead of an answer.
     *
     * @param position 0 when the message is not journaled
     */
    boolean onPublish(Session session, PublishCommand publish, long position) {
        int refusal = refusal(publish);
        boolean refused = refusal != ACCEPTED;
        if (publish.qos() == 0) {
            if (!refused) {
                accept(session, publish, position);
            }
            return false;
        }
        boolean isQos1 = publish.qos() == 1;
        int reasonCode;
        if (isQos1) {
            reasonCode = refused ? refusal : accept(session, publish, position);
        } else {
            reasonCode = acceptQos2(session, publish, position, refusal);
        }
        if (!refused && reasonCode >= ReasonCodes.FIRST_FAILURE && session.protocolVersion < 5) {
            return true;
        }
        int kind = isQos1 ? AcksCommand.PUBACK : AcksCommand.PUBREC;
        effects.ack(session.gateway, session.connection, kind, publish.packetId(), reasonCode);
        return false;
    }

    /** With what a message is answered that goes nowhere; else {@link #ACCEPTED}. */
    private static int refusal(PublishCommand publish) {
        int flags = CommandHeader.flags(publish.buffer(), publish.offset());
        if ((flags & CommandHeader.FLAG_DENIED) != 0) {
            // Before 5.0 there is no other answer than a close, and that would only be repeated [3.1.1, 3.3.5].
            int reasonCode = publish.buffer().getByte(publish.payloadOffset()) & 0xFF;
            return publish.protocolVersion() == ProtocolVersion.V5 ? reasonCode : ReasonCodes.SUCCESS;
        }
        return (flags & CommandHeader.FLAG_REFUSED) != 0 ? ReasonCodes.QUOTA_EXCEEDED : ACCEPTED;
    }

    private int acceptQos2(Session session, PublishCommand publish, long position, int refusal) {
        int reasonCode = ReasonCodes.SUCCESS;
        if (refusal != ACCEPTED) {
            // What was accepted before stays accepted: only a new message is refused.
            int flags = CommandHeader.flags(publish.buffer(), publish.offset());
            boolean closes = (flags & CommandHeader.FLAG_REFUSED) != 0
                    && (flags & CommandHeader.FLAG_REFUSAL_CLOSES) != 0; // Nothing behind it will be taken.
            boolean known = !closes && session.inboundQos2().contains(publish.packetId());
            reasonCode = known ? ReasonCodes.SUCCESS : refusal;
        } else {
            state.dirty(session);
            if (!session.inboundQos2().contains(publish.packetId())) {
                reasonCode = accept(session, publish, position);
                if (reasonCode < ReasonCodes.FIRST_FAILURE) {
                    session.addInbound(publish.packetId());
                }
            }
        }
        return reasonCode;
    }

    private int accept(Session session, PublishCommand publish, long position) {
        this.position = position;
        this.bodyTimeMs = state.commandTimeMs;
        this.isKept = false;
        this.size = publish.length();
        if (publish.qos() > 0 && overflow.rejects() && !fits(session, publish)) {
            overflow.onRejected();
            return ReasonCodes.QUOTA_EXCEEDED;
        }
        if (publish.retain() && state.limits.isOn(Limit.RETAIN_AVAILABLE)) {
            if (session.protocolVersion >= 5 && publish.qos() > 0 && !hasRoomToRetain(publish)) {
                return ReasonCodes.QUOTA_EXCEEDED;
            }
            retain(publish);
        }
        return route(session, publish) ? ReasonCodes.SUCCESS : ReasonCodes.NO_MATCHING_SUBSCRIBERS;
    }

    /** The will of a session, as if it were published now [MQTT-3.1.2-8]. */
    void publishWill(Session session) {
        position = session.willPosition;
        isKept = true;
        PublishCommand read = messages.at(position);
        bodyTimeMs = state.timeMs;
        if (read.expires()) {
            state.kept.published(position, bodyTimeMs);
        }
        size = read.length();
        // Routing may read other messages.
        willCopy.putBytes(0, read.buffer(), read.offset(), size);
        will.wrap(willCopy, 0);
        if (will.retain() && state.limits.isOn(Limit.RETAIN_AVAILABLE)) {
            retain(will);
        }
        route(session, will);
    }

    /** A message of this node itself, at QoS 0. */
    void publishSystem(PublishCommand message) {
        position = 0;
        bodyTimeMs = state.commandTimeMs;
        isKept = false;
        size = message.length();
        route(null, message);
    }

    private boolean hasRoomToRetain(PublishCommand publish) {
        return publish.payloadLength() == 0 || state.hasRoomToRetain(publish.topic(), size);
    }

    /** What cannot be kept, and could not be refused, takes away the message before it all the same. */
    private void retain(PublishCommand publish) {
        String topic = publish.topic();
        if (publish.payloadLength() == 0 || !state.hasRoomToRetain(topic, size)) {
            state.forgetRetained(topic);
            return;
        }
        long expiresAtMs = publish.expires() ? state.timeMs + publish.expirySeconds() * 1000 : RetainedMessage.NEVER;
        state.retain(new RetainedMessage(topic, position, state.position, expiresAtMs, size, publish.qos()));
    }

    /**
     * Whether every session that it is to be queued for has room for it, but for the publisher's own. Before 5.0 a
     * queue for which it is too large at any time is not asked: the refusal, a close, would be repeated for ever.
     */
    private boolean fits(Session publisher, PublishCommand publish) {
        boolean isEach = state.limits.isOn(Limit.DUPLICATES);
        Match match = state.router.match(publish.buffer(), publish.topicOffset(), publish.topicLength());
        for (Target target : match.targets) {
            int copies = 0;
            for (Subscription s : target.subscriptions()) {
                copies += qos(publish, s.qos()) > 0 && (isEach || copies == 0) ? 1 : 0;
            }
            if (copies > 0
                    && target.session != publisher
                    && target.session.isJournaled()
                    && !overflow.fits(target.session.queue, copies, size)
                    && (publisher.protocolVersion >= 5 || overflow.fitsAtAll(copies, size))) {
                return false;
            }
        }
        for (SharedGroup group : match.groups) {
            if (!overflow.fits(group, size) && (publisher.protocolVersion >= 5 || overflow.fitsAtAll(1, size))) {
                return false;
            }
        }
        return true;
    }

    /** Answers whether anyone is subscribed. */
    private boolean route(@Nullable Session publisher, PublishCommand publish) {
        Match match = state.router.match(publish.buffer(), publish.topicOffset(), publish.topicLength());
        effects.nextBody();
        boolean isEach = state.limits.isOn(Limit.DUPLICATES);
        for (Target target : match.targets) {
            if (isEach) {
                toEach(target, publisher, publish);
            } else if (target.hasNoLocal && target.session == publisher) {
                for (Target rest : target.withoutNoLocal()) {
                    toTarget(rest, publish);
                }
            } else {
                toTarget(target, publish);
            }
        }
        for (SharedGroup group : match.groups) {
            toGroup(group, publish);
        }
        return match.targets.length + match.groups.length > 0;
    }

    /** A copy for each subscription, with nothing of the others, as MQTT allows [MQTT-3.3.4-4]. */
    private void toEach(Target target, @Nullable Session publisher, PublishCommand publish) {
        for (Subscription subscription : target.subscriptions()) {
            if (!subscription.noLocal() || target.session != publisher) {
                toMember(subscription, publish);
            }
        }
    }

    /** Of a delivery; what is not journaled cannot be queued, whatever was granted. */
    private int qos(PublishCommand publish, int granted) {
        boolean isUpgraded = state.limits.isOn(Limit.UPGRADE_QOS) && position != 0;
        return isUpgraded ? granted : Math.min(publish.qos(), granted);
    }

    private void toTarget(Target target, PublishCommand publish) {
        int qos = qos(publish, target.qos);
        boolean retain = target.retainAsPublished && publish.retain();
        deliver(target.session, qos, retain, target.subscriptionIds, publish);
    }

    private void toGroup(SharedGroup group, PublishCommand publish) {
        int topicHash = Shares.topicHash(publish);
        int publishedQos = qos(publish, 2);
        Subscription member = publishedQos == 0 ? shares.chooseAtQos0(group, topicHash) : null;
        if (member == null && position != 0) {
            int meta = Entry.withPublished(Entry.of(0, false, isKept), publishedQos, publish.retain());
            member = shares.offer(group, topicHash, position, size, meta);
        }
        if (member != null) {
            toMember(member, publish);
        }
    }

    private void toMember(Subscription member, PublishCommand publish) {
        int qos = qos(publish, member.qos());
        boolean retain = member.retainAsPublished() && publish.retain();
        int[] ids = member.subscriptionId() == 0 ? NO_IDS : new int[] {member.subscriptionId()};
        deliver(member.session(), qos, retain, ids, publish);
    }

    private void deliver(Session session, int qos, boolean retain, int[] ids, PublishCommand publish) {
        boolean queued = qos > 0 || (state.limits.isOn(Limit.QUEUE_QOS0) && position != 0 && !session.isConnected());
        if (queued) {
            deliveries.enqueue(session, session.queue, position, size, Entry.of(qos, retain, isKept), ids);
        } else if (session.isConnected() && effects.isOn()) {
            if (position == 0 || isKept) {
                effects.body(session.gateway, bodyTimeMs, publish.buffer(), publish.offset(), size);
            }
            deliveries.deliverNow(session, isKept ? 0 : position, retain, ids);
        }
    }
}
