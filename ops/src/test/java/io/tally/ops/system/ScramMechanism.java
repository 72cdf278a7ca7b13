package io.tally.ops.system;

import com.hivemq.client.mqtt.datatypes.MqttUtf8String;
import com.hivemq.client.mqtt.mqtt5.Mqtt5ClientConfig;
import com.hivemq.client.mqtt.mqtt5.auth.Mqtt5EnhancedAuthMechanism;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5Auth;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5AuthBuilder;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5EnhancedAuthBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAck;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5Disconnect;
import io.tally.ops.security.ScramClient;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** SCRAM-SHA-256 for the HiveMQ client. */
final class ScramMechanism implements Mqtt5EnhancedAuthMechanism {
    private final String user;
    private final String password;
    private int exchanges;
    private int successes;
    private boolean serverProved;
    private ScramClient scram;

    ScramMechanism(String user, String password) {
        this.user = user;
        this.password = password;
        this.scram = new ScramClient(user, password, "0");
    }

    boolean isServerProved() {
        return serverProved;
    }

    int successCount() {
        return successes;
    }

    @Override
    public MqttUtf8String getMethod() {
        return MqttUtf8String.of("SCRAM-SHA-256");
    }

    @Override
    public int getTimeout() {
        return 20;
    }

    private byte[] begin() {
        exchanges++;
        scram = new ScramClient(user, password, "nonce" + exchanges);
        return scram.first();
    }

    private static byte[] bytes(@Nullable ByteBuffer data) {
        byte[] result = new byte[data == null ? 0 : data.remaining()];
        if (data != null) {
            data.duplicate().get(result);
        }
        return result;
    }

    private boolean finish(Optional<ByteBuffer> data) {
        serverProved = Arrays.equals(scram.expectedFromServer(), bytes(data.orElse(null)));
        successes += serverProved ? 1 : 0;
        return serverProved;
    }

    @Override
    public java.util.concurrent.CompletableFuture<Void> onAuth(
            Mqtt5ClientConfig config, Mqtt5Connect connect, Mqtt5EnhancedAuthBuilder builder) {
        builder.data(begin());
        return java.util.concurrent.CompletableFuture.completedFuture(null);
    }

    @Override
    public java.util.concurrent.CompletableFuture<Void> onReAuth(Mqtt5ClientConfig config, Mqtt5AuthBuilder builder) {
        builder.data(begin());
        return java.util.concurrent.CompletableFuture.completedFuture(null);
    }

    @Override
    public java.util.concurrent.CompletableFuture<Boolean> onServerReAuth(
            Mqtt5ClientConfig config, Mqtt5Auth auth, Mqtt5AuthBuilder builder) {
        return java.util.concurrent.CompletableFuture.completedFuture(false);
    }

    @Override
    public java.util.concurrent.CompletableFuture<Boolean> onContinue(
            Mqtt5ClientConfig config, Mqtt5Auth auth, Mqtt5AuthBuilder builder) {
        builder.data(scram.last(bytes(auth.getData().orElse(null))));
        return java.util.concurrent.CompletableFuture.completedFuture(true);
    }

    @Override
    public java.util.concurrent.CompletableFuture<Boolean> onAuthSuccess(
            Mqtt5ClientConfig config, Mqtt5ConnAck connAck) {
        return java.util.concurrent.CompletableFuture.completedFuture(
                finish(connAck.getEnhancedAuth().flatMap(e -> e.getData())));
    }

    @Override
    public java.util.concurrent.CompletableFuture<Boolean> onReAuthSuccess(Mqtt5ClientConfig config, Mqtt5Auth auth) {
        return java.util.concurrent.CompletableFuture.completedFuture(finish(auth.getData()));
    }

    @Override
    public void onAuthRejected(Mqtt5ClientConfig config, Mqtt5ConnAck connAck) {}

    @Override
    public void onReAuthRejected(Mqtt5ClientConfig config, Mqtt5Disconnect disconnect) {}

    @Override
    public void onAuthError(Mqtt5ClientConfig config, Throwable cause) {}

    @Override
    public void onReAuthError(Mqtt5ClientConfig config, Throwable cause) {}
}
