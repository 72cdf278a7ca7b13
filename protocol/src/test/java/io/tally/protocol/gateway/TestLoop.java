package io.tally.protocol.gateway;

import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.DisconnectedCommand;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.command.SubscribeCommand;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;

/** An I/O loop without sockets: real rings, clocks that the test sets, connections on {@link MemoryOutput}s. */
final class TestLoop {
    final ManyToOneRingBuffer commands;
    final OneToOneRingBuffer effects = new OneToOneRingBuffer(new ReusedAtOnce(1 << 18));
    final ScriptedEngine engine;
    final LoopContext context;
    private final EffectDispatcher dispatcher;
    private long nowMs = 1_000_000;
    private long connections;

    TestLoop(GatewayConfig config) {
        this(config, 1 << 20);
    }

    TestLoop(GatewayConfig config, int commandRingBytes) {
        commands = new ManyToOneRingBuffer(ring(commandRingBytes));
        engine = new ScriptedEngine(commands, List.of(effects));
        LoopPorts ports = new LoopPorts(
                0, commands, effects, () -> {}, engine, () -> nowMs, () -> nowMs * 1_000_000, GatewayEvents.NONE);
        context = new LoopContext(config, ports);
        dispatcher = new EffectDispatcher(context);
        engine.timeMs(nowMs);
    }

    private static UnsafeBuffer ring(int capacity) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(capacity + RingBufferDescriptor.TRAILER_LENGTH));
    }

    /** A ring's memory in which the writer has written over what was read when the read ends, as it may. */
    private static final class ReusedAtOnce extends UnsafeBuffer {
        private final int ringBytes;

        ReusedAtOnce(int ringBytes) {
            super(ByteBuffer.allocateDirect(ringBytes + RingBufferDescriptor.TRAILER_LENGTH));
            this.ringBytes = ringBytes;
        }

        @Override
        public void putLongRelease(int index, long value) {
            if (index == ringBytes + RingBufferDescriptor.HEAD_POSITION_OFFSET) {
                for (long read = getLong(index); read < value; read++) {
                    putByte((int) (read & (ringBytes - 1)), (byte) 0xA5);
                }
            }
            super.putLongRelease(index, value);
        }
    }

    MqttConnection open(MemoryOutput output) {
        return new MqttConnection(context, ++connections, output);
    }

    /** What an I/O loop does in an iteration, sockets left out. */
    void iterate() {
        context.expireTime();
        context.runPosted();
        context.retryWaiting();
        context.goOn();
        dispatcher.poll(Integer.MAX_VALUE);
        context.timers.poll(context.nowNs());
        context.flushDirty();
    }

    /** Lets gateway and engine go on until neither has work. */
    void settle() {
        do {
            iterate();
        } while (engine.poll() > 0 || context.hasWork() || context.hasPosted());
        iterate();
    }

    void advanceMs(long ms) {
        nowMs += ms;
        context.expireTime();
    }

    void receive(MqttConnection connection, byte[] bytes) {
        connection.onBytes(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    /** Commands in the ring, removed from it, each in words. */
    List<String> takeCommands() {
        List<String> words = new ArrayList<>();
        while (commands.size() > 0) {
            commands.read((type, b, offset, length) -> words.add(words(b, offset)));
        }
        return words;
    }

    /** Leaves no room for anything in the command ring; returns how many fillers it took. */
    int fillCommandRing() {
        int count = 0;
        ExpandableArrayBuffer filler = new ExpandableArrayBuffer();
        CommandHeader.write(filler, 0, CommandType.TICK, 0, 0, 0);
        for (int length = 64; length >= CommandHeader.LENGTH; length /= 2) {
            while (commands.write(1, filler, 0, length)) {
                count++;
            }
        }
        return count;
    }

    /** Removes the fillers from the front of the command ring. */
    void emptyCommandRing() {
        while (commands.size() > 0) {
            commands.read((type, b, offset, length) -> {});
        }
    }

    private static String words(MutableDirectBuffer b, int offset) {
        String flags = switch (CommandHeader.flags(b, offset) & ~CommandHeader.FLAG_REFUSAL_CLOSES) {
            case CommandHeader.FLAG_BYPASS -> " bypass";
            case CommandHeader.FLAG_BYPASS | CommandHeader.FLAG_DENIED -> " denied";
            case CommandHeader.FLAG_REFUSABLE -> " refusable";
            default -> "";
        };
        long id = CommandHeader.connection(b, offset);
        return switch (CommandHeader.type(b, offset)) {
            case CommandType.CONNECT -> "CONNECT " + id + flags;
            case CommandType.DISCONNECTED -> disconnected(id, b, offset);
            case CommandType.PUBLISH -> publish(id, b, offset, flags);
            case CommandType.ACKS -> acks(id, b, offset) + flags;
            case CommandType.SUBSCRIBE -> "SUBSCRIBE " + id + filters(b, offset) + flags;
            case CommandType.UNSUBSCRIBE -> "UNSUBSCRIBE " + id + filters(b, offset) + flags;
            case CommandType.TICK -> "filler";
            default -> throw new IllegalStateException("command type " + CommandHeader.type(b, offset));
        };
    }

    private static String disconnected(long id, MutableDirectBuffer b, int offset) {
        return "DISCONNECTED " + id + (DisconnectedCommand.will(b, offset) ? " will" : "")
                + " last " + DisconnectedCommand.lastSentPacketId(b, offset)
                + (DisconnectedCommand.hasExpiry(b, offset)
                        ? " expiry " + DisconnectedCommand.expirySeconds(b, offset)
                        : "");
    }

    private static String publish(long id, MutableDirectBuffer b, int offset, String flags) {
        PublishCommand p = new PublishCommand().wrap(b, offset);
        if (flags.equals(" denied")) {
            return "PUBLISH " + id + " q" + p.qos() + " #" + p.packetId() + " denied "
                    + Integer.toHexString(b.getByte(p.payloadOffset()) & 0xFF);
        }
        return "PUBLISH " + id + " q" + p.qos() + (p.retain() ? "r" : "") + (p.dup() ? "d" : "") + " #" + p.packetId()
                + " " + b.getStringWithoutLengthUtf8(p.topicOffset(), p.topicLength())
                + "=" + b.getStringWithoutLengthUtf8(p.payloadOffset(), p.payloadLength()) + flags;
    }

    private static String acks(long id, MutableDirectBuffer b, int offset) {
        StringBuilder words = new StringBuilder("ACKS " + id);
        for (int i = 0; i < AcksCommand.count(b, offset); i++) {
            words.append(' ').append(AcksCommand.kind(b, offset, i));
            words.append('#').append(AcksCommand.packetId(b, offset, i));
            int code = AcksCommand.reasonCode(b, offset, i);
            words.append(code == 0 ? "" : "!" + code);
        }
        return words.toString();
    }

    private static String filters(MutableDirectBuffer b, int offset) {
        SubscribeCommand command = new SubscribeCommand().wrap(b, offset);
        StringBuilder words = new StringBuilder(" #" + command.packetId());
        while (command.nextFilter()) {
            words.append(' ').append(command.filter()).append(':').append(command.options());
            words.append(command.refusal() == 0 ? "" : "!" + command.refusal());
        }
        return words.toString();
    }
}
