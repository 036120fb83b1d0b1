package dev.understudy.flink.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.flink.TestLogs;
import dev.understudy.flink.publish.Outgoing;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.RolloutStep;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DecodeLogsTest {
    private static final long NOW = TestLogs.START_MS + 86_400_000;
    private static final DecodeLogs<FollowingSample> DECODER = new DecodeLogs<>(
            new CarFollowingPolicy().domain(), "learning", Duration.ofMinutes(1), () -> Instant.ofEpochMilli(NOW));

    private static ConsumerRecord<byte[], byte[]> at(long timestampMs, byte @Nullable [] value) {
        return at(Topics.LOGS, timestampMs, value);
    }

    @SuppressWarnings("NullAway") // a record may have no value
    private static ConsumerRecord<byte[], byte[]> at(String topic, long timestampMs, byte @Nullable [] value) {
        return new ConsumerRecord<>(
                topic,
                2,
                41,
                timestampMs,
                TimestampType.CREATE_TIME,
                3,
                0,
                "car".getBytes(StandardCharsets.UTF_8),
                value,
                new RecordHeaders(),
                Optional.empty());
    }

    private static byte[] bytes(FollowingSample sample) {
        return UnderstudySerdes.following().serializer().serialize(Topics.LOGS, sample);
    }

    private static FollowingSample sample(long timeMs) {
        FollowingSample any = TestLogs.trip("car", "t", timeMs, 1).get(0);
        assertThat(any.timeMs()).isEqualTo(timeMs);
        return any;
    }

    @Test
    void keepsWhereTheRecordWas() {
        LogRecord log = DECODER.decode(at(NOW, bytes(sample(TestLogs.START_MS))));
        assertThat(log)
                .isEqualTo(LogRecord.of(sample(TestLogs.START_MS), bytes(sample(TestLogs.START_MS)), 2, 41, NOW));
    }

    private static byte[] rollout(String episode, long timeMs) {
        return UnderstudySerdes.rollout()
                .serializer()
                .serialize(
                        Topics.ROLLOUTS,
                        new RolloutStep(
                                "car",
                                episode,
                                7,
                                timeMs,
                                "driving/car-following",
                                1,
                                "a".repeat(64),
                                new float[2],
                                new float[1],
                                Decision.Kind.POLICY,
                                -1));
    }

    @Test
    void rolloutsHavePartitionsOfTheirOwn() {
        LogRecord log = DECODER.decode(at(Topics.ROLLOUTS, NOW, rollout("t", NOW - 10)));
        assertThat(log.isRollout()).isTrue();
        assertThat(log.isUsable()).isTrue();
        assertThat(log.partition()).isEqualTo(-3);
        assertThat(log.timeMs()).isEqualTo(NOW - 10);
        assertThat(DECODER.decode(at(NOW, bytes(sample(TestLogs.START_MS)))).isRollout())
                .isFalse();
    }

    @Test
    void badRolloutsBecomeDeadLetters() {
        byte[] good = rollout("t", NOW);
        List<byte[]> bad = List.of(
                bytes(sample(TestLogs.START_MS)),
                Arrays.copyOf(good, good.length - 1),
                rollout("", NOW),
                rollout("t".repeat(2000), NOW),
                rollout("t", -1),
                rollout("t", NOW + 61_000));
        for (byte[] value : bad) {
            LogRecord log = DECODER.decode(at(Topics.ROLLOUTS, NOW, value));
            DeadLetter letter = Objects.requireNonNull(log.deadLetter());
            assertThat(letter.reason())
                    .contains("expected")
                    .endsWith("(topic=driving.rollouts.v1 partition=2 offset=41)");
            assertThat(log.isRollout()).isTrue();
        }
        assertThat(DECODER.decode(at(Topics.ROLLOUTS, NOW, null)).deadLetter()).isNotNull();
    }

    @Test
    void garbageBecomesADeadLetterWithItsBytesAndCoordinates() {
        byte[] garbage = "not a sample".getBytes(StandardCharsets.UTF_8);
        LogRecord log = DECODER.decode(at(NOW, garbage));
        DeadLetter letter = Objects.requireNonNull(log.deadLetter());
        assertThat(letter.reason()).contains("expected").endsWith("(topic=driving.logs.v1 partition=2 offset=41)");
        assertThat(letter.value()).isEqualTo(garbage);
        assertThat(letter.coordinates()).isEqualTo("driving.logs.v1-2@41");
    }

    @Test
    void ofGarbageAlmostAsLargeAsTheTopicAllowsTheStartIsKept() {
        byte[] garbage = new byte[2 * 1024 * 1024 - 200];
        Arrays.fill(garbage, (byte) 7);
        DeadLetter letter =
                Objects.requireNonNull(DECODER.decode(at(NOW, garbage)).deadLetter());
        assertThat(letter.value()).isEqualTo(Arrays.copyOf(garbage, 512 * 1024));
        assertThat(letter.reason()).contains("a value of 2096952", "first 524288 bytes");
        assertThat(Outgoing.of(letter).value()).hasSizeLessThan(2 * 1024 * 1024 - 1000);
    }

    @Test
    void namesBeyondAllMeasureBecomeDeadLetters() {
        FollowingSample any = sample(TestLogs.START_MS);
        FollowingSample odd = new FollowingSample(
                any.vehicle(),
                "t".repeat(70_000),
                any.sequence(),
                any.timeMs(),
                any.actor(),
                any.label(),
                any.speedMetersPerSecond(),
                any.gapMeters(),
                any.leaderSpeedMetersPerSecond());
        DeadLetter letter =
                Objects.requireNonNull(DECODER.decode(at(NOW, bytes(odd))).deadLetter());
        assertThat(letter.reason())
                .contains("expected entity, episode and label of at most 1024 characters, found 70000");
    }

    @Test
    void cutOffAndMissingValuesBecomeDeadLetters() {
        byte[] whole = bytes(sample(TestLogs.START_MS));
        for (int length : new int[] {0, 5, 11, whole.length - 1}) {
            assertThat(DECODER.decode(at(NOW, Arrays.copyOf(whole, length))).deadLetter())
                    .as("%d of %d bytes", length, whole.length)
                    .isNotNull();
        }
        assertThat(DECODER.decode(at(NOW, null)).deadLetter()).isNotNull();
    }

    @Test
    void aRecordFromTheFutureBecomesADeadLetter() {
        assertThat(DECODER.decode(at(NOW, bytes(sample(NOW + 59_000)))).isUsable())
                .isTrue();
        LogRecord future = DECODER.decode(at(NOW, bytes(sample(NOW + 61_000))));
        assertThat(future.deadLetter()).isNotNull();
        assertThat(DECODER.decode(at(NOW - 3_600_000, bytes(sample(NOW)))).deadLetter())
                .as("later than the time Kafka has for it")
                .isNotNull();
    }
}
