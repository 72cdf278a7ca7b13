package io.tally.perf.load;

/** Running totals of all clients. Owned by the thread that drives the load. */
final class Counts {
    long sent;
    long acknowledged;

    /** Acknowledged with a reason code of 0x80 or above: not expected to arrive. */
    long refused;

    /** Deliveries that the messages sent so far will make. */
    long expected;

    /** Deliveries, each message counted once per receiver. */
    long received;

    long doubled;

    /** Came again marked as such, after a connection was lost before its acknowledgement: at QoS 1 and 2 it must. */
    long redelivered;

    long reordered;

    /** Messages with a packet id that was in use for another one, which were dropped. */
    long idsInUse;

    /** Passed over by a later message of the same publisher, and not arrived yet. */
    long missing;

    /** Messages of other runs, or that no one has subscribed to. */
    long foreign;

    /** Deliveries that are still on their way, as far as one can know. */
    long underWay() {
        return expected - received - missing;
    }

    void add(Counts other) {
        sent += other.sent;
        acknowledged += other.acknowledged;
        refused += other.refused;
        expected += other.expected;
        received += other.received;
        doubled += other.doubled;
        redelivered += other.redelivered;
        reordered += other.reordered;
        idsInUse += other.idsInUse;
        missing += other.missing;
        foreign += other.foreign;
    }
}
