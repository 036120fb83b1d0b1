package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.OpenAccReader;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.RolloutStep;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two minutes of the bundled logs through serving: what is observed and decided stays the same, bit for bit, while the
 * code is laid out anew. The model says the same whatever it observes, so that nothing hangs on how a processor rounds.
 */
class SameBytesTest {
    /** SHA-256 of all records of decisions. */
    private static final String DECISIONS = "1fda119dc9e1c926ba044d4c51920b8be350d38c3a9f055df349c401a876e9d3";

    /** SHA-256 of all records of what the policy observed and did. */
    private static final String ROLLOUTS = "8612f23943b7b440178eb77ef5ae692084452e037ac106fca4cdf3167bbb789c";

    /** What decisions say that they were made by, where {@link #DECISIONS} was written down. */
    private static final String MODEL = "52004b41bd95ff2ae3c9ffc241dbbfa3866d03b689ab8c3b5fdb6c3579ac12f5";

    private static final Path FOLDER = Path.of("..", "ingest", "data", "openacc-zalazone");
    private static final Instant START = Instant.parse("2019-10-08T08:00:00Z");

    private static List<FollowingSample> logs() {
        OpenAccReader reader = OpenAccReader.open(FOLDER);
        try (Stream<FollowingSample> samples = reader.readSequentially(
                        reader.runs().subList(0, 1), START, Duration.ofSeconds(5))
                .samples(bad -> {})) {
            return samples.limit(5_000).toList();
        }
    }

    @Test
    void theSameIsObservedAndDecided(@TempDir Path folder) {
        ServingConfig config = ServingConfig.defaults("nowhere:1", folder)
                .with(new ServingConfig.Batching(8, Duration.ofMillis(5), 1))
                .with(Recording.MODE);
        ModelFile model = TestModels.constant(-0.25f);
        try (PolicyDirectories directories = ServedDrive.directories(
                        config, List.of(Policies.one(new CarFollowingPolicy())), new ServingMetrics());
                TopologyTestDriver driver = new TopologyTestDriver(
                        ServingTopology.build(config, directories, new ServingMetrics()),
                        config.toProperties(),
                        START.plusSeconds(3600))) {
            ServedDrive.promote(driver, directories, model, START.toEpochMilli());
            TestInputTopic<String, FollowingSample> observations = driver.createInputTopic(
                    Topics.OBSERVATIONS,
                    new StringSerializer(),
                    UnderstudySerdes.following().serializer());
            for (FollowingSample sample : logs()) {
                observations.pipeInput(sample.vehicle(), sample, sample.timeMs() + 30);
            }
            driver.advanceWallClockTime(config.batching().longestWait());

            assertThat(sha256(driver, Topics.DECISIONS, UnderstudySerdes.decision(), SameBytesTest::text))
                    .isEqualTo(DECISIONS);
            assertThat(sha256(driver, Topics.ROLLOUTS, UnderstudySerdes.rollout(), SameBytesTest::text))
                    .isEqualTo(ROLLOUTS);
        }
    }

    private static String text(Decision decision) {
        return "%s %s %d %d %s %d %s %s %s %s %s %s\n"
                .formatted(
                        decision.entity(),
                        decision.episode(),
                        decision.sequence(),
                        decision.eventTimeMs(),
                        decision.policy(),
                        decision.epoch(),
                        decision.sha256().isEmpty() ? "" : MODEL,
                        Arrays.toString(decision.rawAction()),
                        Arrays.toString(decision.action()),
                        decision.kind(),
                        decision.reason(),
                        decision.logProbability());
    }

    private static String text(RolloutStep rollout) {
        return "%s %s %d %s %s %s %s\n"
                .formatted(
                        rollout.entity(),
                        rollout.episode(),
                        rollout.sequence(),
                        Arrays.toString(rollout.observation()),
                        Arrays.toString(rollout.action()),
                        rollout.kind(),
                        rollout.logProbability());
    }

    private static <T> String sha256(
            TopologyTestDriver driver, String topic, Serde<T> serde, Function<T, String> asText) {
        List<T> records = driver.createOutputTopic(topic, new ByteArrayDeserializer(), serde.deserializer())
                .readValuesToList();
        assertThat(records).hasSizeGreaterThan(1000);
        String text = records.stream().map(asText).collect(Collectors.joining());
        return Artifacts.sha256(text.getBytes(StandardCharsets.UTF_8));
    }
}
