package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.schemas.Codecs;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of records that cannot be, and of those beside them. */
class BadRecordsTest {
    private static final long START_MS = 1_600_000_000_000L;

    /** Ways in which an observation is wrong. */
    private enum Poison {
        GARBAGE,
        EMPTY,
        NO_VALUE,
        CUT_OFF,
        HIGHEST_SEQUENCE,
        LOWEST_SEQUENCE,
        NEGATIVE_SEQUENCE,
        SEQUENCE_THAT_LEAPS,
        ALLOWED_SEQUENCE_THAT_LEAPS,
        LATEST_TIME,
        NEXT_YEAR,
        BEFORE_1970,
        AN_HOUR_AGO,
        NO_SPEED,
        NEGATIVE_GAP,
        INFINITE_GAP,
        NO_ENTITY,
        LONG_NAME,
        TOO_LARGE,
        REPEATED,
        LONG_BEHIND;

        byte @Nullable [] of(String car, long sequence) {
            long timeMs = START_MS + 100 * sequence;
            return switch (this) {
                case GARBAGE -> "garbage".getBytes(StandardCharsets.UTF_8);
                case EMPTY -> new byte[0];
                case NO_VALUE -> null;
                case CUT_OFF -> Arrays.copyOf(bytes(sample(car, sequence, timeMs, 20, 30)), 20);
                case HIGHEST_SEQUENCE -> bytes(sample(car, Long.MAX_VALUE, timeMs, 20, 30));
                case LOWEST_SEQUENCE -> bytes(sample(car, Long.MIN_VALUE, timeMs, 20, 30));
                case NEGATIVE_SEQUENCE -> bytes(sample(car, -1, timeMs, 20, 30));
                case SEQUENCE_THAT_LEAPS -> bytes(sample(car, sequence + 1_000_000, timeMs, 20, 30));
                case ALLOWED_SEQUENCE_THAT_LEAPS -> bytes(sample(car, 1L << 62, timeMs, 20, 30));
                case LATEST_TIME -> bytes(sample(car, sequence, Long.MAX_VALUE, 20, 30));
                case NEXT_YEAR -> bytes(sample(car, sequence, System.currentTimeMillis() + 31_536_000_000L, 20, 30));
                case BEFORE_1970 -> bytes(sample(car, sequence, -1, 20, 30));
                case AN_HOUR_AGO -> bytes(sample(car, sequence, timeMs - 3_600_000, 20, 30));
                case NO_SPEED -> bytes(sample(car, sequence, timeMs, Double.NaN, 30));
                case NEGATIVE_GAP -> bytes(sample(car, sequence, timeMs, 20, -30));
                case INFINITE_GAP -> bytes(sample(car, sequence, timeMs, 20, Double.POSITIVE_INFINITY));
                case NO_ENTITY -> bytes(sample("", sequence, timeMs, 20, 30));
                case LONG_NAME -> bytes(sample("n".repeat(5_000), sequence, timeMs, 20, 30));
                case TOO_LARGE -> new byte[DecisionProcessor.MOST_BYTES + 1];
                case REPEATED -> bytes(sample(car, Math.max(0, sequence - 1), timeMs - 100, 20, 30));
                case LONG_BEHIND -> bytes(sample(car, Math.max(0, sequence - 500), timeMs - 50_000, 20, 30));
            };
        }
    }

    private final ServingMetrics metrics = new ServingMetrics();
    private final List<DeadLetter> ofModels = new ArrayList<>();
    private PolicyDirectories directories;
    private TopologyTestDriver driver;
    private TestInputTopic<byte[], byte[]> observations;
    private TestOutputTopic<byte[], Decision> decisions;
    private TestOutputTopic<byte[], DeadLetter> deadLetters;

    @BeforeEach
    void open(@TempDir Path folder) {
        ServingConfig config = ServingConfig.defaults("nowhere:1", folder)
                .with(new ServingConfig.Batching(16, Duration.ofMillis(5), 1));
        directories = ServedDrive.directories(config, List.of(Policies.one(new CarFollowingPolicy())), metrics);
        directories.deadLettersTo(ofModels::add);
        driver = new TopologyTestDriver(ServingTopology.build(config, directories, metrics), config.toProperties());
        observations =
                driver.createInputTopic(Topics.OBSERVATIONS, new ByteArraySerializer(), new ByteArraySerializer());
        decisions = driver.createOutputTopic(
                Topics.DECISIONS,
                new ByteArrayDeserializer(),
                UnderstudySerdes.decision().deserializer());
        deadLetters = driver.createOutputTopic(
                Topics.DEAD_LETTERS,
                new ByteArrayDeserializer(),
                UnderstudySerdes.deadLetter().deserializer());
    }

    @AfterEach
    void close() {
        driver.close();
        directories.close();
    }

    private static FollowingSample sample(String car, long sequence, long timeMs, double speed, double gap) {
        return new FollowingSample(car, "trip of " + car, sequence, timeMs, Actor.HUMAN, "human", speed, gap, 20);
    }

