package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bound on how fast actions change holds from one model to the next. */
class RateLimitTest {
    private static final long START_MS = 1_600_000_000_000L;
    private static final int SWAPPED = 150;

    private static void promote(
            TopologyTestDriver driver, PolicyDirectories directories, long epoch, ModelFile model, long fromMs) {
        TestInputTopic<ArtifactKey, ArtifactChunk> artifacts = driver.createInputTopic(
                Topics.ARTIFACTS,
                UnderstudySerdes.artifactKey().serializer(),
                UnderstudySerdes.artifactChunk().serializer());
        Artifacts.chunks(CarFollowing.POLICY, model.bytes())
                .forEach(record -> artifacts.pipeInput(record.key(), record.value()));
        driver.createInputTopic(
                        Topics.PROMOTIONS,
                        new StringSerializer(),
                        UnderstudySerdes.promotion().serializer())
                .pipeInput(
                        CarFollowing.POLICY,
                        new Promotion(
                                CarFollowing.POLICY,
                                epoch,
                                model.sha256(),
                                fromMs,
                                "",
                                "test",
                                true,
                                "",
                                new TreeMap<>(),
                                0));
        directories.loadPending();
    }

    @Test
    void aModelThatAsksForAJumpFromWhatItsPredecessorDidIsOverruled(@TempDir Path folder) {
        ServingConfig config = ServingConfig.defaults("nowhere:1", folder)
                .with(new ServingConfig.Batching(1, Duration.ofMillis(5), 1));
        ServingMetrics metrics = new ServingMetrics();
        try (PolicyDirectories directories =
                        ServedDrive.directories(config, List.of(Policies.one(new CarFollowingPolicy())), metrics);
                TopologyTestDriver driver = new TopologyTestDriver(
                        ServingTopology.build(config, directories, metrics), config.toProperties())) {
            promote(driver, directories, 1, TestModels.constant(0.5f), START_MS);
            promote(driver, directories, 2, TestModels.constant(-5.5f), START_MS + 100 * SWAPPED);
            TestInputTopic<String, FollowingSample> observations = driver.createInputTopic(
                    Topics.OBSERVATIONS,
                    new StringSerializer(),
                    UnderstudySerdes.following().serializer());
            for (int i = 0; i < SWAPPED + 3; i++) {
                observations.pipeInput(
                        "car",
                        new FollowingSample("car", "trip", i, START_MS + 100L * i, Actor.HUMAN, "human", 20, 60, 20));
            }
            driver.advanceWallClockTime(Duration.ofMillis(10));
            List<Decision> made = driver.createOutputTopic(
                            Topics.DECISIONS,
                            new StringDeserializer(),
                            UnderstudySerdes.decision().deserializer())
                    .readValuesToList();

            Decision before = made.get(SWAPPED - 1);
            assertThat(before.kind()).isEqualTo(Decision.Kind.POLICY);
            assertThat(before.epoch()).isEqualTo(1);
            Decision first = made.get(SWAPPED);
            assertThat(first.epoch()).isEqualTo(2);
            assertThat(first.rawAction()).containsExactly(-5.5f);
            assertThat(first.kind()).isEqualTo(Decision.Kind.FALLBACK_ENVELOPE);
            assertThat(first.reason()).isEqualTo("TOO_SUDDEN");
        }
    }
}
