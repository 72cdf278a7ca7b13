package io.tally.protocol.command;

/** What happens when a message does not fit into the queue of a session. On disk: a code never changes its meaning. */
public enum FullQueue {
    /** It is not queued for that session. */
    DROP_NEWEST(0),

    /** The oldest that cannot have been sent make room; where there are none, as above. */
    DROP_OLDEST(1),

    /** A PUBLISH with QoS > 0 is refused with Quota exceeded, before 5.0 by closing, and reaches nobody. */
    REJECT(2);

    public final int code;

    FullQueue(int code) {
        this.code = code;
    }
}
