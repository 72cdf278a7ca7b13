package io.tally.engine.sim;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message for a shared group: exactly one member finishes it. The engine says which one gets it, and when; who loses
 * its connection may have to give it back.
 */
final class GroupDelivery {
    final ModelGroup group;
    final Publication publication;

    /** The highest that a member can get it with. */
    final int qos;

    /** Order in which the commands that caused it were applied. */
    final long commandNumber;

    /** At QoS 0, and somebody was connected when it was routed: it is delivered at once or never. */
    final boolean mustBeImmediate;

    /** The last one that was seen to get it. */
    private @Nullable Expected holder;

    private boolean isTaken;
    private boolean hasMoved;
    private int turns;
    private boolean isExcused;

    /** The application of a member with QoS 2 has it: nobody else's may get it. */
    private @Nullable Expected appliedOnce;

    GroupDelivery(ModelGroup group, Publication publication, int qos, long commandNumber) {
        this.group = group;
        this.publication = publication;
        this.qos = qos;
        this.commandNumber = commandNumber;
        this.mustBeImmediate = qos == 0 && group.isAnyConnected();
    }

    /** It may have been lost where that cannot be seen. */
    void excuse() {
        isExcused = true;
    }

    boolean isExcused() {
        return isExcused;
    }

    boolean isTaken() {
        return isTaken;
    }

    /** Whether this member has got it from another one. */
    boolean hasMovedTo(Expected e) {
        return hasMoved && holder == e;
    }

    /** Whether a member may get it now, as far as the others are concerned. */
    boolean isFree() {
        return !isTaken || (holder != null && holder.isLoose);
    }

    /** As this member would get it. */
    Expected expectedBy(ModelSession session, ModelGroup.Membership membership) {
        int granted = Math.min(membership.options() & 3, qos);
        boolean retain = (membership.options() & 8) != 0 && publication.retain();
        List<Integer> ids = membership.id() == 0 ? List.of() : List.of(membership.id());
        Expected e = new Expected(session, publication, granted, retain, ids, commandNumber);
        e.group = this;
        e.isShared = true;
        e.mayBeDup = session.lostCommand >= commandNumber;
        return e;
    }

    /** This member has got it. */
    void take(Expected e) {
        AuditFailure.check(isFree(), "a shared message is with one member at a time", holder, e);
        if (holder != null) {
            holder.session.strike(holder);
            hasMoved |= holder.session != e.session;
        }
        isTaken = true;
        holder = e;
        e.turn = ++turns;
    }

    void finish() {
        group.finish(this);
    }

    void onReceived(Expected e) {
        // What was given before at QoS 1 may have been on its way all the time.
        boolean isOlder = appliedOnce != null && e.qos < 2 && e.turn < appliedOnce.turn;
        AuditFailure.check(
                appliedOnce == null || appliedOnce == e || isOlder,
                "what a member has got at QoS 2 goes to nobody else [MQTT-4.8.2-5]",
                appliedOnce,
                e);
        if (e.qos == 2) {
            appliedOnce = e;
        }
    }
}
