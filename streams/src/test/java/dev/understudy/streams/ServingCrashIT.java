package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Actor;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Kills serving with a batch half full and looks for what is missing afterwards. */
class ServingCrashIT {
    private static final int WAITING = 100;
    private static final long START_MS = 1_600_000_000_000L;
    private static final TopicPartition OBSERVATIONS = new TopicPartition(Topics.OBSERVATIONS, 0);

    private Path folder;
    private TestBroker broker;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        folder = directory;
        broker = new TestBroker(folder.resolve("broker"), 1);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsLostWhenServingIsKilledWithItsBatchHalfFull(Guarantee guarantee) throws Exception {
        produce(0, WAITING);
        ProcessBuilder child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        CrashingServing.class.getName(),
                        broker.address(),
                        folder.resolve("state-1").toString(),
                        guarantee.name(),
                        "PT1H",
                        CarFollowing.POLICY,
                        "one")
                .redirectErrorStream(true)
                .redirectOutput(new File(folder.toFile(), "crash.log"));
        // In the environment: ONNX Runtime 1.29.0 ends a JVM whose command line is longer than 4096 characters.
        child.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        Process crashing = child.start();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.address()))) {
            TestBroker.await(() -> committed(admin, guarantee) == WAITING);
        } finally {
            crashing.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
        assertThat(decisions(0)).as("nothing was decided before the crash").isEmpty();

        produce(WAITING, 2 * WAITING);
        ServingConfig config = CrashingServing.config(broker.address(), folder.resolve("state-2"), guarantee);
        List<Decision> made;
        try (Serving serving = new Serving(config, new CarFollowingPolicy())) {
            serving.start();
            made = decisions(2 * WAITING);
        }

        assertThat(made.stream().map(Decision::sequence).toList())
                .containsExactlyElementsOf(
                        LongStream.range(0, 2 * WAITING).boxed().toList());
    }

    @ParameterizedTest
    @EnumSource
    void aPromotionComesIntoServiceWhileObservationsAreAnswered(Guarantee guarantee) throws Exception {
        ModelFile model = TestModels.constant(-0.25f);
        ServingConfig config = CrashingServing.config(broker.address(), folder.resolve("state"), guarantee);
        try (Serving serving = new Serving(config, new CarFollowingPolicy())) {
            serving.start();
            produce(0, WAITING);
            assertThat(decisions(WAITING)).hasSize(WAITING).allSatisfy(decision -> assertThat(decision.kind())
                    .isEqualTo(Decision.Kind.FALLBACK_NO_MODEL));
            promote(model);
            TestBroker.await(() -> serving.health().epoch().isPresent());
            produce(WAITING, 2 * WAITING);

            List<Decision> made = decisions(2 * WAITING);

            assertThat(made.get(2 * WAITING - 1).kind()).isEqualTo(Decision.Kind.POLICY);
            assertThat(made.get(2 * WAITING - 1).sha256()).isEqualTo(model.sha256());
            assertThat(rollouts())
                    .as("one for each decision of the policy, with its action and density")
                    .containsExactlyElementsOf(made.stream()
                            .filter(decision -> decision.kind() == Decision.Kind.POLICY)
                            .map(ServingCrashIT::step)
                            .toList());
            assertThat(serving.health().answering()).isTrue();
            assertThat(serving.metrics().snapshot().decisions()).isEqualTo(2 * WAITING);
        }
    }

    @Test
    void anInstanceThatStartsAnswersABacklogWithWhoWasInForceThen() throws Exception {
        ModelFile before = TestModels.constant(-0.25f);
        ModelFile overtaken = TestModels.constant(-0.5f);
        ModelFile inForce = TestModels.constant(-0.125f);
        List.of(before, overtaken, inForce).forEach(broker::send);
        int switched = 150;
        long effectiveFromMs = START_MS + 100L * switched;
        Promotion first = promotion(1, before, START_MS);
        Promotion last = promotion(2, inForce, effectiveFromMs);
        broker.publish(Topics.HISTORY, first, promotion(2, overtaken, effectiveFromMs), last);
        broker.publish(Topics.PROMOTIONS, promotion(2, overtaken, effectiveFromMs), last);

        ServingConfig config =
                CrashingServing.config(broker.address(), folder.resolve("state"), Guarantee.AT_LEAST_ONCE);
        List<Decision> made;
        produce(0, 2 * WAITING);
        try (Serving serving = new Serving(config, new CarFollowingPolicy())) {
            serving.start();
            made = decisions(2 * WAITING);
        }

        assertThat(made)
                .as("observations wait until what is in force is loaded")
                .noneMatch(decision -> decision.kind() == Decision.Kind.FALLBACK_NO_MODEL);
        assertThat(made.get(switched - 1).sha256()).isEqualTo(before.sha256());
        assertThat(made.get(switched - 1).epoch()).isEqualTo(1);
        assertThat(made.get(switched).sha256()).isEqualTo(inForce.sha256());
        assertThat(made.get(switched).epoch()).isEqualTo(2);
    }

    @Test
    void recordsThatCameWithoutATimestampStopNobody() throws Exception {
        ModelFile model = TestModels.constant(-0.25f);
        broker.send(model);
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker.address()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            Promotion promotion = promotion(1, model, START_MS);
            byte[] promoted = UnderstudySerdes.promotion().serializer().serialize(Topics.PROMOTIONS, promotion);
            for (String topic : List.of(Topics.HISTORY, Topics.PROMOTIONS)) {
                producer.send(unstamped(topic, CarFollowing.POLICY, promoted)).get();
            }
            producer.send(unstamped(Topics.ARTIFACTS, "nonsense", new byte[] {1}))
                    .get();
            for (int i = 0; i < WAITING; i++) {
                byte[] observed = UnderstudySerdes.following().serializer().serialize(Topics.OBSERVATIONS, sample(i));
                producer.send(unstamped(Topics.OBSERVATIONS, "car", observed)).get();
            }
        }

        ServingConfig config =
                CrashingServing.config(broker.address(), folder.resolve("state"), Guarantee.AT_LEAST_ONCE);
        try (Serving serving = new Serving(config, new CarFollowingPolicy())) {
            serving.start();
            List<Decision> made = decisions(WAITING);
            assertThat(made.get(WAITING - 1).kind()).isEqualTo(Decision.Kind.POLICY);
            assertThat(made.get(WAITING - 1).sha256()).isEqualTo(model.sha256());
        }
    }

    /** Returns a record as a producer of another kind may send it. */
    private static ProducerRecord<String, byte[]> unstamped(String topic, String key, byte[] value) {
        return new ProducerRecord<>(topic, key, value) {
            @Override
            public Long timestamp() {
                return RecordBatch.NO_TIMESTAMP;
            }
        };
    }

    private void promote(ModelFile model) {
        broker.send(model);
        broker.publish(Topics.PROMOTIONS, promotion(1, model, 0));
    }

    private static Promotion promotion(long epoch, ModelFile model, long effectiveFromMs) {
        return new Promotion(
                CarFollowing.POLICY, epoch, model.sha256(), effectiveFromMs, "", "test", true, "", new TreeMap<>(), 0);
    }

    private void produce(int from, int to) {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker.address()),
                new StringSerializer(),
                UnderstudySerdes.following().serializer())) {
            for (int i = from; i < to; i++) {
                var sent = producer.send(new ProducerRecord<>(Topics.OBSERVATIONS, "car", sample(i)));
                assertThat(sent).isNotNull();
            }
        }
    }

    private static FollowingSample sample(int sequence) {
        return new FollowingSample(
                "car", "trip", sequence, START_MS + 100L * sequence, Actor.HUMAN, "human", 20, 30, 20);
    }

    /** Reads decisions until there are as many as expected, then until none come for half a second. */
    private List<Decision> decisions(int expected) {
        List<Decision> read = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", broker.address(), "isolation.level", "read_committed"),
                new StringDeserializer(),
                UnderstudySerdes.decision().deserializer())) {
            TopicPartition partition = new TopicPartition(Topics.DECISIONS, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            boolean more = true;
            while ((read.size() < expected && System.nanoTime() < deadline) || more) {
                int before = read.size();
                consumer.poll(Duration.ofMillis(500)).forEach(record -> read.add(record.value()));
                more = read.size() > before;
            }
        }
        return read;
    }

    private static String step(Decision decision) {
        return "%d: %s, %s".formatted(decision.sequence(), decision.rawAction()[0], decision.logProbability());
    }

    /** Reads the rollouts there are, now that the decisions of the same transactions were seen. */
    private List<String> rollouts() {
        List<String> read = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", broker.address(), "isolation.level", "read_committed"),
                new StringDeserializer(),
                UnderstudySerdes.rollout().deserializer())) {
            TopicPartition partition = new TopicPartition(Topics.ROLLOUTS, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(500))
                        .forEach(record -> read.add("%d: %s, %s"
                                .formatted(
                                        record.value().sequence(),
                                        record.value().action()[0],
                                        record.value().logProbability())));
            }
        }
        return read;
    }

    private static long committed(Admin admin, Guarantee guarantee) {
        try {
            OffsetAndMetadata offset = admin.listConsumerGroupOffsets("crash-" + guarantee)
                    .partitionsToOffsetAndMetadata()
                    .get(10, TimeUnit.SECONDS)
                    .get(OBSERVATIONS);
            return offset == null ? 0 : offset.offset();
        } catch (Exception e) {
            return 0;
        }
    }
}
