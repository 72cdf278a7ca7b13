package io.tally.protocol.gateway;

import io.tally.protocol.codec.Properties;
import io.tally.protocol.codec.ProtocolVersion;
import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.codec.SubscribeDecoder;
import io.tally.protocol.codec.UnsubscribeDecoder;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.SubscribeCommand;
import io.tally.protocol.topic.MountPoint;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;

/** Makes commands of SUBSCRIBE and UNSUBSCRIBE. One per I/O loop, owned by its thread. */
final class SubscriptionWriter {
    private static final int QOS_MASK = 3;

    /** With what a mount point may make filters longer than their packet; what is beyond is refused. */
    private static final int MOUNTED_BYTES_MAX = 1 << 15;

    private final int gateway;
    private final int filtersMax;
    private final int levelsMax;
    private final int userPropertiesMax;
    private final SubscribeDecoder subscribe = new SubscribeDecoder();
    private final UnsubscribeDecoder unsubscribe = new UnsubscribeDecoder();
    private final ExpandableArrayBuffer command = new ExpandableArrayBuffer();
    private int commandLength;

    /** By which the filters have become longer. */
    private int mountedBytes;

    /** For a filter that a mount point makes too long. */
    private ReasonCode tooLong = ReasonCode.QUOTA_EXCEEDED;

    private boolean isMountedTooMuch;

    SubscriptionWriter(GatewayConfig config, int gateway) {
        this.gateway = gateway;
        this.filtersMax = config.filtersPerPacketMax();
        this.levelsMax = config.topicLevelsMax();
        this.userPropertiesMax = config.userPropertiesMax();
    }

    /** Takes what follows the fixed header; anything but SUCCESS closes the connection. */
    ReasonCode subscribe(MqttConnection c, int flags, DirectBuffer b, int offset, int length) {
        ReasonCode reason = subscribe.wrap(c.version(), flags, b, offset, length);
        if (reason != ReasonCode.SUCCESS) {
            return reason;
        }
        if (isTooMuch(subscribe.filterCount(), subscribe.properties())) {
            return ReasonCode.QUOTA_EXCEEDED;
        }
        begin(CommandType.SUBSCRIBE, c.id);
        SubscribeCommand.write(command, 0, subscribe.packetId(), subscribe.filterCount(), subscribe.subscriptionId());
        while (subscribe.nextFilter()) {
            boolean deep = subscribe.levels() > levelsMax;
            int refusal = deep ? ReasonCode.TOPIC_FILTER_INVALID.code() : 0;
            filter(c.mountPoint(), options(c.qosMax()), refusal, b, subscribe.filterOffset(), subscribe.filterLength());
        }
        return ReasonCode.SUCCESS;
    }

    /** With the QoS that is granted at most. */
    private int options(int qosMax) {
        int options = subscribe.options();
        int qos = Math.min(options & QOS_MASK, qosMax);
        return (options & ~QOS_MASK) | qos;
    }

    /** As {@link #subscribe}. */
    ReasonCode unsubscribe(MqttConnection c, int flags, DirectBuffer b, int offset, int length) {
        ReasonCode reason = unsubscribe.wrap(c.version(), flags, b, offset, length);
        if (reason != ReasonCode.SUCCESS) {
            return reason;
        }
        if (isTooMuch(unsubscribe.filterCount(), unsubscribe.properties())) {
            return ReasonCode.QUOTA_EXCEEDED;
        }
        begin(CommandType.UNSUBSCRIBE, c.id);
        SubscribeCommand.write(command, 0, unsubscribe.packetId(), unsubscribe.filterCount(), 0);
        while (unsubscribe.nextFilter()) {
            filter(c.mountPoint(), 0, 0, b, unsubscribe.filterOffset(), unsubscribe.filterLength());
        }
        // Before 5.0 UNSUBACK cannot say that a subscription is there still.
        boolean isUntold = isMountedTooMuch && c.version() != ProtocolVersion.V5;
        return isUntold ? ReasonCode.QUOTA_EXCEEDED : ReasonCode.SUCCESS;
    }

    private boolean isTooMuch(int filters, Properties properties) {
        return filters > filtersMax || properties.userPropertyCount() > userPropertiesMax;
    }

    private void begin(int type, long connection) {
        CommandHeader.write(command, 0, type, CommandHeader.FLAG_REFUSABLE, gateway, connection);
        commandLength = SubscribeCommand.FIXED_LENGTH;
        mountedBytes = 0;
        isMountedTooMuch = false;
        // UNSUBACK has no Quota exceeded (3.11.3).
        tooLong = type == CommandType.SUBSCRIBE ? ReasonCode.QUOTA_EXCEEDED : ReasonCode.TOPIC_FILTER_INVALID;
    }

    private void filter(MountPoint mount, int options, int refusal, DirectBuffer b, int offset, int length) {
        int at = commandLength + SubscribeCommand.FILTER_FIXED_LENGTH;
        int written = length;
        int code = refusal;
        if (mount.isNone()) {
            command.putBytes(at, b, offset, length);
        } else {
            written = mount(mount, b, offset, length, at);
            code = written == 0 ? tooLong.code() : refusal;
        }
        SubscribeCommand.writeFilterFixed(command, commandLength, options, code, written);
        commandLength = at + written;
    }

    /** Answers the length; 0 when the filter, or all of the packet, would be too long. */
    private int mount(MountPoint mount, DirectBuffer b, int offset, int length, int at) {
        int written = mount.mountFilter(b, offset, length, command, at);
        if (written < 0) {
            return 0;
        }
        if (mountedBytes + written - length > MOUNTED_BYTES_MAX) {
            isMountedTooMuch = true;
            return 0;
        }
        mountedBytes += written - length;
        return written;
    }

    DirectBuffer command() {
        return command;
    }

    int commandLength() {
        return commandLength;
    }
}
