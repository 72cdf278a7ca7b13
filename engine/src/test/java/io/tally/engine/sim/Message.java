package io.tally.engine.sim;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One message of a publisher's application, and what became of it. */
final class Message {
    final String publisher;

    /** Which of the clients with the publisher's id. */
    final String author;

    final String topic;
    final String payload;
    final int qos;

    /** Grows in the order in which a client publishes. */
    final long number;

    /** The publisher knows that the broker has it: PUBACK or PUBREC below 0x80. */
    boolean isAccepted;

    /** Refused once, so it may come later than its successors. */
    boolean wasRefused;

    /** More than one message has this payload: they cannot be told apart. */
    boolean isAmbiguous;

    /** As it was routed the first time; null before. */
    @Nullable
    Publication first;

    /** The publisher's session then: exactly once holds while it lasts. */
    @Nullable
    ModelSession firstSession;

    int routedCount;

    Message(String publisher, String author, String topic, String payload, int qos, long number) {
        this.publisher = publisher;
        this.author = author;
        this.topic = topic;
        this.payload = payload;
        this.qos = qos;
        this.number = number;
    }

    @Override
    public String toString() {
        return "message " + number + " '" + Trace.shorten(payload) + "' of " + publisher + " on " + topic + ", qos "
                + qos;
    }

    /** What one session has seen of one publisher, topic and QoS. */
    static final class Order {
        private final Set<Long> seen = new HashSet<>();
        private long highest;

        /** First occurrences come in the order of publication [MQTT-4.6.0-5]. */
        void onReceived(Message message, Expected expected) {
            if (seen.add(message.number)) {
                AuditFailure.check(
                        message.number > highest,
                        "messages of a publisher keep their order",
                        message,
                        highest,
                        expected);
                highest = message.number;
            }
        }
    }
}
