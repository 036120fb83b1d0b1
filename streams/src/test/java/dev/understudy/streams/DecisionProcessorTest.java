package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a crash leaves behind, written into the stores by hand. */
class DecisionProcessorTest {
    private static final long START_MS = 1_600_000_000_000L;

    private Path folder;
    private DecisionProcessor<FollowingSample> processor;

    @BeforeEach
    void create(@TempDir Path temporary) {
        folder = temporary;
        processor = processor();
    }

    private DecisionProcessor<FollowingSample> processor() {
        ServingConfig config = ServingConfig.defaults("nowhere:1", folder);
        Policies<FollowingSample> policies = Policies.one(new CarFollowingPolicy());
        ServingMetrics metrics = new ServingMetrics();
        return new DecisionProcessor<>(
                config, policies, "", ServedDrive.directories(config, List.of(policies), metrics), metrics);
    }

    @Test
    void aRevivedTaskForgetsWhatItHadNotCommitted() {
        Task aborted = new Task(Map.of(), Map.of());
        processor.init(aborted.context);
        aborted.observe(0);

        Task revived = new Task(Map.of(), Map.of());
        processor.init(revived.context);
        revived.observe(0);
        revived.waitForTheBatch();

        assertThat(revived.context.forwarded()).hasSize(1);
    }

    @Test
    void whatWaitedIsDecidedAgainWhenOnlyTheVehiclesOfItsBatchWereWritten() {
        Task crashed = new Task(Map.of(), Map.of());
        processor.init(crashed.context);
        crashed.observe(0);
        Map<Bytes, byte[]> waiting = crashed.contents(DecisionProcessor.WAITING);
        crashed.waitForTheBatch();

        processor = processor();
        Task restored = new Task(crashed.contents(DecisionProcessor.ENTITIES), waiting);
        processor.init(restored.context);
        restored.waitForTheBatch();

        assertThat(restored.context.forwarded()).hasSize(1);
    }

    @Test
    void whatWaitedIsNotDecidedAgainWhenTheirBatchWasWrittenWhole() {
        Task stopped = new Task(Map.of(), Map.of());
        processor.init(stopped.context);
        stopped.observe(0);
        stopped.waitForTheBatch();

        processor = processor();
        Task restored =
                new Task(stopped.contents(DecisionProcessor.ENTITIES), stopped.contents(DecisionProcessor.WAITING));
        processor.init(restored.context);
        restored.waitForTheBatch();

        assertThat(restored.context.forwarded()).isEmpty();
    }

    @Test
    void whatWasDecidedFromTheStoreIsNoSecondDecisionWhenKafkaSendsItAgain() {
        Task crashed = new Task(Map.of(), Map.of());
        processor.init(crashed.context);
        crashed.observe(0);
        Map<Bytes, byte[]> waiting = crashed.contents(DecisionProcessor.WAITING);
        crashed.waitForTheBatch();

        processor = processor();
        Task restored = new Task(crashed.contents(DecisionProcessor.ENTITIES), waiting);
        processor.init(restored.context);
        restored.waitForTheBatch();
        restored.observe(0);
        restored.observe(1);
        restored.waitForTheBatch();

        assertThat(restored.decisions()).extracting(Decision::sequence).containsExactly(0L, 1L);
    }

    @Test
    void aWrongTimeIsStillWrongWhenItIsDecidedAgain() {
        Task crashed = new Task(Map.of(), Map.of());
        processor.init(crashed.context);
        crashed.observe(0);
        crashed.observe(1);
        crashed.observe(2, START_MS - 3_600_000);
        Map<Bytes, byte[]> waiting = crashed.contents(DecisionProcessor.WAITING);
        crashed.waitForTheBatch();

        processor = processor();
        Task restored = new Task(crashed.contents(DecisionProcessor.ENTITIES), waiting);
        processor.init(restored.context);
        restored.waitForTheBatch();
        restored.observe(3);
        restored.observe(4, START_MS - 3_600_000);
        restored.waitForTheBatch();

        assertThat(restored.decisions())
                .extracting(Decision::kind)
                .containsExactly(
                        Decision.Kind.FALLBACK_NO_MODEL,
                        Decision.Kind.FALLBACK_NO_MODEL,
                        Decision.Kind.FALLBACK_INPUT,
                        Decision.Kind.FALLBACK_NO_MODEL,
                        Decision.Kind.FALLBACK_INPUT);
    }

    @Test
    void oneWrongSequenceCostsOneObservation() {
        Task task = new Task(Map.of(), Map.of());
        processor.init(task.context);
        for (int i = 0; i < 300; i++) {
            task.observe(i, i == 100 ? 4_294_967_295L : i, START_MS - 60_000 + 100L * i);
        }
        task.observe(300, 250, START_MS - 60_000 + 25_000);
        task.waitForTheBatch();
        assertThat(task.decisions()).as("the last is a duplicate").hasSize(300);
        assertThat(task.decisions().stream().filter(each -> each.kind() == Decision.Kind.FALLBACK_INPUT))
                .singleElement()
                .satisfies(each ->
                        assertThat(each.reason()).startsWith("TIME_JUMP").contains("4294967295"));
    }

