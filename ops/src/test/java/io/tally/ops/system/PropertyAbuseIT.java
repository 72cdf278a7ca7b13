package io.tally.ops.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every property of MQTT 5 in every packet of a client, once and twice: where it may stand nothing changes, elsewhere
 * the packet is refused as a protocol error and nobody else hears of it (table 2-4 of the standard).
 */
@Tag("C9")
final class PropertyAbuseIT {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Set<Integer> ERRORS = Set.of(0x81, 0x82);
    private static final int USER_PROPERTY = 0x26;

    @SuppressWarnings("NullAway.Init")
    private static BrokerProcess broker;

    /** Packets of a client, the will's properties being a part of CONNECT. */
    private enum Place {
        CONNECT,
        WILL,
        PUBLISH,
        PUBACK,
        PUBREC,
        PUBREL,
        PUBCOMP,
        SUBSCRIBE,
        UNSUBSCRIBE,
        DISCONNECT
    }

    /** One property with a value that is right. */
    private record Property(int id, byte[] value, Set<Place> places) {
        static Property of(int id, Bytes value, Place... places) {
            return new Property(id, value.array(), Set.of(places));
        }

        Bytes bytes(int times) {
            Bytes b = new Bytes();
            for (int i = 0; i < times; i++) {
                b.varint(id).raw(value);
            }
            return b;
        }
    }

    /** Packets for each of which the broker has an answer. */
    private static final Set<Place> ANSWERED = Set.of(Place.PUBLISH, Place.PUBREL, Place.SUBSCRIBE, Place.UNSUBSCRIBE);

    private static final List<Property> PROPERTIES = List.of(
            Property.of(0x01, new Bytes().u8(1), Place.PUBLISH, Place.WILL),
            Property.of(0x02, new Bytes().u32(60), Place.PUBLISH, Place.WILL),
            Property.of(0x03, new Bytes().string("text"), Place.PUBLISH, Place.WILL),
            Property.of(0x08, new Bytes().string("answers"), Place.PUBLISH, Place.WILL),
            Property.of(0x09, new Bytes().binary(new byte[] {1}), Place.PUBLISH, Place.WILL),
            Property.of(0x0B, new Bytes().varint(7), Place.SUBSCRIBE),
            Property.of(0x11, new Bytes().u32(1), Place.CONNECT, Place.DISCONNECT),
            Property.of(0x12, new Bytes().string("me")),
            Property.of(0x13, new Bytes().u16(10)),
            Property.of(0x16, new Bytes().binary(new byte[] {1})), // Never without a method.
            Property.of(0x17, new Bytes().u8(0), Place.CONNECT),
            Property.of(0x18, new Bytes().u32(1), Place.WILL),
            Property.of(0x19, new Bytes().u8(0), Place.CONNECT),
            Property.of(0x1A, new Bytes().string("here")),
            Property.of(0x1C, new Bytes().string("there"), Place.DISCONNECT),
            Property.of(
                    0x1F,
                    new Bytes().string("because"),
                    Place.PUBACK,
                    Place.PUBREC,
                    Place.PUBREL,
                    Place.PUBCOMP,
                    Place.DISCONNECT),
            Property.of(0x21, new Bytes().u16(5), Place.CONNECT),
            Property.of(0x22, new Bytes().u16(5), Place.CONNECT),
            Property.of(0x23, new Bytes().u16(1), Place.PUBLISH),
            Property.of(0x24, new Bytes().u8(1)),
            Property.of(0x25, new Bytes().u8(1)),
            Property.of(USER_PROPERTY, new Bytes().string("key").string("value"), Place.values()),
            Property.of(0x27, new Bytes().u32(1_000), Place.CONNECT),
            Property.of(0x28, new Bytes().u8(1)),
            Property.of(0x29, new Bytes().u8(1)),
            Property.of(0x2A, new Bytes().u8(1)),
            Property.of(0x04, new Bytes().u8(1)), // These three are not defined.
            Property.of(0x7F, new Bytes().u8(1)),
            Property.of(0x3FFF, new Bytes().u8(1)));

