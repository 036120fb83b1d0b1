package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.domain.Actor;
import dev.understudy.driving.CarFollowing;
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
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills one of two instances that answer for ten policies. */
class PoliciesCrashIT {
    private static final int POLICIES = 10;
    private static final int CARS = 20;
    private static final int PARTITIONS = 4;
    private static final int HALF = 150;
    private static final long START_MS = 1_600_000_000_000L;

    private static String policy(int car) {
        return CarFollowing.POLICY + "@fleet-" + car % POLICIES;
    }

    @Test
    void nothingIsLostOrRepeatedAndEveryDecisionIsOfItsOwnPolicy(@TempDir Path folder) throws Exception {
        List<ModelFile> models = IntStream.range(0, POLICIES)
                .mapToObj(i -> TestModels.constant(policy(i), -0.05f * (i + 1)))
                .toList();
        try (TestBroker broker = new TestBroker(folder.resolve("broker"), PARTITIONS)) {
            for (int i = 0; i < POLICIES; i++) {
                broker.send(models.get(i));
                broker.publish(
                        Topics.PROMOTIONS,
                        new Promotion(
                                policy(i), i + 1, models.get(i).sha256(), 0, "", "test", true, "", new TreeMap<>(), 0));
            }
            ServingConfig config = CrashingServing.config(
                            broker.address(), folder.resolve("state-1"), Guarantee.EXACTLY_ONCE)
                    .named("survivor", "crash-" + Guarantee.EXACTLY_ONCE);
            Process other = start(broker, folder);
            try (Serving survivor = new Serving(config, Catalogue.chosen(List.of(CarFollowing.POLICY), "label"));
                    KafkaConsumer<String, Decision> decisions = decisions(broker)) {
                survivor.start();
                List<Decision> made = new ArrayList<>();
                produce(broker, 0, 1);
                read(decisions, made, CARS);
                TestBroker.await(() -> survivor.health().epochs().size() == POLICIES);
                int sent = 1;
                while (made.stream().map(Decision::instance).distinct().count() < 2) {
                    assertThat(other.isAlive()).isTrue();
                    produce(broker, sent, ++sent);
                    read(decisions, made, CARS * sent);
                }
                produce(broker, sent, sent + HALF);
                read(decisions, made, CARS * (sent + HALF / 2));
                other.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
                produce(broker, sent + HALF, sent + 2 * HALF);
                int perCar = sent + 2 * HALF;
                read(decisions, made, CARS * perCar);

                assertThat(made).hasSize(CARS * perCar);
                assertThat(made.stream().map(each -> each.entity() + "#" + each.sequence()))
                        .doesNotHaveDuplicates();
                assertThat(made).allSatisfy(decision -> {
                    int car = Integer.parseInt(decision.entity().substring("car-".length()));
                    assertThat(decision.policy()).isEqualTo(policy(car));
                    if (decision.kind() == Decision.Kind.POLICY) {
                        assertThat(decision.sha256())
                                .isEqualTo(models.get(car % POLICIES).sha256());
                        assertThat(decision.epoch()).isEqualTo(car % POLICIES + 1);
                    }
                });
                assertThat(made)
                        .filteredOn(decision -> decision.sequence() == perCar - 1)
                        .hasSize(CARS)
                        .allSatisfy(decision -> {
                            assertThat(decision.kind()).isEqualTo(Decision.Kind.POLICY);
                            assertThat(decision.instance()).isEqualTo("survivor");
                        });
            } finally {
                other.destroyForcibly();
            }
        }
    }

    private static Process start(TestBroker broker, Path folder) throws Exception {
        ProcessBuilder child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        CrashingServing.class.getName(),
                        broker.address(),
                        folder.resolve("state-2").toString(),
                        Guarantee.EXACTLY_ONCE.name(),
                        "PT0.005S",
                        CarFollowing.POLICY,
                        "label")
                .redirectErrorStream(true)
                .redirectOutput(new File(folder.toFile(), "crash.log"));
        // In the environment: ONNX Runtime 1.29.0 ends a JVM whose command line is longer than 4096 characters.
        child.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        return child.start();
    }

    private static void produce(TestBroker broker, int from, int to) {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", broker.address()),
                new StringSerializer(),
                UnderstudySerdes.following().serializer())) {
            for (int i = from; i < to; i++) {
                for (int car = 0; car < CARS; car++) {
                    String name = "car-" + car;
                    FollowingSample sample = new FollowingSample(
                            name,
                            name + "-trip",
                            i,
                            START_MS + 100L * i,
                            Actor.HUMAN,
                            "fleet-" + car % POLICIES,
                            20,
                            30,
                            20);
                    var sent = producer.send(new ProducerRecord<>(Topics.OBSERVATIONS, name, sample));
                    assertThat(sent).isNotNull();
                }
            }
        }
    }

    private static KafkaConsumer<String, Decision> decisions(TestBroker broker) {
        var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", broker.address(), "isolation.level", "read_committed"),
                new StringDeserializer(),
                UnderstudySerdes.decision().deserializer());
        List<TopicPartition> partitions = IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> new TopicPartition(Topics.DECISIONS, partition))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        return consumer;
    }

    /** Reads until there are as many as expected, and whatever else is there by then. */
    private static void read(KafkaConsumer<String, Decision> decisions, List<Decision> made, int expected) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        boolean more = true;
        while ((made.size() < expected && System.nanoTime() < deadline) || more) {
            int before = made.size();
            decisions.poll(Duration.ofMillis(200)).forEach(record -> made.add(record.value()));
            more = made.size() > before;
        }
    }
}