    @Test
    void aNewCountIsBelievedFromTheThirdObservationOn() {
        Task task = new Task(Map.of(), Map.of());
        processor.init(task.context);
        for (int i = 0; i < 300; i++) {
            task.observe(i, i < 100 ? 1_000_000 + i : i, START_MS - 60_000 + 100L * i);
        }
        task.waitForTheBatch();
        assertThat(task.decisions()).hasSize(300);
        assertThat(task.decisions().stream().filter(each -> each.kind() == Decision.Kind.FALLBACK_INPUT))
                .hasSize(2);
    }

    @Test
    void whatOnePollBroughtIsDecidedTogetherWithItsLastRecord() {
        Properties properties = ServingConfig.defaults("nowhere:1", folder).toProperties();
        Task task = new Task(Map.of(), Map.of(), properties);
        processor.init(task.context);
        try (Polled consumer = new Polled()) {
            consumer.configure(new StreamsConfig(properties).getMainConsumerConfigs("group", "client", 0));
            consumer.onConsume(task.records(0, 1, 2));
            task.observe(0);
            task.observe(1);
            assertThat(task.decisions()).isEmpty();
            task.observe(2);
            assertThat(task.decisions()).hasSize(3);

            consumer.onConsume(task.records(3));
            task.observe(3);
            assertThat(task.decisions()).hasSize(4);
        }
    }

    @Test
    void interceptorsOfWhoeverRunsTheInstanceStay() {
        Properties properties = ServingConfig.defaults("nowhere:1", folder)
                .withClient(Map.of(ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG, "org.example.Tracing"))
                .toProperties();

        assertThat(new StreamsConfig(properties).getMainConsumerConfigs("group", "client", 0))
                .containsEntry(
                        ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG,
                        "org.example.Tracing," + Stamped.class.getName() + "," + Polled.class.getName());
    }

    /** A task with stores of its own. */
    private final class Task {
        final MockProcessorContext<byte[], byte[]> context;

        Task(Map<Bytes, byte[]> vehicles, Map<Bytes, byte[]> waiting) {
            this(vehicles, waiting, new Properties());
        }

        Task(Map<Bytes, byte[]> vehicles, Map<Bytes, byte[]> waiting, Properties properties) {
            context = new MockProcessorContext<>(properties);
            context.setCurrentSystemTimeMs(START_MS);
            add(DecisionProcessor.ENTITIES, vehicles);
            add(DecisionProcessor.WAITING, waiting);
        }

        private void add(String name, Map<Bytes, byte[]> contents) {
            KeyValueStore<Bytes, byte[]> store = Stores.keyValueStoreBuilder(
                            Stores.inMemoryKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray())
                    .withLoggingDisabled()
                    .build();
            store.init(context.getStateStoreContext(), store);
            context.addStateStore(store);
            contents.forEach(store::put);
        }

        Map<Bytes, byte[]> contents(String name) {
            Map<Bytes, byte[]> contents = new TreeMap<>();
            KeyValueStore<Bytes, byte[]> store = context.getStateStore(name);
            try (KeyValueIterator<Bytes, byte[]> all = store.all()) {
                all.forEachRemaining(entry -> contents.put(entry.key, entry.value));
            }
            return contents;
        }

        List<Decision> decisions() {
            return context.forwarded().stream()
                    .map(each -> UnderstudySerdes.decision()
                            .deserializer()
                            .deserialize(Topics.DECISIONS, each.record().value()))
                    .toList();
        }

        void observe(long sequence) {
            observe(sequence, START_MS + 100 * sequence);
        }

        void observe(long sequence, long timeMs) {
            observe(sequence, sequence, timeMs);
        }

        void observe(long offset, long sequence, long timeMs) {
            context.setRecordMetadata(Topics.OBSERVATIONS, 0, offset);
            FollowingSample sample = new FollowingSample("car", "trip", sequence, timeMs, Actor.HUMAN, "", 20, 30, 20);
            processor.process(new Record<>(
                    "car".getBytes(StandardCharsets.UTF_8),
                    UnderstudySerdes.following().serializer().serialize(Topics.OBSERVATIONS, sample),
                    START_MS));
        }

        /** Returns what a poll gives that read these offsets. */
        ConsumerRecords<byte[], byte[]> records(long... offsets) {
            List<ConsumerRecord<byte[], byte[]>> read = Arrays.stream(offsets)
                    .mapToObj(offset ->
                            new ConsumerRecord<>(Topics.OBSERVATIONS, 0, offset, new byte[] {}, new byte[] {}))
                    .toList();
            return new ConsumerRecords<>(Map.of(new TopicPartition(Topics.OBSERVATIONS, 0), read), Map.of());
        }

        /** Lets it look for what is left over. */
        void waitForTheBatch() {
            context.scheduledPunctuators().get(0).getPunctuator().punctuate(START_MS);
        }
    }
}