    private static byte[] bytes(FollowingSample sample) {
        return Codecs.FOLLOWING.encode(sample);
    }

    private static byte[] good(String car, long sequence) {
        return bytes(sample(car, sequence, START_MS + 100 * sequence, 20, 30));
    }

    @SuppressWarnings("NullAway") // a record may go without a value
    private void observe(String car, byte @Nullable [] value) {
        observations.pipeInput(car.getBytes(StandardCharsets.UTF_8), value);
    }

    @ParameterizedTest
    @EnumSource
    void oneBadObservationSilencesNobody(Poison poison) {
        long sent = 0;
        for (int i = 0; i < 250; i++) {
            if (i == 0 || i == 50) {
                observe("car", poison.of("car", i));
                sent++;
            }
            observe("car", good("car", i));
            sent++;
        }
        driver.advanceWallClockTime(Duration.ofMillis(10));
        List<Decision> made = decisions.readValuesToList();
        Set<Long> numbers = new HashSet<>();
        made.forEach(each -> numbers.add(each.sequence()));
        for (long i = 0; i < 250; i++) {
            assertThat(numbers).as("observations decided on").contains(i);
        }
        assertThat(made.size()
                        + deadLetters.readValuesToList().size()
                        + metrics.snapshot().duplicates())
                .isEqualTo(sent);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void theAccountOfAThirdOfPoisonAddsUpToTheRecord(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Poison[] kinds = Poison.values();
        long sent = 0;
        int cars = 5;
        for (int i = 0; i < 1_200; i++) {
            for (int car = 0; car < cars; car++) {
                observe("car" + car, good("car" + car, i));
                sent++;
                if (random.nextInt(100) < 43) {
                    Poison poison = kinds[random.nextInt(kinds.length)];
                    observe("car" + car, poison.of("car" + car, i));
                    sent++;
                }
            }
            if (i % 100 == 0) {
                driver.advanceWallClockTime(Duration.ofMillis(10));
            }
        }
        driver.advanceWallClockTime(Duration.ofMillis(10));
        ServingMetrics.Snapshot counts = metrics.snapshot();
        List<Decision> made = decisions.readValuesToList();
        List<DeadLetter> dead = deadLetters.readValuesToList();
        assertThat(made).as("seed %d", seed).hasSize((int) counts.decisions());
        assertThat(dead).hasSize((int) counts.deadLettered());
        assertThat(counts.observed()).isEqualTo(sent);
        assertThat(counts.decisions() + counts.deadLettered() + counts.duplicates())
                .isEqualTo(sent);
        assertThat(dead).extracting(DeadLetter::position).doesNotHaveDuplicates();
        assertThat(counts.duplicates()).isBetween(1L, sent / 5);
        Set<String> decided = new HashSet<>();
        made.forEach(each -> decided.add(each.entity() + "#" + each.sequence()));
        for (int car = 0; car < cars; car++) {
            for (int i = 0; i < 1_200; i++) {
                assertThat(decided).contains("car" + car + "#" + i);
            }
        }
    }

    private void promotions(String topic, byte[]... values) {
        TestInputTopic<byte[], byte[]> input =
                driver.createInputTopic(topic, new ByteArraySerializer(), new ByteArraySerializer());
        for (byte[] value : values) {
            input.pipeInput(CarFollowing.POLICY.getBytes(StandardCharsets.UTF_8), value);
        }
    }

    private static byte[] promotion(long epoch, String sha256) {
        return Codecs.PROMOTION.encode(
                new Promotion(CarFollowing.POLICY, epoch, sha256, 0, "", "forged", true, "", new TreeMap<>(), 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {Topics.PROMOTIONS, Topics.HISTORY})
    void aPromotionThatCannotBeHoldsUpNoOtherAndIsADeadLetter(String topic) {
        String forged = "f".repeat(64);
        promotions(
                topic,
                promotion(1, "zz"),
                promotion(2, "a".repeat(100_000)),
                promotion(Long.MAX_VALUE, forged),
                promotion(1_001, forged),
                "nonsense".getBytes(StandardCharsets.UTF_8));

        ServedDrive.promote(driver, directories, TestModels.constant(-0.25f), 0);

        assertThat(directories.epochs()).containsEntry(CarFollowing.POLICY, 1L);
        assertThat(metrics.snapshot().unreadable()).isEqualTo(5);
        assertThat(ofModels)
                .extracting(DeadLetter::coordinates)
                .containsExactly(topic + "-0@0", topic + "-0@1", topic + "-0@2", topic + "-0@3", topic + "-0@4");
        assertThat(ofModels.get(3).reason()).contains("expected at most 1000").contains("found 1001");
    }

    @Test
    void aPromotionWhoseFileNeverComesHoldsUpNoOther() {
        promotions(Topics.PROMOTIONS, promotion(500, "f".repeat(64)));
        ServedDrive.promote(driver, directories, TestModels.constant(-0.25f), 0);
        assertThat(directories.epochs()).containsEntry(CarFollowing.POLICY, 1L);
    }
}