    @BeforeAll
    static void start() throws IOException {
        broker = BrokerProcess.start(new BrokerSettings(TestHome.fresh("properties")));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void aPropertyCountsWhereItMayStandAndClosesElsewhere() throws Exception {
        List<String> wrong = new ArrayList<>();
        for (Place place : Place.values()) {
            String usual = outcome(place, new Bytes());
            for (Property property : PROPERTIES) {
                boolean isAllowed = property.places.contains(place);
                check(wrong, place + " with 0x%02X".formatted(property.id), isAllowed ? usual : "", place, property, 1);
                boolean mayRepeat = isAllowed && property.id == USER_PROPERTY;
                check(
                        wrong,
                        place + " with 0x%02X twice".formatted(property.id),
                        mayRepeat ? usual : "",
                        place,
                        property,
                        2);
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void aPublishWithAPropertyThatIsNotItsReachesNobody() throws Exception {
        Set<Integer> delivered = new TreeSet<>();
        Set<Integer> allowed = new TreeSet<>();
        try (RawClient subscriber = RawClient.connected(broker.port(), 5, "victim")) {
            subscriber.subscribe("abuse/#", 1);
            for (Property property : PROPERTIES) {
                try (RawClient client = RawClient.connected(broker.port(), 5, "poisoner")) {
                    Bytes publish = new Bytes().string("abuse/x").u16(1).section(property.bytes(1));
                    client.send(publish.u8(property.id).packet(0x32));
                    client.read(PATIENCE);
                }
                if (property.places.contains(Place.PUBLISH)) {
                    allowed.add(property.id);
                }
            }
            for (int i = 0; i < allowed.size(); i++) {
                Packet packet = subscriber.expect(Packets.PUBLISH);
                delivered.add(packet.payload(5).get(0) & 0xFF);
                subscriber.send(Packets.ack(Packets.PUBACK, packet.id()));
            }
            subscriber.ping();
        }
        assertEquals(allowed, delivered);
    }

    /** An empty expectation is a refusal. */
    private static void check(
            List<String> wrong, String what, String expected, Place place, Property property, int times)
            throws IOException {
        String outcome = outcome(place, property.bytes(times));
        boolean isRight = expected.isEmpty() ? outcome.startsWith("refused") : outcome.equals(expected);
        if (!isRight) {
            wrong.add(what + ": " + outcome + (expected.isEmpty() ? "" : ", not " + expected));
        }
    }

    /** What comes of a packet with these properties, in words. */
    private static String outcome(Place place, Bytes properties) throws IOException {
        try (RawClient client = new RawClient(broker.port(), 5)) {
            boolean isConnect = place == Place.CONNECT || place == Place.WILL;
            client.send(
                    connect(place == Place.CONNECT ? properties : expiry(), place == Place.WILL ? properties : null));
            Packet connack = client.read(PATIENCE);
            assertNotNull(connack, "a CONNACK comes in any case");
            int code = connack.connackCode();
            if (code != 0) {
                assertTrue(isConnect, "only the CONNECT in question is refused");
                return (ERRORS.contains(code) ? "refused" : "CONNACK ") + code;
            }
            if (!isConnect) {
                client.send(packet(place, properties));
            }
            return answers(client, ANSWERED.contains(place));
        }
    }

    /** An answer that waits for the disk may come before PINGRESP or behind it. */
    private static String answers(RawClient client, boolean isAnswered) throws IOException {
        StringBuilder answers = new StringBuilder();
        client.send(Packets.pingreq());
        boolean isOpen = false;
        Packet packet = client.read(PATIENCE);
        while (packet != null) {
            int reason = packet.type() == Packets.SUBACK || packet.type() == Packets.UNSUBACK
                    ? packet.lastCode()
                    : packet.reason();
            if (packet.type() == Packets.DISCONNECT && ERRORS.contains(reason)) {
                return "refused" + reason;
            }
            if (packet.type() == Packets.PINGRESP) {
                isOpen = true;
            } else {
                answers.append("type %d code %d, ".formatted(packet.type(), reason));
            }
            if (isOpen && (!isAnswered || !answers.isEmpty())) {
                return answers + "open";
            }
            packet = client.read(PATIENCE);
        }
        return answers.append("closed").toString();
    }

    private static Bytes expiry() {
        return new Bytes().u8(0x11).u32(60);
    }

    private static byte[] connect(Bytes properties, Bytes willProperties) {
        Bytes b = new Bytes()
                .string("MQTT")
                .u8(5)
                .u8(willProperties == null ? 2 : 6)
                .u16(0);
        b.section(properties).string("abuser");
        if (willProperties != null) {
            b.section(willProperties).string("abuse/will").binary(new byte[1]);
        }
        return b.packet(0x10);
    }

    private static byte[] packet(Place place, Bytes properties) {
        Bytes id = new Bytes().u16(9);
        return switch (place) {
            case PUBLISH ->
                new Bytes().string("abuse").u16(9).section(properties).packet(0x32);
            case PUBACK -> id.u8(0).section(properties).packet(0x40);
            case PUBREC -> id.u8(0).section(properties).packet(0x50);
            case PUBREL -> id.u8(0).section(properties).packet(0x62);
            case PUBCOMP -> id.u8(0).section(properties).packet(0x70);
            case SUBSCRIBE -> id.section(properties).string("own").u8(0).packet(0x82);
            case UNSUBSCRIBE -> id.section(properties).string("own").packet(0xA2);
            default -> new Bytes().u8(0).section(properties).packet(0xE0);
        };
    }
}
