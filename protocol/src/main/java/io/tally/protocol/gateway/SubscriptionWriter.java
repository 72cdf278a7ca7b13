package io.tally.protocol.gateway;

import io.tally.protocol.codec.ReasonCode;
import io.tally.protocol.codec.SubscribeDecoder;
import io.tally.protocol.codec.UnsubscribeDecoder;
import io.tally.protocol.command.CommandHeader;
import io.tally.protocol.command.CommandType;
import io.tally.protocol.command.SubscribeCommand;
import io.tally.protocol.topic.TopicFilters;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;

/** Makes commands of SUBSCRIBE and UNSUBSCRIBE. One per I/O loop, owned by its thread. */
final class SubscriptionWriter {
    private final int gateway;
    private final int filtersMax;
    private final SubscribeDecoder subscribe = new SubscribeDecoder();
    private final UnsubscribeDecoder unsubscribe = new UnsubscribeDecoder();
    private final ExpandableArrayBuffer command = new ExpandableArrayBuffer();
    private int commandLength;

    SubscriptionWriter(GatewayConfig config, int gateway) {
        this.gateway = gateway;
        this.filtersMax = config.filtersPerPacketMax();
    }

    /** Takes what follows the fixed header; anything but SUCCESS closes the connection. */
    ReasonCode subscribe(long connection, int version, int flags, DirectBuffer b, int offset, int length) {
        ReasonCode reason = subscribe.wrap(version, flags, b, offset, length);
        if (reason != ReasonCode.SUCCESS || subscribe.filterCount() > filtersMax) {
            return reason == ReasonCode.SUCCESS ? ReasonCode.QUOTA_EXCEEDED : reason;
        }
        begin(CommandType.SUBSCRIBE, connection);
        SubscribeCommand.write(command, 0, subscribe.packetId(), subscribe.filterCount(), subscribe.subscriptionId());
        while (subscribe.nextFilter()) {
            boolean deep = subscribe.levels() > TopicFilters.LEVELS_MAX_DEFAULT;
            int refusal = deep ? ReasonCode.TOPIC_FILTER_INVALID.code() : 0;
            filter(subscribe.options(), refusal, b, subscribe.filterOffset(), subscribe.filterLength());
        }
        return ReasonCode.SUCCESS;
    }

    /** As {@link #subscribe}. */
    ReasonCode unsubscribe(long connection, int version, int flags, DirectBuffer b, int offset, int length) {
        ReasonCode reason = unsubscribe.wrap(version, flags, b, offset, length);
        if (reason != ReasonCode.SUCCESS || unsubscribe.filterCount() > filtersMax) {
            return reason == ReasonCode.SUCCESS ? ReasonCode.QUOTA_EXCEEDED : reason;
        }
        begin(CommandType.UNSUBSCRIBE, connection);
        SubscribeCommand.write(command, 0, unsubscribe.packetId(), unsubscribe.filterCount(), 0);
        while (unsubscribe.nextFilter()) {
            filter(0, 0, b, unsubscribe.filterOffset(), unsubscribe.filterLength());
        }
        return ReasonCode.SUCCESS;
    }

    private void begin(int type, long connection) {
        CommandHeader.write(command, 0, type, 0, gateway, connection);
        commandLength = SubscribeCommand.FIXED_LENGTH;
    }

    private void filter(int options, int refusal, DirectBuffer b, int offset, int length) {
        SubscribeCommand.writeFilterFixed(command, commandLength, options, refusal, length);
        command.putBytes(commandLength + SubscribeCommand.FILTER_FIXED_LENGTH, b, offset, length);
        commandLength += SubscribeCommand.FILTER_FIXED_LENGTH + length;
    }

    DirectBuffer command() {
        return command;
    }

    int commandLength() {
        return commandLength;
    }
}
