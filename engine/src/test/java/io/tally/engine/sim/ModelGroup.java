package io.tally.engine.sim;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A shared group as the model has it: its members, and the messages that no member has finished. */
final class ModelGroup {
    final String filter;

    /** The command that made it: another one of its name is another group. */
    final long since;

    final Set<ModelSession> members = new LinkedHashSet<>();
    private final Set<GroupDelivery> open = new LinkedHashSet<>();

    /** A member has lost its connection, so messages may have passed on and be out of order. */
    boolean hasMoved;

    ModelGroup(String filter, long since) {
        this.filter = filter;
        this.since = since;
    }

    @Override
    public String toString() {
        return filter + " since " + since;
    }

    boolean isAnyConnected() {
        return members.stream().anyMatch(m -> m.connection != 0);
    }

    /** Whether a member has subscribed with a QoS in this range. */
    boolean isAnyWithQos(int least, int most, boolean connected) {
        return members.stream().anyMatch(m -> {
            int qos = m.subscriptions.get(filter)[0] & 3;
            return qos >= least && qos <= most && (!connected || m.connection != 0);
        });
    }

    void add(GroupDelivery delivery) {
        open.add(delivery);
    }

    void finish(GroupDelivery delivery) {
        open.remove(delivery);
    }

    List<GroupDelivery> open() {
        return new ArrayList<>(open);
    }

    /** A subscription to the group, as it is or was. {@code until}: the command that has changed it. */
    record Membership(ModelGroup group, int options, int id, long since, long until) {
        Membership endedAt(long command) {
            return new Membership(group, options, id, since, command);
        }
    }
}
