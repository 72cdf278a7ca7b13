package io.tally.perf.jmh;

import io.tally.protocol.command.AcksCommand;
import io.tally.protocol.command.CleanCommand;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.ConnectCommand;
import io.tally.protocol.command.DisconnectedCommand;
import io.tally.protocol.command.Limits;
import io.tally.protocol.command.PublishCommand;
import io.tally.protocol.command.RestartedCommand;
import io.tally.protocol.command.SubscribeCommand;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Commands as a gateway writes them. */
public final class Commands {
    private static final int RECEIVE_MAXIMUM = 65_535;
    private static final int VERSION = 4;

    private Commands() {}

    public static UnsafeBuffer restarted() {
        UnsafeBuffer command = new UnsafeBuffer(new byte[RestartedCommand.LENGTH]);
        RestartedCommand.write(command, 0, Limits.NONE);
        return command;
    }

    /** Of a session that lasts. */
    public static UnsafeBuffer connectLasting(long connection, String clientId) {
        return connect(connection, clientId, 0, ConnectCommand.EXPIRY_NEVER);
    }

    /** Of a session that lasts, and ends the one of before. */
    public static UnsafeBuffer connectAfresh(long connection, String clientId) {
        return connect(connection, clientId, ConnectCommand.FLAG_CLEAN_START, ConnectCommand.EXPIRY_NEVER);
    }

    /** Of a session that ends with its connection. */
    public static UnsafeBuffer connect(long connection, String clientId) {
        return connect(connection, clientId, ConnectCommand.FLAG_CLEAN_START | ConnectCommand.FLAG_VOLATILE, 0);
    }

    private static UnsafeBuffer connect(long connection, String clientId, int flags, long expirySeconds) {
        byte[] id = utf8(clientId);
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        CommandHeader.write(b, 0, CommandType.CONNECT, 0, 0, connection);
        ConnectCommand.writeFixed(b, 0, flags, VERSION, RECEIVE_MAXIMUM, expirySeconds);
        ConnectCommand.writeLengths(b, 0, 0, id.length, 0, 0);
        b.putBytes(ConnectCommand.FIXED_LENGTH, id);
        return cut(b, ConnectCommand.FIXED_LENGTH + id.length);
    }

    public static UnsafeBuffer disconnected(long connection) {
        UnsafeBuffer command = new UnsafeBuffer(new byte[DisconnectedCommand.LENGTH]);
        CommandHeader.write(command, 0, CommandType.DISCONNECTED, 0, 0, connection);
        return command;
    }

    public static UnsafeBuffer tick() {
        UnsafeBuffer command = new UnsafeBuffer(new byte[CommandHeader.LENGTH]);
        CommandHeader.write(command, 0, CommandType.TICK, 0, 0, 0);
        return command;
    }

    public static UnsafeBuffer clean(int file, int entriesMax) {
        UnsafeBuffer command = new UnsafeBuffer(new byte[CleanCommand.LENGTH]);
        CleanCommand.write(command, 0, file, entriesMax);
        return command;
    }

    public static UnsafeBuffer unsubscribe(long connection, String filter) {
        UnsafeBuffer command = subscribe(connection, filter, 0);
        CommandHeader.write(command, 0, CommandType.UNSUBSCRIBE, 0, 0, connection);
        return command;
    }

    public static UnsafeBuffer subscribe(long connection, String filter, int qos) {
        byte[] bytes = utf8(filter);
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        CommandHeader.write(b, 0, CommandType.SUBSCRIBE, 0, 0, connection);
        SubscribeCommand.write(b, 0, 1, 1, 0);
        int at = SubscribeCommand.FIXED_LENGTH;
        SubscribeCommand.writeFilterFixed(b, at, qos, 0, bytes.length);
        at += SubscribeCommand.FILTER_FIXED_LENGTH;
        b.putBytes(at, bytes);
        return cut(b, at + bytes.length);
    }

    /** With a payload of zeros. */
    public static UnsafeBuffer publish(long connection, String topic, int qos, int payloadBytes) {
        byte[] bytes = utf8(topic);
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        CommandHeader.write(b, 0, CommandType.PUBLISH, CommandHeader.FLAG_REFUSABLE, 0, connection);
        PublishCommand.writeFixed(b, 0, qos, VERSION, qos == 0 ? 0 : 1, 0);
        PublishCommand.writeLengths(b, 0, bytes.length, 0, payloadBytes);
        b.putBytes(PublishCommand.FIXED_LENGTH, bytes);
        return cut(b, PublishCommand.FIXED_LENGTH + bytes.length + payloadBytes);
    }

    /** The next packet id for a PUBLISH with QoS above 0. */
    public static void packetId(UnsafeBuffer publish, int qos, int packetId) {
        PublishCommand.writeFixed(publish, 0, qos, VERSION, packetId, 0);
    }

    /** To be retained, at QoS 1. */
    public static UnsafeBuffer retained(long connection, String topic, int payloadBytes) {
        UnsafeBuffer command = publish(connection, topic, 1, payloadBytes);
        PublishCommand.writeFixed(command, 0, 1 | PublishCommand.FLAG_RETAIN, VERSION, 1, 0);
        return command;
    }

    /** PUBACKs of a session that ends with its connection; the packet ids are the caller's to write. */
    public static UnsafeBuffer pubacks(long connection, int count) {
        return acks(connection, count, CommandHeader.FLAG_BYPASS);
    }

    /** Acknowledgements of a session that lasts; the entries are the caller's to write. */
    public static UnsafeBuffer acks(long connection, int count) {
        return acks(connection, count, 0);
    }

    private static UnsafeBuffer acks(long connection, int count, int flags) {
        UnsafeBuffer command = new UnsafeBuffer(new byte[AcksCommand.length(count)]);
        CommandHeader.write(command, 0, CommandType.ACKS, flags, 0, connection);
        AcksCommand.count(command, 0, count);
        return command;
    }

    private static UnsafeBuffer cut(ExpandableArrayBuffer b, int length) {
        return new UnsafeBuffer(Arrays.copyOf(b.byteArray(), length));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
