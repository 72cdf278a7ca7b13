package io.tally.ops.cli;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperties;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserPropertiesBuilder;
import com.hivemq.client.mqtt.mqtt5.message.auth.Mqtt5SimpleAuth;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5Connect;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectBuilder;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectRestrictions;
import com.hivemq.client.mqtt.mqtt5.message.connect.Mqtt5ConnectRestrictionsBuilder;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5Disconnect;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectBuilder;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PayloadFormatIndicator;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishBuilderBase;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5WillPublish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5WillPublishBuilder;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5RetainHandling;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscribe;
import com.hivemq.client.mqtt.mqtt5.message.subscribe.Mqtt5Subscription;
import com.hivemq.client.mqtt.mqtt5.message.unsubscribe.Mqtt5Unsubscribe;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** MQTT 5.0. */
final class V5Client implements ToolClient {
    private final Mqtt5AsyncClient client;
    private final ConnectFlags flags;

    V5Client(Mqtt5AsyncClient client, ConnectFlags flags) {
        this.client = client;
        this.flags = flags;
    }

    @Override
    public void onArrival(Consumer<Arrival> consumer) {
        client.publishes(MqttGlobalPublishFilter.ALL, publish -> consumer.accept(new V5Arrival(publish)), true);
    }

    private record V5Arrival(Mqtt5Publish publish) implements Arrival {
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

    private Mqtt5Connect connectPacket() {
        Mqtt5ConnectBuilder builder = Mqtt5Connect.builder()
                .keepAlive(flags.keepAliveSeconds())
                .cleanStart(!flags.sessionKept())
                .sessionExpiryInterval(flags.expirySeconds())
                .restrictions(restrictions())
                .userProperties(userProperties("connect"));
        String userName = flags.userName();
        String password = flags.password();
        if (userName != null && password != null) {
            builder = builder.simpleAuth(Mqtt5SimpleAuth.builder()
                    .username(userName)
                    .password(password.getBytes(StandardCharsets.UTF_8))
                    .build());
        } else if (userName != null) {
            builder = builder.simpleAuth(
                    Mqtt5SimpleAuth.builder().username(userName).build());
        } else if (password != null) {
            builder = builder.simpleAuth(Mqtt5SimpleAuth.builder()
                    .password(password.getBytes(StandardCharsets.UTF_8))
                    .build());
        }
        String willTopic = flags.willTopic();
        return willTopic == null
                ? builder.build()
                : builder.willPublish(will(willTopic)).build();
    }

    private Mqtt5ConnectRestrictions restrictions() {
        Mqtt5ConnectRestrictionsBuilder builder =
                Mqtt5ConnectRestrictions.builder().sendMaximum(flags.inFlightMax());
        for (PropertyFlag p : flags.properties("connect").toList()) {
            builder = switch (p.name()) {
                case "receive-maximum" -> builder.receiveMaximum((int) p.number());
                case "maximum-packet-size" -> builder.maximumPacketSize((int) p.number());
                case "topic-alias-maximum" -> builder.topicAliasMaximum((int) p.number());
                case "request-problem-information" -> builder.requestProblemInformation(p.flag());
                case "request-response-information" -> builder.requestResponseInformation(p.flag());
                default -> builder;
            };
        }
        return builder.build();
    }

    private Mqtt5WillPublish will(String topic) {
        Mqtt5WillPublishBuilder.Complete builder = Mqtt5WillPublish.builder()
                .topic(topic)
                .payload(flags.willPayload().getBytes(StandardCharsets.UTF_8))
                .qos(qos(flags.willQos()))
                .retain(flags.willRetain());
        for (PropertyFlag p : flags.properties("will").toList()) {
            if (p.name().equals("will-delay-interval")) {
                builder = builder.delayInterval(p.number());
            }
        }
        return withProperties(builder, "will").build();
    }

