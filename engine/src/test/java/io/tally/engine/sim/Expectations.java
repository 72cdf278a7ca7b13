package io.tally.engine.sim;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** What one command must lead to at once: answers, and deliveries that are not queued. */
final class Expectations {
    private final List<Reply> replies = new ArrayList<>();
    private final List<Expected> immediate = new ArrayList<>();
    private final List<GroupDelivery> groups = new ArrayList<>();

    private record Reply(long connection, String what, List<Integer> codes, boolean isOptional) {}

    void reply(long connection, String what, List<Integer> codes) {
        replies.add(new Reply(connection, what, codes, false));
    }

    void optionalReply(long connection, String what) {
        replies.add(new Reply(connection, what, List.of(), true));
    }

    void immediate(Expected expected) {
        immediate.add(expected);
    }

    void group(GroupDelivery group) {
        groups.add(group);
    }

    /** Strikes an answer off; false when none like it is expected. */
    boolean take(long connection, String what, int code) {
        Iterator<Reply> iterator = replies.iterator();
        while (iterator.hasNext()) {
            Reply r = iterator.next();
            if (r.connection == connection && r.what.equals(what) && (r.isOptional || r.codes.contains(code))) {
                iterator.remove();
                return true;
            }
        }
        return false;
    }

    /** Strikes a QoS 0 delivery off and answers it. */
    Expected takeImmediate(ModelSession session, long connection, ModelSession.Pushed pushed) {
        for (Expected e : immediate) {
            if (e.connection == connection && pushed.isLike(e)) {
                immediate.remove(e);
                return e;
            }
        }
        for (GroupDelivery group : groups) {
            Expected e = group.isTaken() ? null : session.findIn(group, pushed);
            if (e != null) {
                group.take(e);
                group.finish();
                return e;
            }
        }
        Expected late = session.takeLate(pushed);
        if (late != null) {
            return late;
        }
        throw new AuditFailure("nothing is delivered that is not due: " + pushed + " to connection " + connection
                + "; due now: " + immediate);
    }

    /** At the end of the command: everything has come. */
    void checkDone() {
        replies.removeIf(Reply::isOptional);
        AuditFailure.check(replies.isEmpty(), "each command is answered", replies);
        AuditFailure.check(immediate.isEmpty(), "QoS 0 is delivered at once", immediate);
        for (GroupDelivery group : groups) {
            AuditFailure.check(
                    group.isTaken() || !group.mustBeImmediate,
                    "a connected member of a shared subscription gets a QoS 0 message",
                    group.publication);
        }
    }

    /** The effects were off: nobody has been told anything, and QoS 0 is lost. */
    void forget() {
        replies.clear();
        immediate.clear();
        for (GroupDelivery group : groups) {
            if (group.group.isAnyWithQos(0, 0, true)) {
                group.excuse();
            }
        }
    }

    @Override
    public String toString() {
        return replies + " and at once " + immediate;
    }
}
