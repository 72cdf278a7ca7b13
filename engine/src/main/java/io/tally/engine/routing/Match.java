package io.tally.engine.routing;

/** Whom a topic goes to; {@link SubscriptionTree#isCurrent} says for how long. */
public final class Match {
    public final Target[] targets;
    public final SharedGroup[] groups;
    final byte[] topic;
    final long version;

    /** Where changes of filters are counted that begin, or are, as the topic. */
    final int ofPrefix;

    final int ofTopic;

    Match(byte[] topic, long version, int ofPrefix, int ofTopic, Target[] targets, SharedGroup[] groups) {
        this.topic = topic;
        this.version = version;
        this.ofPrefix = ofPrefix;
        this.ofTopic = ofTopic;
        this.targets = targets;
        this.groups = groups;
    }
}
