package dev.understudy.benchmarks;

import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.Matrix;
import dev.understudy.driving.CarFollowing;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.TopicAdmin;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A broker in this JVM with the system's topics, one promoted model and observations to answer. */
final class ServingLab implements AutoCloseable {
    private static final long SEED = 20_110_411L;
    private static final int GOLDEN_ROWS = 16;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path directory;
    private final EmbeddedBroker broker;
    private final Admin admin;
    private final ModelFile model;
    private final int partitions;

    private ServingLab(Path directory, EmbeddedBroker broker, Admin admin, ModelFile model, int partitions) {
        this.directory = directory;
        this.broker = broker;
        this.admin = admin;
        this.model = model;
        this.partitions = partitions;
    }

    /**
     * Starts the broker, makes the topics and promotes a model as epoch 1 from the beginning of time.
     *
     * @param partitions of the topics keyed by vehicle
     */
    static ServingLab start(int partitions) throws IOException, ExecutionException, InterruptedException {
        Path directory = Files.createTempDirectory("understudy-bench-");
        EmbeddedBroker broker = EmbeddedBroker.start(directory);
        Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers()));
        new TopicAdmin(admin, broker.bootstrapServers(), PATIENCE).ensure(1, partitions);
        ServingLab lab = new ServingLab(directory, broker, admin, untrainedModel(SEED), partitions);
        lab.promote(lab.model, 1);
        return lab;
    }

    /** Returns the 64-64 policy before any training: it costs what a trained one costs. */
    static ModelFile untrainedModel(long seed) {
        int n = CarFollowing.observationSize();
        float[] golden = new float[GOLDEN_ROWS * n];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < golden.length; i++) {
            golden[i] = (float) random.nextGaussian();
        }
        try (Learner learner = Catalogue.policy(CarFollowing.POLICY).learner(Algorithms.CLONING, 1)) {
            return ModelFile.createGolden(
                    learner.export(learner.initialState(seed)),
                    new ModelMetadata(
                            CarFollowing.POLICY,
                            "",
                            0,
                            1,
                            List.of(),
                            seed,
                            CarFollowing.fingerprint(),
                            "{}",
                            new Matrix(GOLDEN_ROWS, n, golden),
                            new Matrix(GOLDEN_ROWS, CarFollowing.ACTION_SIZE, new float[GOLDEN_ROWS]),
                            "bench",
                            "none",
                            new TreeMap<>()));
        }
    }

    /** Publishes a model and promotes it from the beginning of time. */
    void promote(ModelFile promoted, long epoch) throws ExecutionException, InterruptedException {
        publish(promoted);
        promote(promoted.sha256(), epoch);
    }

    /** Publishes a model, and promotes nothing. */
    void publish(ModelFile promoted) throws ExecutionException, InterruptedException {
        try (KafkaProducer<ArtifactKey, ArtifactChunk> producer = new KafkaProducer<>(
                clients(),
                UnderstudySerdes.artifactKey().serializer(),
                UnderstudySerdes.artifactChunk().serializer())) {
            for (ProducerRecord<ArtifactKey, ArtifactChunk> chunk :
                    Artifacts.chunks(CarFollowing.POLICY, promoted.bytes())) {
                producer.send(chunk).get();
            }
        }
    }

    /** Promotes a model that was published, from the beginning of time. */
    void promote(String sha256, long epoch) throws ExecutionException, InterruptedException {
        try (KafkaProducer<String, Promotion> producer = new KafkaProducer<>(
                clients(), new StringSerializer(), UnderstudySerdes.promotion().serializer())) {
            Promotion promotion = new Promotion(
                    CarFollowing.POLICY, epoch, sha256, 0, "", "benchmark", true, "bench", new TreeMap<>(), 1);
            producer.send(new ProducerRecord<>(Topics.PROMOTIONS, CarFollowing.POLICY, promotion))
                    .get();
        }
    }

    private Map<String, Object> clients() {
        Map<String, Object> settings = new HashMap<>();
        settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrapServers());
        return settings;
    }

    /** Returns a sender of observations that sends what it has at once, or in large batches. */
    ObservationSender sender(boolean atOnce) {
        Map<String, Object> settings = clients();
        settings.put(ProducerConfig.LINGER_MS_CONFIG, atOnce ? 0 : 20);
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 128 << 10);
        return new ObservationSender(settings);
    }

    /** Writes the first {@code count} samples as observations and returns when all are stored. */
    void observe(Traffic traffic, long count) {
        try (ObservationSender sender = sender(false)) {
            for (long i = 0; i < count; i++) {
                sender.send(traffic.sample(i));
            }
        }
    }

    /** Returns a consumer of committed bytes. */
    KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> settings = clients();
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5_000);
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Makes a topic for what a baseline writes, and returns when the broker reports it. */
    void create(String topic) throws ExecutionException, InterruptedException {
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1)))
                .all()
                .get();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isVisible(topic)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "expected topic %s within %s of making it, found none".formatted(topic, PATIENCE));
            }
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }

    private boolean isVisible(String topic) throws ExecutionException, InterruptedException {
        try {
            return admin.describeTopics(List.of(topic)).allTopicNames().get().values().stream()
                            .flatMap(description -> description.partitions().stream())
                            .filter(partition -> partition.leader() != null)
                            .count()
                    == partitions;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return false;
            }
            throw e;
        }
    }

    /** Deletes a topic. */
    void delete(String topic) throws ExecutionException, InterruptedException {
        admin.deleteTopics(List.of(topic)).all().get();
    }

    /** Forgets every record of a topic. */
    void empty(String topic) throws ExecutionException, InterruptedException {
        admin.deleteRecords(ends(topic).entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, entry -> RecordsToDelete.beforeOffset(entry.getValue()))))
                .all()
                .get();
    }

    /** Returns where the partitions of a topic end. */
    Map<TopicPartition, Long> ends(String topic) throws ExecutionException, InterruptedException {
        return Round.ends(
                admin,
                IntStream.range(0, partitions)
                        .mapToObj(partition -> new TopicPartition(topic, partition))
                        .collect(Collectors.toMap(partition -> partition, partition -> 0L)));
    }

    Admin admin() {
        return admin;
    }

    String bootstrapServers() {
        return broker.bootstrapServers();
    }

    /** Returns the model in force. */
    ModelFile model() {
        return model;
    }

    /** Returns an empty directory for stores. */
    Path stateDirectory(String name) throws IOException {
        return Files.createDirectories(directory.resolve(name));
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(5));
        broker.close();
        Directories.delete(directory);
    }
}
