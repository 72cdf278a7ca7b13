package io.tally.engine;

import io.tally.engine.delivery.Entry;
import io.tally.engine.egress.EffectWriter;
import io.tally.engine.retained.RetainedMessage;
import io.tally.engine.session.Session;
import io.tally.engine.session.Subscription;
import io.tally.protocol.command.SubscribeCommand;
import io.tally.protocol.effect.EffectType;
import java.util.ArrayList;
import java.util.List;

/** SUBSCRIBE and UNSUBSCRIBE, and the retained messages that follow a SUBSCRIBE. Owned by the engine thread. */
final class Subscribes {
    private final BrokerState state;
    private final EffectWriter effects;
    private final Deliveries deliveries;

    Subscribes(BrokerState state, EffectWriter effects, Deliveries deliveries) {
        this.state = state;
        this.effects = effects;
        this.deliveries = deliveries;
    }

    void onSubscribe(Session session, SubscribeCommand command) {
        int[] reasonCodes = new int[command.filterCount()];
        List<Subscription> wantRetained = new ArrayList<>();
        for (int i = 0; command.nextFilter(); i++) {
            if (command.refusal() != 0) {
                reasonCodes[i] = command.refusal();
                continue;
            }
            Subscription subscription =
                    Subscription.of(session, command.filter(), command.options(), command.subscriptionId());
            boolean existed = state.subscribe(subscription);
            reasonCodes[i] = subscription.qos();
            if (wantsRetained(subscription, existed)) {
                wantRetained.add(subscription);
            }
        }
        effects.suback(session.gateway, session.connection, EffectType.SUBACK, command.packetId(), reasonCodes);
        for (Subscription subscription : wantRetained) {
            deliverRetained(subscription);
        }
    }

    /**
     * Shared subscriptions get no retained messages; otherwise as Retain Handling says [MQTT-3.3.1-9] to
     * [MQTT-3.3.1-11].
     */
    private static boolean wantsRetained(Subscription subscription, boolean existed) {
        if (subscription.shareName() != null) {
            return false;
        }
        int handling = subscription.retainHandling();
        return handling == 0 || (handling == 1 && !existed);
    }

    private void deliverRetained(Subscription subscription) {
        Session session = subscription.session();
        int id = subscription.subscriptionId();
        int[] ids = id == 0 ? new int[0] : new int[] {id};
        for (RetainedMessage message : state.retained.matching(subscription.filter())) {
            if (message.isExpired(state.timeMs)) {
                state.forgetRetained(message.topic());
                continue;
            }
            int qos = Math.min(message.qos(), subscription.qos());
            if (qos == 0) {
                deliveries.deliverKeptNow(session, message.position(), true, ids);
            } else {
                int meta = Entry.of(qos, true, true, session.queue.ids().indexOf(ids));
                deliveries.enqueue(session, message.position(), message.size(), meta);
            }
        }
    }

    void onUnsubscribe(Session session, SubscribeCommand command) {
        int[] reasonCodes = new int[command.filterCount()];
        for (int i = 0; command.nextFilter(); i++) {
            if (command.refusal() != 0) {
                reasonCodes[i] = command.refusal();
            } else if (!state.unsubscribe(session, command.filter())) {
                reasonCodes[i] = ReasonCodes.NO_SUBSCRIPTION_EXISTED;
            }
        }
        effects.suback(session.gateway, session.connection, EffectType.UNSUBACK, command.packetId(), reasonCodes);
    }
}
