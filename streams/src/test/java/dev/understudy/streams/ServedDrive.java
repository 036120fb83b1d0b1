package dev.understudy.streams;

import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.RolloutStep;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;

/** A drive answered by a new instance, whose model is in force from the beginning. */
final class ServedDrive {
    private ServedDrive() {}

    /** Returns the models of an instance, which acknowledges them to nobody. */
    static PolicyDirectories directories(ServingConfig config, List<Policies<?>> served, ServingMetrics metrics) {
        return new PolicyDirectories(
                config.named("test", config.place().applicationId()),
                served,
                metrics,
                any -> {},
                InstantSource.fixed(Instant.EPOCH));
    }

    /** Puts a model in force. */
    static void promote(TopologyTestDriver driver, PolicyDirectories directories, ModelFile model, long fromMs) {
        promote(driver, directories, model.metadata().policy(), model, fromMs);
    }

    /** Puts a model in force for a policy, be it its own or not. */
    static void promote(
            TopologyTestDriver driver, PolicyDirectories directories, String policy, ModelFile model, long fromMs) {
        TestInputTopic<ArtifactKey, ArtifactChunk> artifacts = driver.createInputTopic(
                Topics.ARTIFACTS,
                UnderstudySerdes.artifactKey().serializer(),
                UnderstudySerdes.artifactChunk().serializer());
        Artifacts.chunks(policy, model.bytes()).forEach(record -> artifacts.pipeInput(record.key(), record.value()));
        Promotion promotion =
                new Promotion(policy, 1, model.sha256(), fromMs, "", "test", true, "", new TreeMap<>(), 0);
        driver.createInputTopic(
                        Topics.PROMOTIONS,
                        new StringSerializer(),
                        UnderstudySerdes.promotion().serializer())
                .pipeInput(policy, promotion);
        directories.loadPending();
    }

    /** Returns what is recorded of a drive. */
    static List<RolloutStep> rollouts(Path folder, ModelFile model, List<FollowingSample> drive) {
        ServingConfig config = ServingConfig.defaults("nowhere:1", folder)
                .with(new ServingConfig.Batching(8, Duration.ofMillis(5), 1))
                .with(Recording.MODE);
        ServingMetrics metrics = new ServingMetrics();
        try (PolicyDirectories directories =
                        directories(config, List.of(Policies.one(new CarFollowingPolicy())), metrics);
                TopologyTestDriver driver = new TopologyTestDriver(
                        ServingTopology.build(config, directories, metrics), config.toProperties())) {
            promote(driver, directories, model, drive.get(0).timeMs());
            TestInputTopic<String, FollowingSample> observations = driver.createInputTopic(
                    Topics.OBSERVATIONS,
                    new StringSerializer(),
                    UnderstudySerdes.following().serializer());
            drive.forEach(sample -> observations.pipeInput(sample.vehicle(), sample));
            driver.advanceWallClockTime(config.batching().longestWait());
            return driver.createOutputTopic(
                            Topics.ROLLOUTS,
                            new StringDeserializer(),
                            UnderstudySerdes.rollout().deserializer())
                    .readValuesToList();
        }
    }
}
