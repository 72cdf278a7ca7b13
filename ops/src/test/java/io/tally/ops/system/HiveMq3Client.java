package io.tally.ops.system;

import com.hivemq.client.mqtt.MqttClientState;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3Connect;
import com.hivemq.client.mqtt.mqtt3.message.connect.Mqtt3ConnectBuilder;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** HiveMQ's client in MQTT 3.1.1. */
final class HiveMq3Client implements RealClient {
    private final Mqtt3BlockingClient client;
    private final Mqtt3BlockingClient.Mqtt3Publishes publishes;

    HiveMq3Client(Route route, String clientId) {
        client = HiveMq5Client.builder(route)
                .useMqttVersion3()
                .identifier(clientId)
                .buildBlocking();
        publishes = client.publishes(MqttGlobalPublishFilter.ALL);
    }

    @Override
    public void connect(boolean persistent, @Nullable Will will) {
        Mqtt3ConnectBuilder connect = Mqtt3Connect.builder().cleanSession(!persistent);
        if (will != null) {
            connect = connect.willPublish()
                    .topic(will.topic())
                    .payload(will.payload().getBytes(StandardCharsets.UTF_8))
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .applyWillPublish();
        }
        client.connect(connect.build());
    }

    @Override
    public void subscribe(String filter, int qos) {
        client.subscribeWith().topicFilter(filter).qos(qos(qos)).send();
    }

    @Override
    public void publish(String topic, String payload, int qos, boolean retain) {
        client.publishWith()
                .topic(topic)
                .qos(qos(qos))
                .retain(retain)
                .payload(payload.getBytes(StandardCharsets.UTF_8))
                .send();
    }

    @Override
    public @Nullable Delivery receive(Duration patience) throws IOException {
        try {
            Mqtt3Publish p = publishes
                    .receive(patience.toMillis(), TimeUnit.MILLISECONDS)
                    .orElse(null);
            return p == null ? null : delivery(p);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void disconnect() {
        client.disconnect();
    }

    @Override
    public void close() {
        if (client.getState() == MqttClientState.CONNECTED) {
            client.disconnect();
        }
        publishes.close();
    }

    private static Delivery delivery(Mqtt3Publish p) {
        String payload = new String(p.getPayloadAsBytes(), StandardCharsets.UTF_8);
        return new Delivery(p.getTopic().toString(), payload, p.getQos().getCode(), p.isRetain());
    }

    private static MqttQos qos(int code) {
        return Objects.requireNonNull(MqttQos.fromCode(code));
    }
}
