package io.tally.perf.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Lets a broker hear of its clients as often as it has asked for in CONNACK [MQTT-3.2.2-21]: a PINGREQ on each
 * connection at half of the shortest interval, whatever else is sent on it. Owned by the thread that drives the load.
 */
final class KeepAlive {
    private static final long NS_PER_SECOND = 1_000_000_000;

    private final List<Link> links = new ArrayList<>();
    private long everyNs = Long.MAX_VALUE;
    private long lastNs;

    /**
     * Knows a client that has just connected; it may lose its connection and come back.
     *
     * @param seconds that it may be silent for; 0 = any time
     */
    void add(Link link, int seconds) {
        if (seconds > 0) {
            lastNs = links.isEmpty() ? System.nanoTime() : lastNs;
            everyNs = Math.min(everyNs, seconds * NS_PER_SECOND / 2);
            links.add(link);
        }
        work();
    }

    /** Pings if it is time to. */
    void work() {
        if (links.isEmpty() || System.nanoTime() - lastNs < everyNs) {
            return;
        }
        lastNs = System.nanoTime();
        for (Link link : links) {
            try {
                if (link.canSend()) {
                    link.ping();
                }
            } catch (IOException e) {
                link.buffers().drop(); // Whoever reads from it next will see that it is lost.
            }
        }
    }
}
