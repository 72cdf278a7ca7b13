package io.tally.ops.system;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.MqttClientState;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectBuilder;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** HiveMQ's client in MQTT 5.0. */
final class HiveMq5Client implements RealClient {
    private final Mqtt5BlockingClient client;
    private final Mqtt5BlockingClient.Mqtt5Publishes publishes;

    HiveMq5Client(Route route, String clientId) {
        client = builder(route).useMqttVersion5().identifier(clientId).buildBlocking();
        publishes = client.publishes(MqttGlobalPublishFilter.ALL);
    }

    /** Without version and client id. */
    static MqttClientBuilder builder(Route route) {
        MqttClientBuilder builder = MqttClient.builder().serverHost("127.0.0.1").serverPort(route.port());
        if (route.isWebSocket()) {
            builder = builder.webSocketWithDefaultConfig();
        }
        ClientTls tls = route.tls();
        if (tls == null) {
            return builder;
        }
        return builder.sslConfig()
                .trustManagerFactory(tls.trust())
                .keyManagerFactory(tls.key())
                .applySslConfig();
    }

    @Override
    public void connect(boolean persistent, @Nullable Will will) {
        Mqtt5ConnectBuilder connect =
                Mqtt5Connect.builder().cleanStart(!persistent).sessionExpiryInterval(persistent ? 3_600 : 0);
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
            Mqtt5Publish p = publishes
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

    private static Delivery delivery(Mqtt5Publish p) {
        String payload = new String(p.getPayloadAsBytes(), StandardCharsets.UTF_8);
        return new Delivery(p.getTopic().toString(), payload, p.getQos().getCode(), p.isRetain());
    }

    private static MqttQos qos(int code) {
        return Objects.requireNonNull(MqttQos.fromCode(code));
    }
}
