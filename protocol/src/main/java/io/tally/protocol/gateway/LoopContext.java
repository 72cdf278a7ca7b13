package io.tally.protocol.gateway;

import io.tally.protocol.Invariant;
import io.tally.protocol.codec.AuthDecoder;
import io.tally.protocol.codec.Direction;
import io.tally.protocol.codec.Property;
import io.tally.protocol.codec.PropertyWriter;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.codec.SubackEncoder;
import io.tally.protocol.gateway.GatewayCounters.Counter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.ManyToOneConcurrentLinkedQueue;

/** What the connections of one I/O loop share. Owned by its thread. */
final class LoopContext {
    final GatewayConfig config;
    final LoopPorts ports;
    final GatewayCounters counters = new GatewayCounters();
    final CommandWriter commands;
    final DeliveryWriter deliveries;
    final Handshake handshake;
    final ClientPackets packets;
    final ConnectionTimers timers;

    /** Of all loops. */
    Admission admission;

    final PropertyWriter properties = new PropertyWriter();
    final SubackEncoder suback = new SubackEncoder();

    /** The topic of the PUBLISH checked last, if its client has a mount point. */
    final ExpandableArrayBuffer mounted = new ExpandableArrayBuffer();

    /** Those that have not ended. */
    final Long2ObjectHashMap<MqttConnection> connections = new Long2ObjectHashMap<>();

    /** Heap for what waits in connections: parts of packets, topic aliases, messages that no position leads to. */
    final MemoryBudget held;

    final FrameMemory frames = new FrameMemory();

    /** Bytes that sockets have not taken. */
    final MemoryBudget output;

    final AuthDecoder auth = new AuthDecoder(Direction.TO_SERVER);

    /** What other threads have this loop do. */
    private final ManyToOneConcurrentLinkedQueue<Runnable> posted = new ManyToOneConcurrentLinkedQueue<>();

    private Runnable wakeup = () -> {};

    private static final long UNFLUSHED_MAX = 1 << 24;
    private static final int BATCH_BYTES_MAX = 1 << 17;
    private static final int BATCH_BYTES_MAX_WHEN_SCARCE = 1 << 13;

    /** Batches in one iteration besides the first of each connection: about a millisecond's work. */
    private static final int FURTHER_BATCHES_MAX = 8;

    /** So long output may be scarce before somebody pays, and between two who do. */
    private static final long OUTPUT_LOOK_NS = 1_000_000_000;

    private static final Comparator<MqttConnection> MOST_PENDING_FIRST =
            Comparator.comparingLong(MqttConnection::pendingBytes).reversed();

    private final ArrayList<MqttConnection> hoarders = new ArrayList<>();
    private boolean isOutputScarce;
    private long lookedAtOutputNs;
    private final ArrayList<MqttConnection> toGoOn = new ArrayList<>();
    private final BacklogShare backlogShare;

    /** As {@link #toGoOn}, of those whose messages have waited for long; in their turn. */
    private final ArrayDeque<MqttConnection> behind = new ArrayDeque<>();

    private long outputAfterFlush;
    private ArrayList<MqttConnection> dirty = new ArrayList<>();
    private ArrayList<MqttConnection> dirtyBefore = new ArrayList<>();
    private final ArrayList<MqttConnection> waitingForRing = new ArrayList<>();
    private long nowNs;
    private long nowMs;
    private boolean timeStale;

    LoopContext(GatewayConfig config, LoopPorts ports) {
        this.config = config;
        this.ports = ports;
        held = new MemoryBudget(config.heldBytesOfLoopMax());
        output = new MemoryBudget(config.outputBytesOfLoopMax());
        commands = new CommandWriter(ports.commands(), ports.index());
        deliveries = new DeliveryWriter(ports.messages(), config.gatekeeper());
        handshake = new Handshake(config, ports.index());
        packets = new ClientPackets(config, commands);
        readClocks();
        timers = new ConnectionTimers(nowNs);
        backlogShare = new BacklogShare(nowNs);
        admission = new Admission(config.rates(), nowNs);
    }

    /** Time is read at most once between two calls of this. */
    void expireTime() {
        timeStale = true;
    }

    long nowNs() {
        readClocks();
        return nowNs;
    }

    /** Not the time of an earlier call in the same iteration. */
    long readNowNs() {
        expireTime();
        return nowNs();
    }

    long nowMs() {
        readClocks();
        return nowMs;
    }

    private void readClocks() {
        if (timeStale || nowMs == 0) {
            nowNs = ports.nanoClock().nanoTime();
            nowMs = ports.epochClock().time();
            timeStale = false;
        }
    }

