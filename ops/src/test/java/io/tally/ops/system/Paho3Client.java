package io.tally.ops.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.jspecify.annotations.Nullable;

/** Eclipse Paho's client of MQTT 3.1.1. */
final class Paho3Client implements RealClient, MqttCallback {
    private final MqttClient client;
    private final Route route;
    private final BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();

    Paho3Client(Route route, String clientId) throws IOException {
        this.route = route;
        try {
            client = new MqttClient(route.uri(), clientId, new MemoryPersistence());
            client.setTimeToWait(10_000);
            client.setCallback(this);
        } catch (MqttException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void connect(boolean persistent, @Nullable Will will) throws IOException {
        MqttConnectOptions options = new MqttConnectOptions();
        options.setMqttVersion(MqttConnectOptions.MQTT_VERSION_3_1_1);
        // publish() returns before a thread of the library's own has given the place back: with its default of 10
        // places it refuses the next message wherever that thread waits for a core (with 1 it does so at once).
        options.setMaxInflight(1_000);
        options.setCleanSession(!persistent);
        if (will != null) {
            options.setWill(will.topic(), will.payload().getBytes(StandardCharsets.UTF_8), 1, false);
        }
        if (route.tls() != null) {
            options.setSocketFactory(route.tls().socketFactory());
        }
        call(() -> client.connect(options));
    }

    @Override
    public void subscribe(String filter, int qos) throws IOException {
        call(() -> client.subscribe(filter, qos));
    }

    @Override
    public void publish(String topic, String payload, int qos, boolean retain) throws IOException {
        call(() -> client.publish(topic, payload.getBytes(StandardCharsets.UTF_8), qos, retain));
    }

    @Override
    public @Nullable Delivery receive(Duration patience) throws IOException {
        try {
            return deliveries.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void disconnect() throws IOException {
        call(client::disconnect);
    }

    @Override
    public void close() {
        try {
            if (client.isConnected()) {
                client.disconnect();
            }
            client.close();
        } catch (MqttException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void messageArrived(String topic, MqttMessage m) {
        String payload = new String(m.getPayload(), StandardCharsets.UTF_8);
        deliveries.add(new Delivery(topic, payload, m.getQos(), m.isRetained()));
    }

    @Override
    public void connectionLost(Throwable cause) {}

    @Override
    public void deliveryComplete(IMqttDeliveryToken token) {}

    /** A call of the library. */
    private interface Call {
        void run() throws MqttException;
    }

    private static void call(Call call) throws IOException {
        try {
            call.run();
        } catch (MqttException e) {
            throw new IOException(e);
        }
    }
}
