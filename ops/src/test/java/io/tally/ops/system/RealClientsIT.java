package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HiveMQ's and Eclipse Paho's clients, MQTT 3.1.1 and 5.0, do their everyday work with the broker. */
final class RealClientsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration SILENCE = Duration.ofMillis(200);
    private static final AtomicInteger NAMES = new AtomicInteger();

    @SuppressWarnings("NullAway.Init")
    private static BrokerProcess broker;

    /** The libraries under test. */
    enum Library {
        HIVEMQ_3,
        HIVEMQ_5,
        PAHO_3,
        PAHO_5;

        RealClient client(int port) throws IOException {
            return client(Route.tcp(port));
        }

        RealClient client(Route route) throws IOException {
            String clientId = "real-" + NAMES.incrementAndGet();
            return switch (this) {
                case HIVEMQ_3 -> new HiveMq3Client(route, clientId);
                case HIVEMQ_5 -> new HiveMq5Client(route, clientId);
                case PAHO_3 -> new Paho3Client(route, clientId);
                case PAHO_5 -> new Paho5Client(route, clientId);
            };
        }
    }

    @BeforeAll
    static void start() throws IOException {
        broker = BrokerProcess.start(new BrokerSettings(TestHome.fresh("real-clients")));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @ParameterizedTest
    @EnumSource
    void deliversInOrderAtTheLowerOfBothQos(Library library) throws IOException {
        for (int subscribed = 0; subscribed <= 2; subscribed++) {
            for (int published = 0; published <= 2; published++) {
                String topic = topic();
                try (RealClient sub = connected(library);
                        RealClient pub = connected(library)) {
                    sub.subscribe(topic, subscribed);
                    publish(pub, topic, published, 20);
                    expect(sub, topic, Math.min(published, subscribed), 20);
                    assertNull(sub.receive(Duration.ofMillis(50)));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void deliversARetainedMessageToALaterSubscriberUntilItIsCleared(Library library) throws IOException {
        String topic = topic();
        try (RealClient pub = connected(library)) {
            pub.publish(topic, "kept", 1, true);
            try (RealClient sub = connected(library)) {
                sub.subscribe(topic, 1);
                assertEquals(new RealClient.Delivery(topic, "kept", 1, true), sub.receive(PATIENCE));
                pub.publish(topic, "live", 1, true);
                assertEquals(new RealClient.Delivery(topic, "live", 1, false), sub.receive(PATIENCE));
            }
            pub.publish(topic, "", 1, true);
            try (RealClient sub = connected(library)) {
                sub.subscribe(topic, 1);
                assertNull(sub.receive(SILENCE));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void sendsTheWillOfABrokenConnectionAndNotOfADisconnect(Library library) throws IOException {
        String topic = topic();
        try (TcpRelay relay = new TcpRelay(broker.port());
                RealClient sub = connected(library);
                RealClient polite = library.client(broker.port());
                RealClient broken = library.client(relay.port())) {
            sub.subscribe(topic, 1);
            polite.connect(false, new RealClient.Will(topic, "polite"));
            broken.connect(false, new RealClient.Will(topic, "broken"));
            polite.disconnect();
            relay.cut();
            assertEquals(new RealClient.Delivery(topic, "broken", 1, false), sub.receive(PATIENCE));
            assertNull(sub.receive(SILENCE));
        }
    }

    @ParameterizedTest
    @EnumSource
    void keepsWhatAPersistentSessionMissed(Library library) throws IOException {
        String topic = topic();
        try (RealClient sub = library.client(broker.port());
                RealClient pub = connected(library)) {
            sub.connect(true, null);
            sub.subscribe(topic, 2);
            sub.disconnect();
            publish(pub, topic, 2, 100);
            sub.connect(true, null);
            expect(sub, topic, 2, 100);
            assertNull(sub.receive(SILENCE));
        }
    }

    @ParameterizedTest
    @EnumSource
    void matchesWildcards(Library library) throws IOException {
        String root = topic();
        try (RealClient one = connected(library);
                RealClient many = connected(library);
                RealClient pub = connected(library)) {
            one.subscribe(root + "/+/c", 1);
            many.subscribe(root + "/#", 1);
            for (String tail : List.of("", "/a", "/a/c", "/b/c", "/a/c/d")) {
                pub.publish(root + tail, tail, 1, false);
            }
            for (String tail : List.of("/a/c", "/b/c")) {
                assertEquals(new RealClient.Delivery(root + tail, tail, 1, false), one.receive(PATIENCE));
            }
            for (String tail : List.of("", "/a", "/a/c", "/b/c", "/a/c/d")) {
                assertEquals(new RealClient.Delivery(root + tail, tail, 1, false), many.receive(PATIENCE));
            }
            assertNull(one.receive(SILENCE));
        }
    }

    @ParameterizedTest
    @EnumSource
    void sharesASubscriptionBetweenItsMembers(Library library) throws IOException {
        String topic = topic();
        try (RealClient a = connected(library);
                RealClient b = connected(library);
                RealClient pub = connected(library)) {
            a.subscribe("$share/g/" + topic, 1);
            b.subscribe("$share/g/" + topic, 1);
            publish(pub, topic, 1, 100);
            List<Integer> ofA = drain(a);
            List<Integer> ofB = drain(b);
            assertTrue(!ofA.isEmpty() && !ofB.isEmpty(), ofA.size() + " and " + ofB.size());
            List<Integer> both = new ArrayList<>(ofA);
            both.addAll(ofB);
            Collections.sort(both);
            assertEquals(IntStream.range(0, 100).boxed().toList(), both);
        }
    }

    private static RealClient connected(Library library) throws IOException {
        RealClient client = library.client(broker.port());
        client.connect(false, null);
        return client;
    }

    private static String topic() {
        return "t/" + NAMES.incrementAndGet();
    }

    private static void publish(RealClient pub, String topic, int qos, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            pub.publish(topic, Integer.toString(i), qos, false);
        }
    }

    private static void expect(RealClient sub, String topic, int qos, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            RealClient.Delivery delivery = sub.receive(PATIENCE);
            assertNotNull(delivery, "message " + i + " is missing");
            assertEquals(new RealClient.Delivery(topic, Integer.toString(i), qos, false), delivery);
        }
    }

    private static List<Integer> drain(RealClient sub) throws IOException {
        List<Integer> all = new ArrayList<>();
        RealClient.Delivery delivery = sub.receive(SILENCE);
        while (delivery != null) {
            all.add(Integer.parseInt(delivery.payload()));
            delivery = sub.receive(SILENCE);
        }
        return all;
    }
}
