package dev.understudy.streams;

import dev.understudy.model.IntakeLimits;
import dev.understudy.schemas.Trust;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Configuration of a serving instance.
 *
 * @param place whose instance it is, and where it keeps its stores
 * @param cluster the brokers
 * @param delivery exactly once, or low latency
 * @param batching how observations are scored together
 * @param bounds what is kept in memory
 * @param restarts when it gives up
 * @param recording whether rollouts are written, and whether actions are drawn for them
 * @param intake what a model may ask for
 * @param trust whose signatures of models and promotions count
 */
public record ServingConfig(
        Place place,
        Cluster cluster,
        Delivery delivery,
        Batching batching,
        Bounds bounds,
        Restarts restarts,
        Recording recording,
        IntakeLimits intake,
        Trust trust) {

    /** Records of a store that an instance may have to read before it answers: some five seconds' worth (a guess). */
    private static final long ACCEPTABLE_RECOVERY_LAG = 500_000;

    /** Wall time between looks for a better share of the work, ms: the least that Kafka Streams allows. */
    private static final long PROBING_REBALANCE_MS = 60_000;

    private static final String INTERCEPTORS = ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG;

    /** Longest that an idle thread sleeps in a poll, ms: Kafka Streams' own default. */
    private static final long IDLE_POLL_MS = 100;

    /**
     * Least time after which the broker ends a transaction, ms: one that an instance left open when it died hides what
     * others decide in its partitions until then. Several commits fit into it, and a collection of garbage.
     */
    private static final long LEAST_TRANSACTION_TIMEOUT_MS = 6_000;

    /**
     * Which instance of which application.
     *
     * @param instance its name, which stamps decisions and acknowledgements; no other of the application may have it
     * @param applicationId instances with the same one share the work
     * @param stateDirectory where stores lie on disk
     */
    public record Place(String instance, String applicationId, Path stateDirectory) {}

    /**
     * The brokers.
     *
     * @param bootstrapServers where they are
     * @param client what every Kafka client needs besides, such as {@code security.protocol}, {@code ssl.*},
     *     {@code sasl.*}; it does not replace what a client has of its own
     */
    public record Cluster(String bootstrapServers, Map<String, Object> client) {
        public Cluster {
            client = Map.copyOf(client);
        }
    }

    /**
     * When decisions are visible.
     *
     * @param guarantee exactly once, or low latency
     * @param commitInterval how often progress is stored; under {@link Guarantee#EXACTLY_ONCE} decisions are visible
     *     then
     */
    public record Delivery(Guarantee guarantee, Duration commitInterval) {}

    /**
     * How observations are scored together.
     *
     * @param records most of them
     * @param longestWait how long one waits for others besides those that were read with it
     * @param threads stream threads
     */
    public record Batching(int records, Duration longestWait, int threads) {}

    /**
     * What is kept in memory.
     *
     * @param entities entities whose memory is kept decoded, per task; beyond, it is read from the store
     * @param policies policies whose models are loaded; promotions of variants beyond are refused
     */
    public record Bounds(int entities, int policies) {}

    /**
     * When an instance gives up.
     *
     * @param most threads replaced within the period before it does
     * @param period in which they are counted
     */
    public record Restarts(int most, Duration period) {}

    /** @throws IllegalArgumentException listing every field that is not possible */
    public ServingConfig {
        List<String> problems = new ArrayList<>();
        if (place.instance().isBlank()
                || place.applicationId().isBlank()
                || cluster.bootstrapServers().isBlank()) {
            problems.add("expected a name for instance, applicationId and bootstrapServers, got '%s', '%s' and '%s'"
                    .formatted(place.instance(), place.applicationId(), cluster.bootstrapServers()));
        }
        if (batching.records() < 1 || batching.records() > intake.rows()) {
            problems.add("expected batches of 1 to %d records, got %d".formatted(intake.rows(), batching.records()));
        }
        if (batching.longestWait().isNegative() || delivery.commitInterval().toMillis() < 1) {
            problems.add("expected a batch's wait from 0 and a commit interval of at least 1 ms, got %s and %s"
                    .formatted(batching.longestWait(), delivery.commitInterval()));
        }
        if (batching.threads() < 1 || bounds.entities() < 1 || bounds.policies() < 1 || restarts.most() < 0) {
            problems.add("expected threads, entities and policies from 1 and restarts from 0, got %d, %d, %d and %d"
                    .formatted(batching.threads(), bounds.entities(), bounds.policies(), restarts.most()));
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
    }

    /**
     * Returns the defaults: at least once; batches of 512 (measured: 0.66 of the rate of a topology that only decodes
     * and encodes, 0.56 with 256) that wait for nothing: what was read together is decided together.
     */
    public static ServingConfig defaults(String bootstrapServers, Path stateDirectory) {
        return new ServingConfig(
                new Place("serving-1", "understudy-serving", stateDirectory),
                new Cluster(bootstrapServers, Map.of()),
                new Delivery(Guarantee.AT_LEAST_ONCE, Duration.ofMillis(500)),
                new Batching(512, Duration.ZERO, 1),
                new Bounds(20_000, 1_000),
                new Restarts(5, Duration.ofMinutes(10)),
                Recording.OFF,
                IntakeLimits.defaults(),
                Trust.NONE);
    }

    /** Returns this configuration under another name and application. */
    public ServingConfig named(String instance, String applicationId) {
        Place other = new Place(instance, applicationId, place.stateDirectory());
        return new ServingConfig(other, cluster, delivery, batching, bounds, restarts, recording, intake, trust);
    }

    /** Returns this configuration with another delivery. */
    public ServingConfig with(Delivery other) {
        return new ServingConfig(place, cluster, other, batching, bounds, restarts, recording, intake, trust);
    }

    /** Returns this configuration with other batches. */
    public ServingConfig with(Batching other) {
        return new ServingConfig(place, cluster, delivery, other, bounds, restarts, recording, intake, trust);
    }

    /** Returns this configuration with other bounds. */
    public ServingConfig with(Bounds other) {
        return new ServingConfig(place, cluster, delivery, batching, other, restarts, recording, intake, trust);
    }

    /** Returns this configuration with rollouts written, or not. */
    public ServingConfig with(Recording other) {
        return new ServingConfig(place, cluster, delivery, batching, bounds, restarts, other, intake, trust);
    }

    /** Returns this configuration with others who are trusted. */
    public ServingConfig with(Trust other) {
        return new ServingConfig(place, cluster, delivery, batching, bounds, restarts, recording, intake, other);
    }

    /** Returns this configuration with settings for every Kafka client. */
    public ServingConfig withClient(Map<String, Object> client) {
        Cluster other = new Cluster(cluster.bootstrapServers(), client);
        return new ServingConfig(place, other, delivery, batching, bounds, restarts, recording, intake, trust);
    }

    /** Returns the name of the instance. */
    public String instance() {
        return place.instance();
    }

    /** Leaves out the settings of the clients, which may hold secrets. */
    @Override
    public String toString() {
        return "%s of %s at %s: %s, commits every %s, batches of %d that wait %s, %d threads, recording %s, state in %s"
                .formatted(
                        place.instance(),
                        place.applicationId(),
                        cluster.bootstrapServers(),
                        delivery.guarantee(),
                        delivery.commitInterval(),
                        batching.records(),
                        batching.longestWait(),
                        batching.threads(),
                        recording,
                        place.stateDirectory());
    }

    /** Returns the configuration of a producer beside Kafka Streams. */
    Map<String, Object> producerProperties(String clientId) {
        Map<String, Object> properties = new HashMap<>(cluster.client());
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, cluster.bootstrapServers());
        properties.put(ProducerConfig.CLIENT_ID_CONFIG, clientId);
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 5_000);
        properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 2 << 20);
        return properties;
    }

    /**
     * Sets how fast work is taken over. An instance that comes back within the session timeout is the member that it
     * was, and has its partitions at once. One that stays away has a stand-by with its stores if there is another
     * instance. One that comes back later gets partitions again although it has to read their stores first: what it may
     * have to read takes about five seconds. Kafka Streams' own defaults let it wait for up to ten minutes instead.
     */
    private void takeOver(Properties properties) {
        // Of the characters of a name, Kafka takes those of topics alone.
        String member = instance().replaceAll("[^A-Za-z0-9._-]", "-");
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), member);
        properties.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, 1);
        properties.put(StreamsConfig.ACCEPTABLE_RECOVERY_LAG_CONFIG, ACCEPTABLE_RECOVERY_LAG);
        properties.put(StreamsConfig.PROBING_REBALANCE_INTERVAL_MS_CONFIG, PROBING_REBALANCE_MS);
    }

    /** Adds interceptors of records read to those that whoever runs the instance may have, for tracing say. */
    private static void intercept(Properties properties, String name, Class<?>... ours) {
        Object theirs = properties.getOrDefault(name, properties.get(StreamsConfig.consumerPrefix(INTERCEPTORS)));
        properties.put(
                name,
                Stream.concat(
                                Stream.of(theirs == null ? "" : theirs.toString()),
                                Arrays.stream(ours).map(Class::getName))
                        .filter(each -> !each.isBlank())
                        .collect(Collectors.joining(",")));
    }

    /** Returns the configuration of Kafka Streams. */
    public Properties toProperties() {
        Properties properties = new Properties();
        cluster.client().forEach((name, value) -> {
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
        boolean exactly = delivery.guarantee() == Guarantee.EXACTLY_ONCE;
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, place.applicationId());
        properties.put(StreamsConfig.CLIENT_ID_CONFIG, place.applicationId() + "-" + place.instance());
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, cluster.bootstrapServers());
        properties.put(StreamsConfig.STATE_DIR_CONFIG, place.stateDirectory().toString());
        properties.put(
                StreamsConfig.PROCESSING_GUARANTEE_CONFIG,
                exactly ? StreamsConfig.EXACTLY_ONCE_V2 : StreamsConfig.AT_LEAST_ONCE);
        properties.put(
                StreamsConfig.COMMIT_INTERVAL_MS_CONFIG,
                delivery.commitInterval().toMillis());
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, batching.threads());
        // An idle thread sleeps in poll; what waits for a batch must not wait longer than it should.
        properties.put(
                StreamsConfig.POLL_MS_CONFIG,
                batching.longestWait().isZero()
                        ? IDLE_POLL_MS
                        : Math.max(
                                1, Math.min(IDLE_POLL_MS, batching.longestWait().toMillis() / 2)));
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
        Polled.addTo(properties);
        intercept(properties, StreamsConfig.mainConsumerPrefix(INTERCEPTORS), Stamped.class, Polled.class);
        intercept(properties, StreamsConfig.globalConsumerPrefix(INTERCEPTORS), Stamped.class);
        takeOver(properties);
        if (exactly) {
            properties.put(
                    StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG),
                    Math.toIntExact(Math.max(
                            LEAST_TRANSACTION_TIMEOUT_MS,
                            4 * delivery.commitInterval().toMillis())));
        }
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.ACKS_CONFIG), "all");
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 2);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 128 << 10);
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG), 2 << 20);
        return properties;
    }
}
