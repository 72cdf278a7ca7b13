package io.tally.ops.cli;

import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.MqttClientState;
import com.hivemq.client.mqtt.lifecycle.MqttClientDisconnectedContext;
import com.hivemq.client.mqtt.lifecycle.MqttDisconnectSource;
import java.util.concurrent.TimeUnit;

/** Makes the client that the flags ask for. */
final class ToolClients {
    private static final long RECONNECT_DELAY_MS = 1000;

    /** What happens when an established connection breaks. */
    enum OnLoss {
        /** The tool ends. */
        END,
        /** It tries again every second, as Mosquitto's tools do, unless the broker refuses it. */
        RECONNECT
    }

    private ToolClients() {}

    /** A client that tells the ending when its connection is gone for good. */
    static ToolClient create(ConnectFlags flags, OnLoss onLoss, Ending ending) throws ToolFailure {
        MqttClientBuilder builder =
                flags.client().addDisconnectedListener(context -> onDisconnected(context, flags, onLoss, ending));
        builder = builder.executorConfig().nettyThreads(1).applyExecutorConfig();
        if (!flags.clientId().isEmpty()) {
            builder = builder.identifier(flags.clientId());
        }
        return flags.isV5()
                ? new V5Client(builder.useMqttVersion5().buildAsync(), flags)
                : new V311Client(builder.useMqttVersion3().buildAsync(), flags);
    }

    private static void onDisconnected(
            MqttClientDisconnectedContext context, ConnectFlags flags, OnLoss onLoss, Ending ending) {
        MqttClientState state = context.getClientConfig().getState();
        boolean isFirstTry = state == MqttClientState.CONNECTING;
        if (context.getSource() == MqttDisconnectSource.USER || isFirstTry) {
            return;
        }
        if (onLoss == OnLoss.END || Failures.isRefusal(context.getCause())) {
            ending.fail(Failures.of(context.getCause(), flags));
            return;
        }
        context.getReconnector()
                .reconnect(true)
                .delay(RECONNECT_DELAY_MS, TimeUnit.MILLISECONDS)
                .resubscribeIfSessionPresent(true)
                .resubscribeIfSessionExpired(true)
                .republishIfSessionExpired(true);
    }
}
