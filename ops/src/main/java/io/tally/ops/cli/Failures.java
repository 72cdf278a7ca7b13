package io.tally.ops.cli;

import com.hivemq.client.mqtt.exceptions.ConnectionClosedException;
import com.hivemq.client.mqtt.exceptions.ConnectionFailedException;
import com.hivemq.client.mqtt.exceptions.MqttClientStateException;
import com.hivemq.client.mqtt.exceptions.MqttEncodeException;
import com.hivemq.client.mqtt.exceptions.MqttSessionExpiredException;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3DisconnectException;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3SubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubRecException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Turns the MQTT client's exceptions into messages for a person and Mosquitto's exit codes. */
final class Failures {
    private static final int SUBSCRIPTION_REFUSED_V311 = 0x80;

    private Failures() {}

    /** @param flags name the broker */
    static ToolFailure of(Throwable thrown, ConnectFlags flags) {
        Throwable e = thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        ToolFailure answer = ofAnswer(e);
        ToolFailure failure = answer != null ? answer : ofConnection(e);
        return new ToolFailure(failure.exitCode(), flags.broker() + ": " + failure.getMessage());
    }

    /** Whether the broker has refused the connection, so that trying again is of no use. */
    static boolean isRefusal(Throwable e) {
        return e instanceof Mqtt5ConnAckException || e instanceof Mqtt3ConnAckException;
    }

    /** Failures that the broker has answered with. */
    private static @Nullable ToolFailure ofAnswer(Throwable e) {
        if (e instanceof Mqtt5ConnAckException refused) {
            Enum<?> code = refused.getMqttMessage().getReasonCode();
            return new ToolFailure(
                    refused.getMqttMessage().getReasonCode().getCode(), "connection refused: " + words(code));
        }
        if (e instanceof Mqtt3ConnAckException refused) {
            Enum<?> code = refused.getMqttMessage().getReturnCode();
            return new ToolFailure(
                    refused.getMqttMessage().getReturnCode().getCode(), "connection refused: " + words(code));
        }
        if (e instanceof Mqtt5PubAckException refused) {
            int code = refused.getMqttMessage().getReasonCode().getCode();
            return new ToolFailure(
                    code, "publish refused: " + words(refused.getMqttMessage().getReasonCode()));
        }
        if (e instanceof Mqtt5PubRecException refused) {
            int code = refused.getMqttMessage().getReasonCode().getCode();
            return new ToolFailure(
                    code, "publish refused: " + words(refused.getMqttMessage().getReasonCode()));
        }
        if (e instanceof Mqtt5SubAckException refused) {
            int code = refused.getMqttMessage().getReasonCodes().get(0).getCode();
            return new ToolFailure(code, "all subscriptions were refused");
        }
        if (e instanceof Mqtt3SubAckException) {
            return new ToolFailure(SUBSCRIPTION_REFUSED_V311, "all subscriptions were refused");
        }
        return null;
    }

    private static ToolFailure ofConnection(Throwable e) {
        if (e instanceof ConnectionFailedException) {
            return new ToolFailure(ToolFailure.NOT_CONNECTED, reason(e.getCause() == null ? e : e.getCause()));
        }
        if (e instanceof Mqtt5DisconnectException disconnected) {
            return new ToolFailure(
                    ToolFailure.CONNECTION_LOST,
                    "the connection was lost: "
                            + words(disconnected.getMqttMessage().getReasonCode()));
        }
        if (e instanceof ConnectionClosedException
                || e instanceof Mqtt3DisconnectException
                || e instanceof MqttSessionExpiredException
                || e instanceof MqttClientStateException) {
            return new ToolFailure(ToolFailure.CONNECTION_LOST, "the connection was lost");
        }
        if (e instanceof MqttEncodeException) {
            return new ToolFailure(ToolFailure.NOT_CONNECTED, String.valueOf(e.getMessage()));
        }
        return new ToolFailure(ToolFailure.NOT_CONNECTED, reason(e));
    }

    private static String reason(Throwable e) {
        if (e instanceof UnknownHostException || e instanceof UnresolvedAddressException) {
            return "the host name cannot be resolved";
        }
        if (e instanceof SSLException) {
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            return "TLS: " + root.getMessage();
        }
        String message = e.getMessage();
        if (message == null) {
            return e.getClass().getSimpleName();
        }
        return message.contains("Connection refused") ? "connection refused: nobody listens there" : message;
    }

    private static String words(Enum<?> code) {
        return code.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
