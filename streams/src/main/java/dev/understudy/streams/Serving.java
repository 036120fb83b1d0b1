package dev.understudy.streams;

import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.PolicySpec;
import dev.understudy.model.FirstSight;
import dev.understudy.model.ModelIntake;
import dev.understudy.model.ModelMetadata;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.ThreadMetadata;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A serving instance: the topology, the loader of models, and their acknowledgements, from start to stop. */
public final class Serving implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Serving.class);
    private static final Duration STOP = Duration.ofSeconds(20);

    /** The state of an instance whose observations wait for the models in force. */
    public static final String LOADING = "LOADING";

    /** Longest that observations wait for the models in force: a first look takes long on a busy machine (a guess). */
    private static final Duration LOAD = Duration.ofSeconds(30);

    private final ServingConfig config;
    private final ServingMetrics metrics = new ServingMetrics();
    private final KafkaProducer<String, Acknowledgement> acknowledgements;
    private final KafkaProducer<byte[], DeadLetter> deadLetters;
    private final PolicyDirectories directories;
    private final KafkaStreams streams;

    /**
     * How an instance is.
     *
     * @param state what Kafka Streams says, {@link #LOADING} while observations wait for the models in force
     * @param answering whether observations are read; not by an instance whose partitions others have
     * @param epochs the newest promotion in service, by policy
     * @param threads stream threads alive
     * @param partitions partitions of observations that it answers
     */
    public record Health(String state, boolean answering, SortedMap<String, Long> epochs, int threads, int partitions) {
        /** Returns whether it runs, but has nothing to answer: other instances have all partitions. */
        public boolean isWithoutWork() {
            return state.equals(KafkaStreams.State.RUNNING.name()) && partitions == 0 && threads > 0;
        }

        /** Returns the newest promotion in service of any policy, if there is one. */
        public Optional<Long> epoch() {
            return epochs.values().stream().max(Comparator.naturalOrder());
        }
    }

    /** An instance that serves one policy, to which every sample belongs. */
    public Serving(ServingConfig config, PolicySpec<?> spec) {
        this(config, List.of(Policies.one(spec)));
    }

    /**
     * An instance that does nothing until {@link #start}; the topics must exist. Model files come from outside: each is
     * tried in a process apart when it is first seen.
     *
     * @param served the policies it answers for, by domain; one of each
     */
    public Serving(ServingConfig config, List<Policies<?>> served) {
        this(config, served, new FirstSight(checked(config)));
    }

    /**
     * An instance that takes model files in as it is told.
     *
     * @param intake closed with the instance
     */
    public Serving(ServingConfig config, List<Policies<?>> served, ModelIntake intake) {
        this.config = config;
        acknowledgements = new KafkaProducer<>(
                config.producerProperties(config.place().applicationId() + "-" + config.instance() + "-acks"),
                new StringSerializer(),
                UnderstudySerdes.acknowledgement().serializer());
        deadLetters = new KafkaProducer<>(
                config.producerProperties(config.place().applicationId() + "-" + config.instance() + "-dead"),
                new ByteArraySerializer(),
                UnderstudySerdes.deadLetter().serializer());
        directories = new PolicyDirectories(config, served, metrics, this::acknowledge, InstantSource.system(), intake);
        directories.deadLettersTo(this::dead);
        try {
            streams = new KafkaStreams(ServingTopology.build(config, directories, metrics), config.toProperties());
        } catch (RuntimeException e) {
            directories.close();
            acknowledgements.close(Duration.ZERO);
            deadLetters.close(Duration.ZERO);
            throw e;
        }
        streams.setUncaughtExceptionHandler(
                new RestartLimit(config.restarts().most(), config.restarts().period(), InstantSource.system()));
    }

    /** Returns the file with what was checked before. */
    private static Path checked(ServingConfig config) {
        return config.place()
                .stateDirectory()
                .resolve("checked-models-" + config.instance().replaceAll("[^A-Za-z0-9._-]", "_"));
    }

    private void acknowledge(Acknowledgement acknowledgement) {
        var unused = acknowledgements.send(
                new ProducerRecord<>(Topics.ACKS, acknowledgement.key(), acknowledgement), (metadata, failure) -> {
                    if (failure != null) {
                        LOG.warn("Did not acknowledge promotion {}", acknowledgement.epoch(), failure);
                    }
                });
    }

    @SuppressWarnings("NullAway") // a record may go without a key
    private void dead(DeadLetter letter) {
        try {
            var unused = deadLetters.send(
                    new ProducerRecord<>(Topics.DEAD_LETTERS, letter.key(), letter), (metadata, failure) -> {
                        if (failure != null) {
                            LOG.warn("Made no dead letter of {}", letter.coordinates(), failure);
                        }
                    });
        } catch (KafkaException e) {
            LOG.warn("Made no dead letter of {}", letter.coordinates(), e);
        }
    }

    /**
     * Starts to serve; returns once it knows what is promoted. Observations wait until the models in force are loaded,
     * for 30 seconds at most, so that a start answers none without a model that was there.
     */
    public void start() {
        register();
        directories.start();
        streams.pause();
        streams.start();
        var unused = directories
                .lookedAt()
                .completeOnTimeout(false, LOAD.toMillis(), TimeUnit.MILLISECONDS)
                .thenAccept(this::resume);
        LOG.info("Serving starts: {}", config);
    }

    private void resume(boolean areLoaded) {
        if (!areLoaded) {
            LOG.warn("Observations wait no longer for models: after {} they are not loaded yet", LOAD);
        }
        streams.resume();
    }

    /** Returns how the instance is. */
    public Health health() {
        KafkaStreams.State state = streams.state();
        Set<ThreadMetadata> threads = state.isRunningOrRebalancing() ? streams.metadataForLocalThreads() : Set.of();
        int partitions = threads.stream()
                .flatMap(thread -> thread.activeTasks().stream())
                .mapToInt(task -> task.topicPartitions().size())
                .sum();
        return new Health(
                streams.isPaused() ? LOADING : state.name(),
                state == KafkaStreams.State.RUNNING && partitions > 0,
                directories.epochs(),
                threads.size(),
                partitions);
    }

    /** Returns what the instance counts. */
    public ServingMetrics metrics() {
        return metrics;
    }

    /** Returns the metadata of the model that answers for a policy at an event time; null if there is none. */
    public @Nullable ModelMetadata model(String policy, long timeMs) {
        return directories.answering(PolicyName.parse(policy), timeMs).slot().metadata(timeMs);
    }

    /** Returns the models of the instance. */
    public PolicyDirectories directories() {
        return directories;
    }

    private void register() {
        try {
            MBeanServer server = ManagementFactory.getPlatformMBeanServer();
            if (!server.isRegistered(name())) {
                server.registerMBean(metrics, name());
            }
        } catch (JMException e) {
            LOG.warn("The counts are not shown by JMX", e);
        }
    }

    private ObjectName name() throws JMException {
        return new ObjectName("dev.understudy:type=Serving,instance=" + ObjectName.quote(config.instance()));
    }

    /** Stops within 30 s: no more observations are read (20 s), then models and connections are closed (5 s each). */
    @Override
    public void close() {
        // Partitions move at once; an instance that is killed keeps them for the session timeout.
        if (!streams.close(
                CloseOptions.timeout(STOP).withGroupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP))) {
            LOG.warn("Serving did not stop within {}", STOP);
        }
        directories.close();
        acknowledgements.close(Duration.ofSeconds(5));
        deadLetters.close(Duration.ofSeconds(5));
        try {
            MBeanServer server = ManagementFactory.getPlatformMBeanServer();
            if (server.isRegistered(name())) {
                server.unregisterMBean(name());
            }
        } catch (JMException e) {
            LOG.warn("The counts are still shown by JMX", e);
        }
    }
}