    /** Adds what -D says of a message. */
    private <C extends Mqtt5PublishBuilderBase.Complete<C>> C withProperties(C builder, String packet) {
        C result = builder.userProperties(userProperties(packet));
        for (PropertyFlag p : flags.properties(packet).toList()) {
            result = switch (p.name()) {
                case "payload-format-indicator" ->
                    result.payloadFormatIndicator(
                            p.flag() ? Mqtt5PayloadFormatIndicator.UTF_8 : Mqtt5PayloadFormatIndicator.UNSPECIFIED);
                case "message-expiry-interval" -> result.messageExpiryInterval(p.number());
                case "content-type" -> result.contentType(p.value());
                case "response-topic" -> result.responseTopic(p.value());
                case "correlation-data" -> result.correlationData(p.value().getBytes(StandardCharsets.UTF_8));
                default -> result;
            };
        }
        return result;
    }

    private Mqtt5UserProperties userProperties(String packet) {
        Mqtt5UserPropertiesBuilder builder = Mqtt5UserProperties.builder();
        Stream<PropertyFlag> pairs =
                flags.properties(packet).filter(p -> p.name().equals(PropertyFlag.USER_PROPERTY));
        for (PropertyFlag p : pairs.toList()) {
            builder = builder.add(p.key(), p.value());
        }
        return builder.build();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the callback gets every outcome
    public void publish(
            String topic, byte[] payload, int qos, boolean isRetained, Consumer<@Nullable ToolFailure> done) {
        Mqtt5Publish packet = withProperties(
                        Mqtt5Publish.builder()
                                .topic(topic)
                                .payload(payload)
                                .qos(qos(qos))
                                .retain(isRetained),
                        "publish")
                .build();
        client.publish(packet).whenComplete((result, e) -> {
            Throwable error = e != null ? e : result.getError().orElse(null);
            done.accept(error == null ? null : Failures.of(error, flags));
        });
    }

    @Override
    public void subscribe(Subscription subscription) throws ToolFailure {
        List<Mqtt5Subscription> subscriptions = subscription.filters().stream()
                .map(filter -> Mqtt5Subscription.builder()
                        .topicFilter(filter)
                        .qos(qos(subscription.qos()))
                        .retainHandling(retainHandling(subscription.retainHandling()))
                        .retainAsPublished(subscription.isRetainAsPublished())
                        .build())
                .toList();
        Mqtt5Subscribe packet = Mqtt5Subscribe.builder()
                .addSubscriptions(subscriptions)
                .userProperties(userProperties("subscribe"))
                .build();
        try {
            client.subscribe(packet).join();
        } catch (CompletionException e) {
            throw Failures.of(e, flags);
        }
    }

    private static Mqtt5RetainHandling retainHandling(RetainHandling handling) {
        return switch (handling) {
            case ALWAYS -> Mqtt5RetainHandling.SEND;
            case NEW -> Mqtt5RetainHandling.SEND_IF_SUBSCRIPTION_DOES_NOT_EXIST;
            case NEVER -> Mqtt5RetainHandling.DO_NOT_SEND;
        };
    }

    @Override
    public void unsubscribe(List<String> filters) throws ToolFailure {
        Mqtt5Unsubscribe packet = Mqtt5Unsubscribe.builder()
                .addTopicFilters(filters.stream().map(com.hivemq.client.mqtt.datatypes.MqttTopicFilter::of))
                .userProperties(userProperties("unsubscribe"))
                .build();
        try {
            client.unsubscribe(packet).join();
        } catch (CompletionException e) {
            throw Failures.of(e, flags);
        }
    }

    @Override
    public void disconnect() {
        Mqtt5DisconnectBuilder builder = Mqtt5Disconnect.builder().userProperties(userProperties("disconnect"));
        for (PropertyFlag p : flags.properties("disconnect").toList()) {
            builder = switch (p.name()) {
                case "session-expiry-interval" -> builder.sessionExpiryInterval(p.number());
                case "reason-string" -> builder.reasonString(p.value());
                default -> builder;
            };
        }
        client.disconnect(builder.build()).exceptionally(e -> null).join();
    }

    private static MqttQos qos(int level) {
        MqttQos qos = MqttQos.fromCode(level);
        return qos == null ? MqttQos.AT_MOST_ONCE : qos;
    }
}
