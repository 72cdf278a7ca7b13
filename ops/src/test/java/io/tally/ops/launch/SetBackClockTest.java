package io.tally.ops.launch;

import static io.tally.ops.launch.HandDrivenClient.text;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The clock of the machine is set back by an hour: nothing that counts time waits for it to come round again. */
class SetBackClockTest {
    private static final int HOUR_MS = 3_600_000;
    private static final int RETAINED = 1000;
    private static final int TURNS = 200;

    private HandDrivenBroker broker;

    @BeforeEach
    void start() throws IOException {
        broker = new HandDrivenBroker();
    }

    @AfterEach
    void close() throws IOException {
        broker.close();
    }

    @Test
    void aDelayedWillIsPublished() throws IOException {
        HandDrivenClient watcher = HandDrivenClient.begin(broker, "watcher", 0, "");
        watcher.send("82", "000100" + text("will") + "00");
        assertEquals("9004" + "0001" + "00" + "00", watcher.next());
        String inAMinute = "0518" + "0000003c" + text("will") + text("gone");
        HandDrivenClient client = HandDrivenClient.begin(broker, "client", HOUR_MS, inAMinute);
        broker.setBackMs(HOUR_MS);
        client.close();
        pass(59);
        assertEquals("", watcher.poll());
        pass(6);
        assertEquals("300b" + text("will") + "00" + "676f6e65", watcher.poll());
        watcher.close();
    }

    @Test
    void aSessionExpires() throws IOException {
        HandDrivenClient.begin(broker, "a minute", 60, "").close();
        HandDrivenClient.begin(broker, "two minutes", 120, "").close();
        broker.setBackMs(HOUR_MS);
        pass(65);
        HandDrivenClient first = HandDrivenClient.resume(broker, "a minute");
        assertEquals("00", isPresent(first.next()));
        HandDrivenClient second = HandDrivenClient.resume(broker, "two minutes");
        assertEquals("01", isPresent(second.next()));
        first.close();
        second.close();
    }

    private static String isPresent(String connack) {
        return connack.substring(4, 6);
    }

    @Test
    void aSubscriptionGetsAllRetainedMessages() throws IOException {
        HandDrivenClient publisher = HandDrivenClient.begin(broker, "publisher", 0, "");
        for (int i = 0; i < RETAINED; i++) {
            publisher.send("33", text("many/" + i) + HexFormat.of().toHexDigits((short) (i + 1)) + "00" + "00");
            publisher.next();
        }
        broker.setBackMs(HOUR_MS);
        HandDrivenClient subscriber = HandDrivenClient.begin(broker, "subscriber", 0, "");
        subscriber.send("82", "000100" + text("many/#") + "00");
        assertEquals("9004" + "0001" + "00" + "00", subscriber.next());
        Set<String> got = new TreeSet<>();
        for (int i = 0; i < TURNS; i++) {
            broker.advanceMs(1);
            broker.turn();
            for (String packet = subscriber.poll(); !packet.isEmpty(); packet = subscriber.poll()) {
                got.add(packet);
            }
        }
        assertEquals(RETAINED, got.size());
        publisher.close();
        subscriber.close();
    }

    @Test
    void aMessageThatWaitsExpires() throws IOException {
        HandDrivenClient subscriber = HandDrivenClient.begin(broker, "subscriber", HOUR_MS, "");
        subscriber.send("82", "000100" + text("t") + "01");
        assertEquals("9004" + "0001" + "00" + "01", subscriber.next());
        subscriber.close();
        HandDrivenClient publisher = HandDrivenClient.begin(broker, "publisher", 0, "");
        publishTo(publisher, "0001", "0000000a", "01");
        publishTo(publisher, "0002", "00000064", "02");
        broker.setBackMs(HOUR_MS);
        publishTo(publisher, "0003", "0000000a", "03");
        publishTo(publisher, "0004", "00000064", "04");
        pass(16);
        subscriber = HandDrivenClient.resume(broker, "subscriber");
        assertEquals("01", isPresent(subscriber.next()));
        assertEquals("02" + " 00000055", payloadAndExpiry(subscriber.next()));
        assertEquals("04" + " 00000055", payloadAndExpiry(subscriber.next()));
        publisher.close();
        subscriber.close();
    }

    private static void publishTo(HandDrivenClient publisher, String id, String expiry, String payload)
            throws IOException {
        publisher.send("32", text("t") + id + "0502" + expiry + payload);
        assertEquals("4002" + id, publisher.next().replaceFirst("^4003(....)10$", "4002$1"));
    }

    private static String payloadAndExpiry(String publish) {
        return publish.substring(publish.length() - 2) + " "
                + publish.substring(publish.length() - 10, publish.length() - 2);
    }

    private void pass(int seconds) throws IOException {
        for (int i = 0; i < seconds; i++) {
            broker.advanceMs(1000);
            for (int turn = 0; turn < TURNS; turn++) {
                broker.turn();
            }
        }
    }
}
