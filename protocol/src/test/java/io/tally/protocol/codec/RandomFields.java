package io.tally.protocol.codec;

import java.util.SplittableRandom;

/** Random fields that a packet may hold. */
final class RandomFields {
    private static final int[] SAMPLE_CHARACTERS = {
        '/', ' ', 'é', 0x7FF, 0x800, '漢', 0xFEFF, 0xFFFD, 0x1_0000, 0x10_FFFF
    };

    private final SplittableRandom random;

    RandomFields(SplittableRandom random) {
        this.random = random;
    }

    int upTo(int max) {
        return random.nextInt(max + 1);
    }

    boolean maybe() {
        return random.nextBoolean();
    }

    int packetId() {
        return random.nextInt(1, 65_536);
    }

    <T> T oneOf(T[] values) {
        return values[random.nextInt(values.length)];
    }

    int oneOf(int... values) {
        return values[random.nextInt(values.length)];
    }

    byte[] bytes(int lengthMax) {
        byte[] bytes = new byte[upTo(lengthMax)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Without wildcards. */
    String text(int charactersMax) {
        StringBuilder text = new StringBuilder();
        int characters = upTo(charactersMax);
        boolean ascii = maybe();
        for (int i = 0; i < characters; i++) {
            boolean letter = ascii || maybe();
            text.appendCodePoint(letter ? 'a' + random.nextInt(26) : oneOf(SAMPLE_CHARACTERS));
        }
        return text.toString();
    }

    String topic() {
        return "t" + text(40);
    }

    String filter() {
        return oneOf(new String[] {"#", "+", "+/+/a", "a/#", topic(), topic() + "/+/x", topic() + "/#"});
    }

    /** Every property that the packet may carry, each present or not; repeatable ones several times. */
    PropertyWriter properties(int packetType, Direction direction, long excluded) {
        PropertyWriter writer = new PropertyWriter();
        long allowed = Property.allowedIn(packetType) & ~excluded;
        if (packetType == PacketType.DISCONNECT && direction == Direction.TO_CLIENT) {
            allowed &= ~Property.bit(Property.SESSION_EXPIRY_INTERVAL);
        }
        if (packetType == PacketType.PUBLISH && direction == Direction.TO_SERVER) {
            allowed &= ~Property.bit(Property.SUBSCRIPTION_IDENTIFIER);
        }
        for (int id = 0; id < Property.COUNT; id++) {
            int count = timesOf(id, packetType);
            for (int i = 0; i < count && (allowed & Property.bit(id)) != 0; i++) {
                add(writer, id);
            }
        }
        return writer;
    }

    private int timesOf(int id, int packetType) {
        boolean method = id == Property.AUTHENTICATION_METHOD || id == Property.AUTHENTICATION_DATA;
        if (method) {
            return packetType == PacketType.AUTH ? 1 : 0;
        }
        boolean repeatable = id == Property.USER_PROPERTY
                || (id == Property.SUBSCRIPTION_IDENTIFIER && packetType == PacketType.PUBLISH);
        return upTo(repeatable ? 3 : 1);
    }

    void add(PropertyWriter writer, int id) {
        switch (Property.type(id)) {
            case Property.STRING -> writer.add(id, "s" + text(20));
            case Property.BINARY -> writer.add(id, bytes(20));
            case Property.PAIR -> writer.addUserProperty(text(10), text(30));
            default -> writer.add(id, number(id));
        }
    }

    private long number(int id) {
        return switch (Property.type(id)) {
            case Property.BYTE -> upTo(1);
            case Property.TWO_BYTES -> packetId();
            case Property.FOUR_BYTES -> random.nextLong(1, 1L << 32);
            default -> random.nextInt(1, 1 << random.nextInt(1, 29));
        };
    }
}
