package io.tally.ops.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jspecify.annotations.Nullable;

/** Eclipse Paho's client of MQTT 5.0. */
final class Paho5Client implements RealClient, MqttCallback {
    private static final Logger QUIET = Logger.getLogger("org.eclipse.paho.mqttv5");
    private final MqttClient client;
    private final Route route;
    private final BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();

    Paho5Client(Route route, String clientId) throws IOException {
        this.route = route;
        QUIET.setLevel(Level.WARNING);
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
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(!persistent);
        options.setSessionExpiryInterval(persistent ? 3_600L : 0L);
        if (will != null) {
            MqttMessage message = new MqttMessage(will.payload().getBytes(StandardCharsets.UTF_8));
            message.setQos(1);
            options.setWill(will.topic(), message);
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
    public void disconnected(MqttDisconnectResponse response) {}

    @Override
    public void mqttErrorOccurred(MqttException exception) {}

    @Override
    public void deliveryComplete(IMqttToken token) {}

    @Override
    public void connectComplete(boolean reconnect, String serverUri) {}

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {}

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
