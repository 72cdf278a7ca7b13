package io.tally.ops.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The topic aliases of one connection, as the client that receives them keeps them. */
final class Aliases {
    private final int most;
    private final Map<Integer, String> topics = new HashMap<>();

    Aliases(int most) {
        this.most = most;
    }

    /** This PUBLISH is for that topic, by name or by an alias that is known, and no alias is above the maximum. */
    void expect(String topic, byte[] publish) {
        int at = Varint.end(publish, 1, publish.length);
        int length = (publish[at] & 0xFF) << 8 | publish[at + 1] & 0xFF;
        String name = new String(publish, at + 2, length, StandardCharsets.UTF_8);
        int section = at + 2 + length + ((publish[0] & 6) == 0 ? 0 : 2);
        int start = Varint.end(publish, section, publish.length);
        for (byte[] property : Properties.split(publish, start, start + Varint.value(publish, section))) {
            if (property[0] == 0x23) {
                int alias = (property[1] & 0xFF) << 8 | property[2] & 0xFF;
                assertTrue(alias >= 1 && alias <= most, "alias " + alias);
                if (name.isEmpty()) {
                    name = topics.get(alias);
                    assertNotNull(name, "alias " + alias + " was never set");
                } else {
                    topics.put(alias, name);
                }
            }
        }
        assertEquals(topic, name);
    }
}
