package io.tally.ops.cli;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.datatypes.MqttTopicFilter;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.message.auth.Mqtt3SimpleAuth;
import com.hivemq.client.mqtt.mqtt3.message.auth.Mqtt3SimpleAuthBuilder;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3Connect;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3ConnectBuilder;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3ConnectRestrictions;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscribe;
import com.hivemq.client.mqtt.mqtt3.message.subscribe.Mqtt3Subscription;
import com.hivemq.client.mqtt.mqtt3.message.unsubscribe.Mqtt3Unsubscribe;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** MQTT 3.1.1. */
final class V311Client implements ToolClient {
    private final Mqtt3AsyncClient client;
    private final ConnectFlags flags;

    V311Client(Mqtt3AsyncClient client, ConnectFlags flags) {
        this.client = client;
        this.flags = flags;
    }

    @Override
    public void onArrival(Consumer<Arrival> consumer) {
        client.publishes(MqttGlobalPublishFilter.ALL, publish -> consumer.accept(new V311Arrival(publish)), true);
    }

    private record V311Arrival(Mqtt3Publish publish) implements Arrival {
        @Override
        public String topic() {
            return publish.getTopic().toString();
        }

        @Override
        public byte[] payload() {
            return publish.getPayloadAsBytes();
        }

        @Override
        public boolean isRetained() {
            return publish.isRetain();
        }

        @Override
        public void acknowledge() {
            publish.acknowledge();
        }
    }

    @Override
    public void connect() throws ToolFailure {
        try {
            client.connect(connectPacket()).join();
        } catch (CompletionException e) {
            throw Failures.of(e, flags);
        }
    }

    private Mqtt3Connect connectPacket() {
        Mqtt3ConnectBuilder builder = Mqtt3Connect.builder()
                .keepAlive(flags.keepAliveSeconds())
                .cleanSession(!flags.sessionKept())
                .restrictions(Mqtt3ConnectRestrictions.builder()
                        .sendMaximum(flags.inFlightMax())
                        .build());
        String userName = flags.userName();
        if (userName != null) {
            Mqtt3SimpleAuthBuilder.Complete auth = Mqtt3SimpleAuth.builder().username(userName);
            String password = flags.password();
            builder = builder.simpleAuth(
                    password == null
                            ? auth.build()
                            : auth.password(password.getBytes(StandardCharsets.UTF_8))
                                    .build());
        }
        String willTopic = flags.willTopic();
        if (willTopic != null) {
            builder = builder.willPublish(Mqtt3Publish.builder()
                    .topic(willTopic)
                    .payload(flags.willPayload().getBytes(StandardCharsets.UTF_8))
                    .qos(qos(flags.willQos()))
                    .retain(flags.willRetain())
                    .build());
        }
        return builder.build();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the callback gets every outcome
    public void publish(
            String topic, byte[] payload, int qos, boolean isRetained, Consumer<@Nullable ToolFailure> done) {
        Mqtt3Publish packet = Mqtt3Publish.builder()
                .topic(topic)
                .payload(payload)
                .qos(qos(qos))
                .retain(isRetained)
                .build();
        client.publish(packet).whenComplete((result, e) -> done.accept(e == null ? null : Failures.of(e, flags)));
    }

    @Override
    public void subscribe(Subscription subscription) throws ToolFailure {
        Mqtt3Subscribe packet = Mqtt3Subscribe.builder()
                .addSubscriptions(subscription.filters().stream()
                        .map(filter -> Mqtt3Subscription.builder()
                                .topicFilter(filter)
                                .qos(qos(subscription.qos()))
                                .build())
                        .toList())
                .build();
        try {
            client.subscribe(packet).join();
        } catch (CompletionException e) {
            throw Failures.of(e, flags);
        }
    }

    @Override
    public void unsubscribe(List<String> filters) throws ToolFailure {
        Mqtt3Unsubscribe packet = Mqtt3Unsubscribe.builder()
                .addTopicFilters(filters.stream().map(MqttTopicFilter::of))
                .build();
        try {
            client.unsubscribe(packet).join();
        } catch (CompletionException e) {
            throw Failures.of(e, flags);
        }
    }

    @Override
    public void disconnect() {
        client.disconnect().exceptionally(e -> null).join();
    }

    private static MqttQos qos(int level) {
        MqttQos qos = MqttQos.fromCode(level);
        return qos == null ? MqttQos.AT_MOST_ONCE : qos;
    }
}
