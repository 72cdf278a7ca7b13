package io.tally.engine.sim;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One delivery that the model expects: this message to this session. Changes as the delivery proceeds. */
final class Expected {
    final ModelSession session;
    final Publication publication;
    final int qos;
    final boolean retain;
    final List<Integer> subscriptionIds;

    /** Order in which the commands that caused it were applied; equal for those of one command. */
    final long commandNumber;

    /** That its session had when it was routed; 0 = none. */
    final long connection;

    final int gateway;

    /** The shared delivery that this is a part of; null = it is this session's own. */
    @Nullable
    GroupDelivery group;

    /** One of {@link LateRetained}, or like one of them: no order is expected of it. */
    boolean isLate;

    /** It may have been sent, so it is not dropped any more. */
    boolean maySent;

    /** A limit of the queue may have kept it out. */
    boolean isOptional;

    /** 0 until the engine has given it one. */
    int packetId;

    /** How many of its session had one then. */
    long number;

    /** Came to this session as to one of several, so not in the order of its queue. */
    boolean isShared;

    /** How many members had got it of its shared group then, itself included. */
    int turn;

    /** Its content fits, but it may be another message with the same. */
    boolean isAlike;

    /** Its member of a shared group has lost its connection: another one may get it, or the same again. */
    boolean isLoose;

    /** A connection that it was pushed to ended, nobody knows how much was sent. */
    boolean mayBeSent;

    /** PUBREC has come, PUBCOMP has not. */
    boolean isReleased;

    /** The delivery is over. */
    boolean isDone;

    /** The gateway gave it up, since it was expired. */
    boolean isDropped;

    /** The last connection to whose gateway it was given; 0 = none. */
    long pushedTo;

    /** A connection has been lost, or the process, since it might first have been sent. */
    boolean mayBeDup;

    boolean wasOnWire;

    /** The gateway said so when the connection ended. */
    boolean wasSurelySent;

    /** How often the application of the client has taken it. */
    int applied;

    Expected(ModelSession session, Publication publication, int qos, boolean retain, List<Integer> ids, long number) {
        this.session = session;
        this.publication = publication;
        this.qos = qos;
        this.retain = retain;
        this.subscriptionIds = ids;
        this.commandNumber = number;
        this.connection = session.connection;
        this.gateway = session.gateway;
    }

    boolean isRequired(long nowMs) {
        return !isOptional && !publication.isExpired(nowMs);
    }

    /** Whether its client may hold it, so that it does not expire; for QoS 1 that has to be certain. */
    boolean mayBeStarted() {
        return qos == 2 ? mayBeDup : wasSurelySent;
    }

    @Override
    public String toString() {
        return "'" + Trace.shorten(publication.payload()) + "' on " + publication.topic() + " for " + session.clientId
                + " (qos " + qos + ", id " + packetId + (retain ? ", retain" : "")
                + (subscriptionIds.isEmpty() ? "" : ", ids " + subscriptionIds)
                + (group == null ? "" : ", of " + group.group.filter + (isLoose ? ", loose" : ""))
                + (isOptional ? ", optional" : "") + ")";
    }
}
