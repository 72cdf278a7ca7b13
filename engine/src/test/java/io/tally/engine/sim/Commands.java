package io.tally.engine.sim;

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
import java.util.List;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes the commands that a gateway makes of packets. */
final class Commands {
    private final int gateway;

    Commands(int gateway) {
        this.gateway = gateway;
    }

    static byte[] restarted(Limits limits) {
        byte[] command = new byte[RestartedCommand.LENGTH];
        RestartedCommand.write(new UnsafeBuffer(command), 0, limits);
        return command;
    }

    static byte[] clean(int file, int entriesMax) {
        byte[] command = new byte[CleanCommand.LENGTH];
        CleanCommand.write(new UnsafeBuffer(command), 0, file, entriesMax);
        return command;
    }

    byte[] connect(long connection, Packet.Connect packet) {
        ConnectOptions options = packet.options();
        byte[] clientId = utf8(packet.clientId());
        ConnectOptions.Will will = options.will();
        byte[] willCommand = will == null ? new byte[0] : will(connection, will, options.version());
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        CommandHeader.write(b, 0, CommandType.CONNECT, CommandHeader.FLAG_REFUSABLE, gateway, connection);
        int flags = (options.cleanStart() ? ConnectCommand.FLAG_CLEAN_START : 0)
                | (options.isVolatile() ? ConnectCommand.FLAG_VOLATILE : 0);
        ConnectCommand.writeFixed(
                b, 0, flags, options.version(), options.receiveMaximum(), options.sessionExpirySeconds());
        long delay = will == null ? 0 : will.delaySeconds();
        ConnectCommand.writeLengths(b, 0, delay, clientId.length, 0, willCommand.length);
        b.putBytes(ConnectCommand.FIXED_LENGTH, clientId);
        int end = ConnectCommand.FIXED_LENGTH + clientId.length;
        if (will != null) {
            int start = ConnectCommand.willStart(clientId.length, 0);
            b.putBytes(start, willCommand);
            end = start + willCommand.length;
        }
        return SimulatedJournal.copy(b, 0, end);
    }

    private byte[] will(long connection, ConnectOptions.Will will, int version) {
        var publish =
                Packet.Publish.toBroker(will.topic(), will.payload(), will.qos(), will.retain(), will.expirySeconds());
        return publish(connection, publish, version, 0);
    }

    byte[] publish(long connection, Packet.Publish packet, int version, boolean journalsQos0) {
        boolean bypasses = packet.qos() == 0 && !packet.retain() && !journalsQos0;
        int flags = bypasses ? CommandHeader.FLAG_BYPASS : CommandHeader.FLAG_REFUSABLE;
        return publish(connection, packet, version, flags);
    }

    private byte[] publish(long connection, Packet.Publish packet, int version, int headerFlags) {
        byte[] topic = utf8(packet.topic());
        byte[] payload = utf8(packet.payload());
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        CommandHeader.write(b, 0, CommandType.PUBLISH, headerFlags, gateway, connection);
        boolean expires = packet.expirySeconds() != Packet.NONE;
        int flags = packet.qos()
                | (packet.retain() ? PublishCommand.FLAG_RETAIN : 0)
                | (packet.dup() ? PublishCommand.FLAG_DUP : 0)
                | (expires ? PublishCommand.FLAG_EXPIRES : 0);
        PublishCommand.writeFixed(b, 0, flags, version, packet.packetId(), expires ? packet.expirySeconds() : 0);
        PublishCommand.writeLengths(b, 0, topic.length, 0, payload.length);
        b.putBytes(PublishCommand.FIXED_LENGTH, topic);
        b.putBytes(PublishCommand.FIXED_LENGTH + topic.length, payload);
        return SimulatedJournal.copy(b, 0, PublishCommand.FIXED_LENGTH + topic.length + payload.length);
    }

    /** One entry of an ACKS command. */
    record AckEntry(int kind, int packetId, int reasonCode) {}

    byte[] acks(long connection, List<AckEntry> entries, int flags) {
        byte[] command = new byte[AcksCommand.length(entries.size())];
        UnsafeBuffer b = new UnsafeBuffer(command);
        CommandHeader.write(b, 0, CommandType.ACKS, flags, gateway, connection);
        AcksCommand.count(b, 0, entries.size());
        for (int i = 0; i < entries.size(); i++) {
            AckEntry e = entries.get(i);
            AcksCommand.entry(b, 0, i, e.kind, e.reasonCode, e.packetId);
        }
        return command;
    }

    byte[] subscribe(long connection, Packet.Subscribe packet) {
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        CommandHeader.write(b, 0, CommandType.SUBSCRIBE, CommandHeader.FLAG_REFUSABLE, gateway, connection);
        List<Filter> filters = packet.filters();
        SubscribeCommand.write(
                b, 0, packet.packetId(), filters.size(), filters.get(0).subscriptionId());
        int at = SubscribeCommand.FIXED_LENGTH;
        for (Filter filter : filters) {
            at = filter(b, at, filter.filter(), filter.options());
        }
        return SimulatedJournal.copy(b, 0, at);
    }

    byte[] unsubscribe(long connection, Packet.Unsubscribe packet) {
        ExpandableArrayBuffer b = new ExpandableArrayBuffer();
        CommandHeader.write(b, 0, CommandType.UNSUBSCRIBE, CommandHeader.FLAG_REFUSABLE, gateway, connection);
        SubscribeCommand.write(b, 0, packet.packetId(), packet.filters().size(), 0);
        int at = SubscribeCommand.FIXED_LENGTH;
        for (String filter : packet.filters()) {
            at = filter(b, at, filter, 0);
        }
        return SimulatedJournal.copy(b, 0, at);
    }

    private static int filter(ExpandableArrayBuffer b, int at, String filter, int options) {
        byte[] bytes = utf8(filter);
        SubscribeCommand.writeFilterFixed(b, at, options, 0, bytes.length);
        b.putBytes(at + SubscribeCommand.FILTER_FIXED_LENGTH, bytes);
        return at + SubscribeCommand.FILTER_FIXED_LENGTH + bytes.length;
    }

    byte[] disconnected(long connection, boolean will, long expirySeconds, int lastSentPacketId) {
        byte[] command = new byte[DisconnectedCommand.LENGTH];
        UnsafeBuffer b = new UnsafeBuffer(command);
        CommandHeader.write(b, 0, CommandType.DISCONNECTED, 0, gateway, connection);
        boolean hasExpiry = expirySeconds != Packet.NONE;
        int flags = (will ? DisconnectedCommand.FLAG_WILL : 0) | (hasExpiry ? DisconnectedCommand.FLAG_EXPIRY : 0);
        DisconnectedCommand.write(b, 0, flags, lastSentPacketId, hasExpiry ? expirySeconds : 0);
        return command;
    }

    private static byte[] utf8(String s) {
        return s.getBytes(StandardCharsets.UTF_8);
    }
}
