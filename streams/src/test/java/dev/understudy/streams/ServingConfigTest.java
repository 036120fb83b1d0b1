package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.driving.CarFollowingPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.StreamsConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ServingConfigTest {
    private static final Map<String, Object> CLIENT = Map.of(
            "bootstrap.servers", "elsewhere:1",
            "security.protocol", "SASL_SSL",
            "sasl.jaas.config", "secret",
            "own.plug.in", "value");

    private final ServingConfig config =
            ServingConfig.defaults("broker:9092", Path.of("state")).withClient(CLIENT);

    @Test
    void everyClientOfStreamsIsGivenTheSettingsOfTheClients() {
        StreamsConfig streams = new StreamsConfig(config.toProperties());
        for (Map<String, Object> client : Set.of(
                streams.getMainConsumerConfigs("group", "id", 0),
                streams.getRestoreConsumerConfigs("id"),
                streams.getGlobalConsumerConfigs("id"),
                streams.getProducerConfigs("id"),
                streams.getAdminConfigs("id"))) {
            assertThat(client)
                    .containsEntry("security.protocol", "SASL_SSL")
                    .containsEntry("sasl.jaas.config", "secret")
                    .containsEntry("own.plug.in", "value");
            assertThat(client.get("bootstrap.servers")).asString().contains("broker:9092");
        }
    }

    @Test
    void soIsTheProducerOfAcknowledgements() {
        assertThat(config.producerProperties("acks"))
                .containsEntry("security.protocol", "SASL_SSL")
                .containsEntry("bootstrap.servers", "broker:9092");
    }

    @Test
    void aTransactionMayTakeSeveralCommitsAndNoLongerThanThat() {
        assertThat(transactionTimeoutMs(Duration.ofMillis(500))).isEqualTo(6_000);
        assertThat(transactionTimeoutMs(Duration.ofSeconds(20))).isEqualTo(80_000);
    }

    private @Nullable Object transactionTimeoutMs(Duration commitInterval) {
        ServingConfig exactly = config.with(new ServingConfig.Delivery(Guarantee.EXACTLY_ONCE, commitInterval));
        return new StreamsConfig(exactly.toProperties())
                .getProducerConfigs("id")
                .get(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG);
    }

    @Test
    void secretsAreNotShown() {
        assertThat(config).asString().contains("broker:9092").doesNotContain("secret");
    }

    @Test
    void anInstanceThatCannotStartLeavesNoThreadBehind() {
        ServingConfig broken = ServingConfig.defaults("broker:9092", Path.of("/dev/null/state"))
                .named("leak", "test");
        assertThatThrownBy(() -> new Serving(broken, new CarFollowingPolicy())).isInstanceOf(KafkaException.class);
        assertThat(Thread.getAllStackTraces().keySet().stream()
                        .map(Thread::getName)
                        .filter(name -> name.contains("test-leak"))
                        .collect(Collectors.toSet()))
                .isEmpty();
    }

    @Test
    void workIsTakenOverAtOnceAndNotAfterTenMinutes() {
        Properties properties = ServingConfig.defaults("nowhere:1", Path.of("state"))
                .named("instance 7/a", "test")
                .toProperties();
        assertThat(properties)
                .containsEntry("num.standby.replicas", 1)
                .containsEntry("probing.rebalance.interval.ms", 60_000L)
                .containsEntry("acceptable.recovery.lag", 500_000L)
                .containsEntry("main.consumer.group.instance.id", "instance-7-a");
    }
}
