package io.tally.engine.routing;

import java.util.List;

/** Whom a topic goes to. Valid while the tree it comes from is unchanged. */
public final class Match {
    public final Target[] targets;
    public final SharedGroup[] groups;
    final byte[] topic;
    final long version;

    Match(byte[] topic, long version, List<Target> targets, List<SharedGroup> groups) {
        this.topic = topic;
        this.version = version;
        this.targets = targets.toArray(new Target[0]);
        this.groups = groups.toArray(new SharedGroup[0]);
    }
}
