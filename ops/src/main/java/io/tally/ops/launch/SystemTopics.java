package io.tally.ops.launch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tally.engine.DropCounts;
import io.tally.engine.Engine;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.gateway.GatewayCounters;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.ExpandableArrayBuffer;

/**
 * What the broker says of itself below {@code $SYS/broker}, with Mosquitto's names where it has the same. A value is
 * published when it has changed. Owned by the engine thread.
 */
final class SystemTopics {
    private static final String ROOT = "$SYS/broker/";

    private final Engine engine;
    private final List<GatewayCounters> gateways;
    private final String version;
    private final long intervalNs;
    private final long startNs;

    private final Map<String, String> published = new HashMap<>();
    private final Map<String, Load> loads = new HashMap<>();
    private final ExpandableArrayBuffer command = new ExpandableArrayBuffer();
    private final PublishCommand publish = new PublishCommand();
    private long dueNs;
    private long lastNs;
    private long connectedMax;

    /** Events in a minute, averaged over the last 1, 5 and 15 of them, newer ones counting more. */
    private static final class Load {
        static final int[] MINUTES = {1, 5, 15};

        final double[] perMinute = new double[MINUTES.length];
        long last;

        void update(long count, double minutes) {
            double now = (count - last) / minutes;
            last = count;
            for (int i = 0; i < MINUTES.length; i++) {
                perMinute[i] = now + Math.exp(-minutes / MINUTES[i]) * (perMinute[i] - now);
            }
        }
    }

    /**
     * @param intervalSeconds between two updates, 0 = none is published
     * @param nowNs when the broker started
     */
    SystemTopics(Engine engine, List<GatewayCounters> gateways, String version, int intervalSeconds, long nowNs) {
        this.engine = engine;
        this.gateways = gateways;
        this.version = version;
        this.intervalNs = TimeUnit.SECONDS.toNanos(intervalSeconds);
        this.startNs = nowNs;
        this.lastNs = nowNs;
        this.dueNs = nowNs;
    }

    /** Publishes what has changed, when it is time to. */
    void update(long nowNs) {
        if (intervalNs == 0 || nowNs - dueNs < 0) {
            return;
        }
        dueNs = nowNs + intervalNs;
        double minutes = (nowNs - lastNs) / (double) TimeUnit.MINUTES.toNanos(1);
        lastNs = nowNs;
        put("version", "tally version " + version);
        put("uptime", TimeUnit.NANOSECONDS.toSeconds(nowNs - startNs) + " seconds");
        putState();
        putTraffic(minutes);
        putDrops();
        for (Counter counter : Counter.values()) {
            put("gateway/" + counter.name().toLowerCase(Locale.ROOT), sum(counter));
        }
    }

    private void putState() {
        long connected = engine.connectedCount();
        long total = engine.sessionCount();
        connectedMax = Math.max(connectedMax, connected);
        put("clients/total", total);
        put("clients/connected", connected);
        put("clients/active", connected);
        put("clients/maximum", connectedMax);
        put("clients/disconnected", total - connected);
        put("clients/inactive", total - connected);
        put("connections/socket/count", sum(Counter.CONNECTIONS_OPENED) - sum(Counter.CONNECTIONS_CLOSED));
        put("subscriptions/count", engine.subscriptionCount());
        put("shared_subscriptions/count", engine.sharedGroupCount());
        put("retained messages/count", engine.retainedCount());
        put("retained messages/bytes", engine.retainedBytes());
        Runtime heap = Runtime.getRuntime();
        put("heap/current", heap.totalMemory() - heap.freeMemory());
        put("heap/maximum", heap.maxMemory());
    }

    private void putTraffic(double minutes) {
        count("messages/received", sum(Counter.PACKETS_IN), minutes);
        count("messages/sent", sum(Counter.PACKETS_OUT), minutes);
        count("bytes/received", sum(Counter.BYTES_IN), minutes);
        count("bytes/sent", sum(Counter.BYTES_OUT), minutes);
        put("publish/messages/received", sum(Counter.PUBLISHES_IN));
        load("publish/received", sum(Counter.PUBLISHES_IN), minutes);
        put("publish/messages/sent", sum(Counter.PUBLISHES_OUT));
        load("publish/sent", sum(Counter.PUBLISHES_OUT), minutes);
        load("sockets", sum(Counter.CONNECTIONS_OPENED), minutes);
        DropCounts drops = engine.dropCounts();
        long dropped = drops.newest()
                + drops.oldest()
                + drops.unread()
                + sum(Counter.DROPPED_SLOW)
                + sum(Counter.DROPPED_EXPIRED)
                + sum(Counter.DROPPED_TOO_LARGE)
                + sum(Counter.DROPPED_DENIED);
        put("publish/messages/dropped", dropped);
        load("publish/dropped", dropped, minutes);
    }

    private void putDrops() {
        DropCounts drops = engine.dropCounts();
        put("queues/dropped/newest", drops.newest());
        put("queues/dropped/oldest", drops.oldest());
        put("queues/dropped/unread", drops.unread());
        put("queues/rejected", drops.rejected());
    }

    private long sum(Counter counter) {
        long sum = 0;
        for (GatewayCounters gateway : gateways) {
            sum += gateway.value(counter);
        }
        return sum;
    }

    private void count(String name, long count, double minutes) {
        put(name, count);
        load(name, count, minutes);
    }

    private void load(String name, long count, double minutes) {
        Load load = loads.computeIfAbsent(name, k -> new Load());
        if (minutes > 0) {
            load.update(count, minutes);
        }
        for (int i = 0; i < Load.MINUTES.length; i++) {
            String value = String.format(Locale.ROOT, "%.2f", load.perMinute[i]);
            put("load/" + name + "/" + Load.MINUTES[i] + "min", value);
        }
    }

    private void put(String name, long value) {
        put(name, Long.toString(value));
    }

    private void put(String name, String value) {
        if (value.equals(published.put(name, value))) {
            return;
        }
        byte[] topic = (ROOT + name).getBytes(UTF_8);
        byte[] payload = value.getBytes(UTF_8);
        CommandHeader.write(command, 0, CommandType.PUBLISH, CommandHeader.FLAG_BYPASS, 0, 0);
        PublishCommand.writeFixed(command, 0, PublishCommand.FLAG_RETAIN, 5, 0, 0);
        PublishCommand.writeLengths(command, 0, topic.length, 0, payload.length);
        command.putBytes(PublishCommand.FIXED_LENGTH, topic);
        command.putBytes(PublishCommand.FIXED_LENGTH + topic.length, payload);
        engine.publishSystem(publish.wrap(command, 0));
    }
}