    /** Has {@link MqttConnection#flush} called at the end of the iteration. */
    void addDirty(MqttConnection connection) {
        dirty.add(connection);
    }

    /** Has {@link MqttConnection#retry} called in each iteration until it answers true. */
    void addWaitingForRing(MqttConnection connection) {
        waitingForRing.add(connection);
    }

    /** Lets those go on that found the command ring full; returns how many could. */
    int retryWaiting() {
        int size = waitingForRing.size();
        int kept = 0;
        for (int i = 0; i < size; i++) {
            MqttConnection connection = waitingForRing.get(i);
            if (!retry(connection)) {
                waitingForRing.set(kept++, connection);
            }
        }
        for (int i = size; i < waitingForRing.size(); i++) {
            waitingForRing.set(kept++, waitingForRing.get(i)); // Added meanwhile.
        }
        while (waitingForRing.size() > kept) {
            waitingForRing.remove(waitingForRing.size() - 1);
        }
        return Math.max(0, size - kept);
    }

    private static boolean retry(MqttConnection connection) {
        try {
            return connection.retry();
        } catch (Invariant.Broken broken) {
            throw broken;
        } catch (RuntimeException failure) {
            connection.onFailure(failure);
            return connection.retry();
        }
    }

    boolean isAnyWaitingForRing() {
        return !waitingForRing.isEmpty();
    }

    /** Has {@link MqttConnection#goOn} called in an iteration in which there is memory for more output. */
    void addToGoOn(MqttConnection connection) {
        toGoOn.add(connection);
    }

    /** Has {@link MqttConnection#onTurn} called when it is its turn among those whose messages have waited for long. */
    void addBehind(MqttConnection connection) {
        behind.add(connection);
    }

    void goOn() {
        if (output.isFarExceeded()) {
            return;
        }
        for (int i = 0; i < toGoOn.size(); i++) {
            toGoOn.get(i).goOn();
        }
        toGoOn.clear();
        for (int turns = turnsOfBehind(); turns > 0; turns--) {
            behind.remove().onTurn();
        }
    }

    /** While others publish one at a time: the time that it takes decides when the next one may. */
    private int turnsOfBehind() {
        if (behind.isEmpty() || !backlogShare.isOpen(nowNs())) {
            return 0;
        }
        return backlogShare.isLive(nowNs()) ? 1 : behind.size();
    }

    /** Whether the next iteration has something to do, whatever sockets and rings bring. */
    boolean hasWork() {
        return !dirty.isEmpty() || (canGoOn() && !output.isFarExceeded());
    }

    private boolean canGoOn() {
        return !toGoOn.isEmpty() || turnsOfBehind() > 0;
    }

    /** Whether something waits that nobody will wake us for. */
    boolean isAnyWaiting() {
        return !waitingForRing.isEmpty() || !toGoOn.isEmpty() || !behind.isEmpty();
    }

    /** Flushes each connection that has something to send, then again those few whose sockets take more. */
    void flushDirty() {
        if (commands.takePublished()) {
            backlogShare.onPublish(nowNs());
        }
        flushOnce();
        int left = FURTHER_BATCHES_MAX - toGoOn.size() - turnsOfBehind();
        while (left >= 0 && canGoOn() && !output.isExceeded()) {
            goOn();
            flushOnce();
            left -= toGoOn.size() + turnsOfBehind();
        }
        outputAfterFlush = output.taken();
        relieveOutput();
    }

    /** Messages that have waited for long were prepared and flushed; the socket took some of the bytes. */
    void onBacklogSent(long beginNs, long flushNs, long bytes, long takenBytes) {
        long endNs = readNowNs();
        backlogShare.onSpent(endNs, flushNs - beginNs + BacklogShare.whole(endNs - flushNs, bytes, takenBytes));
    }

    private void flushOnce() {
        ArrayList<MqttConnection> now = dirty;
        dirty = dirtyBefore;
        dirtyBefore = now;
        for (int i = 0; i < now.size(); i++) {
            flush(now.get(i));
        }
        now.clear();
    }

