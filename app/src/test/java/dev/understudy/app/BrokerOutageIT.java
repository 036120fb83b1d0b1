package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.app.study.BundledLogs;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.ingest.Replay;
import dev.understudy.ingest.ReplayReport;
import dev.understudy.ingest.ReplaySettings;
import dev.understudy.ingest.SampleSource;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.streams.Guarantee;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The broker goes away under a replay and a serving instance, and comes back. */
class BrokerOutageIT {
    private static final int ROWS = 12_000;
    private static final Duration OUTAGE = Duration.ofSeconds(4);

    @TempDir
    Path folder = Path.of("");

    private record Answered(String vehicle, String trip, long sequence) {}

    @ParameterizedTest
    @EnumSource
    void everyObservationIsDecidedOnceAndNobodyIsStartedAgain(Guarantee guarantee) throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            Connection connection = Connection.local(broker.bootstrapServers());
            connection.ensureTopics(1, 2);
            ServingConfig config = ServingConfig.defaults(broker.bootstrapServers(), folder.resolve("state"))
                    .with(new ServingConfig.Delivery(guarantee, Duration.ofMillis(200)));
            ReplaySettings settings = ReplaySettings.defaults(broker.bootstrapServers())
                    .withRoute(ReplaySettings.Route.OBSERVATIONS)
                    .withFactor(10)
                    .withLimit(ROWS);
            try (Serving serving = new Serving(config, new CarFollowingPolicy());
                    KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings.producerProperties());
                    SampleSource source =
                            BundledLogs.open(BundledLogs.folder(), "acc-S").source()) {
                serving.start();
                Replay replay = new Replay(settings, producer);
                CompletableFuture<ReplayReport> sending =
                        CompletableFuture.supplyAsync(() -> replay.run(source, report -> {}, bad -> {}));
                await(() -> serving.metrics().snapshot().decisions() > ROWS / 10);

                broker.pause();
                assertThat(new CountDownLatch(1).await(OUTAGE.toMillis(), TimeUnit.MILLISECONDS))
                        .isFalse();
                assertThat(sending).as("the replay waits for the broker").isNotDone();
                broker.goOn();

                int observed = (int) sending.get(60, TimeUnit.SECONDS).observations();
                assertThat(observed).isGreaterThan(ROWS / 2);
                List<Answered> answered = new ArrayList<>();
                await(() -> {
                    answered.clear();
                    decisions(connection).forEach(answered::add);
                    return answered.size() >= observed;
                });
                assertThat(answered).hasSize(observed).doesNotHaveDuplicates();
                assertThat(serving.health().answering()).isTrue();
            }
        }
    }

    private static List<Answered> decisions(Connection connection) {
        return new TopicReader(connection, Duration.ofSeconds(20))
                .all(Topics.DECISIONS, Serdes.String(), UnderstudySerdes.decision()).stream()
                        .map(ConsumerRecord::value)
                        .map(BrokerOutageIT::answered)
                        .toList();
    }

    private static Answered answered(Decision decision) {
        return new Answered(decision.entity(), decision.episode(), decision.sequence());
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("within 60 s").isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
    }
}
