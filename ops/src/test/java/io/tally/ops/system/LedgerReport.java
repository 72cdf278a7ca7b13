package io.tally.ops.system;

/**
 * The end of a {@link Ledger}.
 *
 * @param accepted messages acknowledged to their publishers
 * @param refused messages refused with a reason code
 * @param received messages that subscribers got, repetitions included
 * @param lost accepted messages that a group never got
 * @param doubled messages that a group got twice although all was QoS 2
 * @param repeated messages that a group got twice at QoS 1, which is allowed
 * @param reordered first receptions that came behind a later message of the same publisher and topic
 * @param refusedButDelivered messages that came although they had been refused
 * @param damaged payloads that nobody had sent like that
 * @param sessionsLost connects that should have found a session and did not
 * @param surprises packets that do not belong where they came
 * @param firstSurprise the first of those
 * @param lostInWords which messages are lost
 */
record LedgerReport(
        long accepted,
        long refused,
        long received,
        long lost,
        long doubled,
        long repeated,
        long reordered,
        long refusedButDelivered,
        long damaged,
        long sessionsLost,
        long surprises,
        String firstSurprise,
        String lostInWords) {
    /** Whether the broker kept every promise. */
    boolean isClean() {
        return lost + doubled + reordered + refusedButDelivered + damaged + sessionsLost + surprises == 0;
    }
}
