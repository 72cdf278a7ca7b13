package io.tally.ops.system;

import java.util.Arrays;
import java.util.BitSet;

/**
 * The account of a test: which messages the broker has accepted from each publisher, and which of them each group of
 * subscribers has received. A group is one subscriber, or the members of one shared subscription. Every group is
 * entitled to every message. Owned by the load loop's thread.
 */
final class Ledger {
    private static final int TOPICS_MAX = 16;
    private final int[] publishedQos;
    private final BitSet[] accepted;
    private final BitSet[] refused;
    private final BitSet[] sentAgain;
    private final BitSet[][] received;
    private final long[][] lastOfTopic;
    private long acceptedCount;
    private long refusedCount;
    private long receivedCount;
    private long doubled;
    private long repeated;
    private long reordered;
    private long refusedButDelivered;
    private long damaged;
    private long sessionsLost;
    private long surprises;
    private String firstSurprise = "";

    Ledger(int publishers, int groups) {
        publishedQos = new int[publishers];
        accepted = bitSets(publishers);
        refused = bitSets(publishers);
        sentAgain = bitSets(publishers);
        received = new BitSet[groups][];
        lastOfTopic = new long[groups][publishers * TOPICS_MAX];
        for (int g = 0; g < groups; g++) {
            received[g] = bitSets(publishers);
            Arrays.fill(lastOfTopic[g], -1);
        }
    }

    /** Publisher i publishes at this QoS only. */
    void publishedQos(int publisher, int qos) {
        publishedQos[publisher] = qos;
    }

    /** The QoS of this publisher; 0 when there is none of this number. */
    int publishedQos(int publisher) {
        return publisher >= 0 && publisher < publishedQos.length ? publishedQos[publisher] : 0;
    }

    /** PUBACK or the first PUBREC came with success: from now on the message is the broker's to deliver. */
    void onAccepted(int publisher, long sequence) {
        if (!accepted[publisher].get((int) sequence)) {
            accepted[publisher].set((int) sequence);
            acceptedCount++;
        }
    }

    /** The broker refused the message with a reason code of 0x80 or more. */
    void onRefused(int publisher, long sequence) {
        refused[publisher].set((int) sequence);
        refusedCount++;
    }

    /**
     * A message whose refusal the publisher may not have heard of is sent again, perhaps behind an accepted one that
     * came later: its place is not judged.
     */
    void onSentAgain(int publisher, long sequence) {
        sentAgain[publisher].set((int) sequence);
    }

    /**
     * A subscriber's application got a message.
     *
     * @param qos the quality at which it was delivered and published, the lower of both
     * @param ordered whether the group keeps an order (a shared subscription does not)
     */
    void onReceived(int group, Message message, int qos, int topic, boolean ordered) {
        receivedCount++;
        int publisher = message.publisher();
        int sequence = (int) message.sequence();
        if (refused[publisher].get(sequence)) {
            refusedButDelivered++;
        }
        if (received[group][publisher].get(sequence)) {
            if (qos == 2) {
                doubled++;
            } else {
                repeated++;
            }
            return;
        }
        received[group][publisher].set(sequence);
        int slot = publisher * TOPICS_MAX + topic;
        if (ordered && sequence < lastOfTopic[group][slot] && !sentAgain[publisher].get(sequence)) {
            reordered++;
        }
        lastOfTopic[group][slot] = Math.max(sequence, lastOfTopic[group][slot]);
    }

    void onDamaged() {
        damaged++;
    }

    /** The broker no longer knew a session that it should have kept. */
    void onSessionLost() {
        sessionsLost++;
    }

    /** The broker sent something that MQTT does not allow here. */
    void onSurprise(String what) {
        if (surprises++ == 0) {
            firstSurprise = what;
        }
    }

    boolean isAccepted(int publisher, long sequence) {
        return publisher < accepted.length && accepted[publisher].get((int) sequence);
    }

    long acceptedCount() {
        return acceptedCount;
    }

    long refusedCount() {
        return refusedCount;
    }

    long receivedCount() {
        return receivedCount;
    }

    /** Accepted messages that a group has not received yet, summed over the groups. */
    long missing() {
        long missing = 0;
        for (BitSet[] group : received) {
            for (int p = 0; p < accepted.length; p++) {
                BitSet absent = (BitSet) accepted[p].clone();
                absent.andNot(group[p]);
                missing += absent.cardinality();
            }
        }
        return missing;
    }

    LedgerReport report() {
        return new LedgerReport(
                acceptedCount,
                refusedCount,
                receivedCount,
                missing(),
                doubled,
                repeated,
                reordered,
                refusedButDelivered,
                damaged,
                sessionsLost,
                surprises,
                firstSurprise,
                missingInWords());
    }

    /** Group, publisher, number and range of the missing messages. */
    private String missingInWords() {
        StringBuilder words = new StringBuilder();
        for (int g = 0; g < received.length; g++) {
            for (int p = 0; p < accepted.length; p++) {
                BitSet absent = (BitSet) accepted[p].clone();
                absent.andNot(received[g][p]);
                if (!absent.isEmpty()) {
                    words.append(String.format(
                            "group %d publisher %d (QoS %d): %d in %d..%d; ",
                            g, p, publishedQos[p], absent.cardinality(), absent.nextSetBit(0), absent.length() - 1));
                }
            }
        }
        return words.toString();
    }

    private static BitSet[] bitSets(int count) {
        BitSet[] sets = new BitSet[count];
        Arrays.setAll(sets, i -> new BitSet());
        return sets;
    }
}
