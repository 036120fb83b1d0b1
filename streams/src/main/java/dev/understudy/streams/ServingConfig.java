package dev.understudy.streams;

import dev.understudy.model.IntakeLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Configuration of a serving instance.
 *
 * @param instance its name, which stamps decisions and acknowledgements
 * @param bootstrapServers where the brokers are
 * @param applicationId instances with the same one share the work
 * @param stateDirectory where stores lie on disk
 * @param guarantee exactly once, or low latency
 * @param commitInterval how often progress is stored; under {@link Guarantee#EXACTLY_ONCE} decisions are visible then
 * @param batchRecords most observations scored together
 * @param batchWait longest time one waits for others
 * @param threads stream threads
 * @param mostVehicles vehicles whose memory is kept decoded, per task; beyond, it is read from the store
 * @param mostPolicies policies whose models are loaded; promotions of variants beyond are refused
 * @param restarts threads replaced within {@code restartPeriod} before the instance gives up
 * @param restartPeriod period in which they are counted
 * @param recording whether rollouts are written, and whether actions are drawn for them
 * @param intake what a model may ask for
 * @param client what every Kafka client needs besides, such as {@code security.protocol}, {@code ssl.*}, {@code sasl.*}
 */
public record ServingConfig(
        String instance,
        String bootstrapServers,
        String applicationId,
        Path stateDirectory,
        Guarantee guarantee,
        Duration commitInterval,
        int batchRecords,
        Duration batchWait,
        int threads,
        int mostVehicles,
        int mostPolicies,
        int restarts,
        Duration restartPeriod,
        Recording recording,
        IntakeLimits intake,
        Map<String, Object> client) {

    /** @throws IllegalArgumentException listing every field that is not possible */
    public ServingConfig {
        client = Map.copyOf(client);
        List<String> problems = new ArrayList<>();
        if (instance.isBlank() || applicationId.isBlank() || bootstrapServers.isBlank()) {
            problems.add("expected a name for instance, applicationId and bootstrapServers, got '%s', '%s' and '%s'"
                    .formatted(instance, applicationId, bootstrapServers));
        }
        if (batchRecords < 1 || batchRecords > intake.rows()) {
            problems.add("expected batchRecords from 1 to %d, got %d".formatted(intake.rows(), batchRecords));
        }
        if (batchWait.toMillis() < 1 || commitInterval.toMillis() < 1) {
            problems.add("expected batchWait and commitInterval of at least 1 ms, got %s and %s"
                    .formatted(batchWait, commitInterval));
        }
        if (threads < 1 || mostVehicles < 1 || mostPolicies < 1 || restarts < 0) {
            problems.add(
                    "expected threads, mostVehicles and mostPolicies from 1 and restarts from 0, got %d, %d, %d and %d"
                            .formatted(threads, mostVehicles, mostPolicies, restarts));
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
    }

    /**
     * Returns the defaults: at least once; batches of 512 (measured: 0.66 of the rate of a topology that only decodes
     * and encodes, 0.56 with 256) that wait 5 ms, a twentieth of the time between two observations of a car.
     */
    public static ServingConfig defaults(String bootstrapServers, Path stateDirectory) {
        return new ServingConfig(
                "serving-1",
                bootstrapServers,
                "understudy-serving",
                stateDirectory,
                Guarantee.AT_LEAST_ONCE,
                Duration.ofMillis(500),
                512,
                Duration.ofMillis(5),
                1,
                20_000,
                1_000,
                5,
                Duration.ofMinutes(10),
                Recording.OFF,
                IntakeLimits.defaults(),
                Map.of());
    }

    /** Returns this configuration under another name and application. */
    public ServingConfig named(String newInstance, String newApplicationId) {
        return new ServingConfig(
                newInstance,
                bootstrapServers,
                newApplicationId,
                stateDirectory,
                guarantee,
                commitInterval,
                batchRecords,
                batchWait,
                threads,
                mostVehicles,
                mostPolicies,
                restarts,
                restartPeriod,
                recording,
                intake,
                client);
    }

    /** Returns this configuration with another guarantee and commit interval. */
    public ServingConfig with(Guarantee newGuarantee, Duration newCommitInterval) {
        return new ServingConfig(
                instance,
                bootstrapServers,
                applicationId,
                stateDirectory,
                newGuarantee,
                newCommitInterval,
                batchRecords,
                batchWait,
                threads,
                mostVehicles,
                mostPolicies,
                restarts,
                restartPeriod,
                recording,
                intake,
                client);
    }

    /** Returns this configuration with other batches and threads. */
    public ServingConfig with(int newBatchRecords, Duration newBatchWait, int newThreads) {
        return new ServingConfig(
                instance,
                bootstrapServers,
                applicationId,
                stateDirectory,
                guarantee,
                commitInterval,
                newBatchRecords,
                newBatchWait,
                newThreads,
                mostVehicles,
                mostPolicies,
                restarts,
                restartPeriod,
                recording,
                intake,
                client);
    }

    /** Returns this configuration with rollouts written, or not. */
    public ServingConfig with(Recording newRecording) {
        return new ServingConfig(
                instance,
                bootstrapServers,
                applicationId,
                stateDirectory,
                guarantee,
                commitInterval,
                batchRecords,
                batchWait,
                threads,
                mostVehicles,
                mostPolicies,
                restarts,
                restartPeriod,
                newRecording,
                intake,
                client);
    }

    /** Returns this configuration with another bound on policies. */
    public ServingConfig withMostPolicies(int newMostPolicies) {
        return new ServingConfig(
                instance,
                bootstrapServers,
                applicationId,
                stateDirectory,
                guarantee,
                commitInterval,
                batchRecords,
                batchWait,
                threads,
                mostVehicles,
                newMostPolicies,
                restarts,
                restartPeriod,
                recording,
                intake,
                client);
    }

    /** Returns this configuration with settings for every Kafka client; they do not replace its own. */
    public ServingConfig withClient(Map<String, Object> newClient) {
        return new ServingConfig(
                instance,
                bootstrapServers,
                applicationId,
                stateDirectory,
                guarantee,
                commitInterval,
                batchRecords,
                batchWait,
                threads,
                mostVehicles,
                mostPolicies,
                restarts,
                restartPeriod,
                recording,
                intake,
                newClient);
    }

    /** Leaves out the settings of the clients, which may hold secrets. */
    @Override
    public String toString() {
        return "%s of %s at %s: %s, commits every %s, batches of %d that wait %s, %d threads, recording %s, state in %s"
                .formatted(
                        instance,
                        applicationId,
                        bootstrapServers,
                        guarantee,
                        commitInterval,
                        batchRecords,
                        batchWait,
                        threads,
                        recording,
                        stateDirectory);
    }

    /** Returns the configuration of a producer beside Kafka Streams. */
    Map<String, Object> producerProperties(String clientId) {
        Map<String, Object> properties = new HashMap<>(client);
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        properties.put(ProducerConfig.CLIENT_ID_CONFIG, clientId);
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 5_000);
        return properties;
    }

    /** Returns the configuration of Kafka Streams. */
    public Properties toProperties() {
        Properties properties = new Properties();
        client.forEach((name, value) -> {
            // Without a prefix it reaches all clients if Kafka knows it; with one, what a plug-in knows does too.
            properties.put(name, value);
            properties.put(StreamsConfig.consumerPrefix(name), value);
            properties.put(StreamsConfig.producerPrefix(name), value);
            properties.put(StreamsConfig.adminClientPrefix(name), value);
        });
        // A prefix would win over the address that follows.
        properties.remove(StreamsConfig.consumerPrefix(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG));
        properties.remove(StreamsConfig.producerPrefix(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG));
        properties.remove(StreamsConfig.adminClientPrefix(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG));
        boolean exactly = guarantee == Guarantee.EXACTLY_ONCE;
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
        properties.put(StreamsConfig.CLIENT_ID_CONFIG, applicationId + "-" + instance);
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, stateDirectory.toString());
        properties.put(
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
                exactly ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, commitInterval.toMillis());
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
        // An idle thread sleeps in poll; what waits for a batch must not wait longer than it should.
        properties.put(StreamsConfig.POLL_MS_CONFIG, Math.max(1, Math.min(100, batchWait.toMillis() / 2)));
        properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L << 20);
        properties.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 4000);
        // Streams reads committed records alone only under exactly once, unless told so.
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.ISOLATION_LEVEL_CONFIG), "read_committed");
        properties.put(StreamsConfig.globalConsumerPrefix(ConsumerConfig.ISOLATION_LEVEL_CONFIG), "read_committed");
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 4000);
        // A crashed instance's share moves on after this; 6 s is the least a broker allows by default.
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 10_000);
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 2_000);
        properties.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, "classic");
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.ACKS_CONFIG), "all");
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 2);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 128 << 10);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), 2 << 20);
        return properties;
    }
}