    /** Sockets that take little while others go short are closed, those with the most first, until the budget holds. */
    private void relieveOutput() {
        if (!output.isExceeded()) {
            isOutputScarce = false;
            return;
        }
        boolean first = !isOutputScarce;
        if (!first && nowNs() - lookedAtOutputNs < OUTPUT_LOOK_NS) {
            return;
        }
        isOutputScarce = true;
        lookedAtOutputNs = nowNs();
        for (MqttConnection connection : connections.values()) {
            // When nothing goes out to anybody any more, those with the most pay, however much they take.
            if ((connection.isHoarding() || output.isFarExceeded()) && !first) {
                hoarders.add(connection);
            }
        }
        hoarders.sort(MOST_PENDING_FIRST);
        long excess = output.excess();
        for (int i = 0; i < hoarders.size() && excess > 0; i++) {
            excess -= hoarders.get(i).pendingBytes();
            hoarders.get(i).cutOff();
        }
        hoarders.clear();
    }

    private static void flush(MqttConnection connection) {
        try {
            connection.flush();
        } catch (Invariant.Broken broken) {
            throw broken;
        } catch (RuntimeException failure) {
            connection.onFailure(failure);
        }
    }

    /** Whether so much was written that it should be flushed before more is. */
    boolean shouldFlush() {
        return output.taken() - outputAfterFlush > UNFLUSHED_MAX;
    }

    /** How much one connection may write before it is flushed, QoS 0 apart. */
    int batchBytesMax() {
        return output.isExceeded() ? BATCH_BYTES_MAX_WHEN_SCARCE : BATCH_BYTES_MAX;
    }

    /** How much may wait for a client that does not read; QoS 0 beyond it is dropped. */
    int stuckBytesMax() {
        return output.isExceeded() ? BATCH_BYTES_MAX_WHEN_SCARCE : config.outputBytesMax();
    }

    /** Closes the connection that holds the most heap, if it is more than this; false when none does. */
    boolean closeLargestHolder(long bytes) {
        MqttConnection largest = null;
        long most = bytes;
        for (MqttConnection connection : connections.values()) {
            if (connection.heldBytes() > most) {
                most = connection.heldBytes();
                largest = connection;
            }
        }
        if (largest == null) {
            return false;
        }
        counters.increment(Counter.CLOSED_FOR_MEMORY);
        largest.closeFor(ReasonCode.QUOTA_EXCEEDED);
        return true;
    }

    /** Has the loop's thread do this soon. Any thread. */
    void post(Runnable task) {
        posted.add(task);
        wakeup.run();
    }

    /** How {@link #post} ends a wait of the loop. */
    void wakeup(Runnable how) {
        wakeup = how;
    }

    int runPosted() {
        int count = 0;
        for (Runnable task = posted.poll(); task != null; task = posted.poll()) {
            task.run();
            count++;
        }
        return count;
    }

    boolean hasPosted() {
        return !posted.isEmpty();
    }

    /** Adds to {@link #properties} what CONNACK or AUTH says of an enhanced authentication. */
    void describe(String method, byte[] data) {
        properties.add(Property.AUTHENTICATION_METHOD, method);
        if (data.length != 0) {
            properties.add(Property.AUTHENTICATION_DATA, data);
        }
    }

    /**
     * Puts into {@link #properties} what CONNACK tells a client that is accepted, in the order of Mosquitto.
     *
     * @param all whether also what it can do without
     */
    void describe(ClientTerms terms, long sessionExpirySeconds, boolean all) {
        properties.clear();
        if (terms.keepAliveOurs()) {
            properties.add(Property.SERVER_KEEP_ALIVE, terms.keepAliveSeconds());
        }
        if (all && terms.rules().topicAliasMax() != 0) {
            properties.add(Property.TOPIC_ALIAS_MAXIMUM, terms.rules().topicAliasMax());
        }
        if (terms.idAssigned()) {
            properties.add(Property.ASSIGNED_CLIENT_IDENTIFIER, terms.clientId());
        }
        if (sessionExpirySeconds != terms.sessionExpirySeconds()) {
            properties.add(Property.SESSION_EXPIRY_INTERVAL, sessionExpirySeconds);
        }
        if (!config.retainAvailable()) {
            properties.add(Property.RETAIN_AVAILABLE, 0);
        }
        if (config.packetBytesMax() < GatewayConfig.PACKET_BYTES_LIMIT) {
            properties.add(Property.MAXIMUM_PACKET_SIZE, config.packetBytesMax());
        }
        if (config.receiveMaximum() != 65_535) {
            properties.add(Property.RECEIVE_MAXIMUM, config.receiveMaximum());
        }
        if (terms.rules().qosMax() != 2) {
            properties.add(Property.MAXIMUM_QOS, terms.rules().qosMax());
        }
        if (all
                && terms.wantsResponseInformation()
                && !config.responseInformation().isEmpty()) {
            properties.add(Property.RESPONSE_INFORMATION, config.responseInformation());
        }
    }
}
