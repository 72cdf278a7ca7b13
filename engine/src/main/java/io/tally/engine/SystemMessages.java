package io.tally.engine;

import io.tally.engine.egress.EffectWriter;
import io.tally.engine.retained.RetainedMessage;
import io.tally.engine.retained.RetainedMessages;
import io.tally.engine.retained.RetainedScan;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.protocol.command.PublishCommand;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The last message of each topic below {@code $SYS}. They are this node's own: QoS 0, no part of the state, gone with
 * the process. Owned by the engine thread.
 */
final class SystemMessages {
    private static final String ROOT = "$SYS/";

    /** What one SUBSCRIBE may cost the others, in messages. */
    private static final int FOUND_MAX = 256;

    private final EffectWriter effects;
    private final Deliveries deliveries;
    private final RetainedMessages index = new RetainedMessages(0);
    private final RetainedScan scan = new RetainedScan(index);

    /** By {@link RetainedMessage#position}. */
    private final List<SystemMessage> messages = new ArrayList<>();

    private record SystemMessage(long timeMs, UnsafeBuffer command) {}

    SystemMessages(EffectWriter effects, Deliveries deliveries) {
        this.effects = effects;
        this.deliveries = deliveries;
    }

    void put(PublishCommand message, long timeMs) {
        String topic = message.topic();
        RetainedMessage old = index.get(topic);
        int slot = old == null ? messages.size() : (int) old.position();
        UnsafeBuffer copy = new UnsafeBuffer(new byte[message.length()]);
        copy.putBytes(0, message.buffer(), message.offset(), message.length());
        if (old == null) {
            messages.add(new SystemMessage(timeMs, copy));
        } else {
            messages.set(slot, new SystemMessage(timeMs, copy));
        }
        index.restore(new RetainedMessage(topic, slot, 0, RetainedMessage.NEVER, message.length(), 0));
    }

    /** Those that match new subscriptions, with RETAIN; of too many some come with their next change only. */
    void deliver(Collection<Subscription> subscriptions) {
        int left = FOUND_MAX;
        for (Subscription subscription : subscriptions) {
            if (left > 0 && subscription.fullFilter().startsWith(ROOT)) {
                left -= deliver(subscription, left);
            }
        }
    }

    private int deliver(Subscription subscription, int foundMax) {
        Session session = subscription.session();
        if (!effects.isOn() || !session.isConnected()) {
            return 0;
        }
        int id = subscription.subscriptionId();
        int[] ids = id == 0 ? new int[0] : new int[] {id};
        scan.begin(Integer.MAX_VALUE, Long.MAX_VALUE);
        scan.next(subscription.fullFilter(), RetainedScan.START, foundMax);
        for (RetainedMessage found : scan.found()) {
            SystemMessage message = messages.get((int) found.position());
            UnsafeBuffer command = message.command;
            effects.nextBody();
            effects.body(session.gateway, message.timeMs, command, 0, command.capacity());
            deliveries.deliverNow(session, 0, true, ids);
        }
        effects.nextBody();
        return scan.found().size();
    }
}
