package dev.understudy.flink.assemble;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.domain.Step;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.flink.TestLogs;
import dev.understudy.flink.count.Tally;
import dev.understudy.flink.logs.DecodeLogs;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Logs of which a third are wrong: each ends in exactly one count, or as a step. */
class LogsAccountTest {
    private static final LogReading READING = LogReading.defaults();
    private static final int POISONS = 12;
    private static final int SAMPLES = 600;

    private static byte[] poison(FollowingSample good, int kind) {
        FollowingSample odd =
                switch (kind) {
                    case 0 -> with(good, Long.MAX_VALUE, good.timeMs(), 10);
                    case 1 -> with(good, -1, good.timeMs(), 10);
                    case 2 -> with(good, good.sequence() + 1_000_000, good.timeMs(), 10);
                    case 3 -> with(good, good.sequence(), Long.MAX_VALUE, 10);
                    case 4 -> with(good, good.sequence(), good.timeMs() + 86_400_000, 10);
                    case 5 -> with(good, good.sequence() + 1, good.timeMs() - 3_600_000, 10);
                    case 6 -> with(good, good.sequence() + 1, good.timeMs() + 50, Double.NaN);
                    case 7 -> with(good, good.sequence() + 1, good.timeMs() + 50, -4);
                    case 8 -> good;
                    case 9 -> with(good, Math.max(0, good.sequence() - 300), good.timeMs() - 30_000, 10);
                    default -> with(good, 1L << 62, good.timeMs(), 10);
                };
        byte[] bytes = dev.understudy.schemas.Codecs.FOLLOWING.encode(odd);
        return kind == 10
                ? "garbage".getBytes(StandardCharsets.UTF_8)
                : kind == 11 ? Arrays.copyOf(bytes, bytes.length - 3) : bytes;
    }

    private static FollowingSample with(FollowingSample any, long sequence, long timeMs, double gap) {
        return new FollowingSample(any.vehicle(), any.trip(), sequence, timeMs, Actor.HUMAN, "test", 15, gap, 15);
    }

    private static ConsumerRecord<byte[], byte[]> record(byte[] value, long offset, long sentMs) {
        return new ConsumerRecord<>(
                Topics.LOGS,
                0,
                offset,
                sentMs,
                TimestampType.CREATE_TIME,
                0,
                value.length,
                new byte[0],
                value,
                new RecordHeaders(),
                java.util.Optional.empty());
    }

    private static final class Decoded implements Collector<LogRecord> {
        final List<LogRecord> records = new ArrayList<>();

        @Override
        public void collect(LogRecord log) {
            records.add(log);
        }

        @Override
        public void close() {}
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everyRecordEndsInExactlyOneCount(long seed) throws Exception {
        long endMs = TestLogs.START_MS + 100L * SAMPLES;
        DecodeLogs<FollowingSample> decoder = new DecodeLogs<>(
                new CarFollowingPolicy().domain(),
                "learning",
                Duration.ofMinutes(1),
                () -> Instant.ofEpochMilli(endMs));
        SplittableRandom random = new SplittableRandom(seed);
        Decoded decoded = new Decoded();
        long sent = 0;
        List<List<FollowingSample>> trips = new ArrayList<>();
        for (int car = 0; car < 3; car++) {
            trips.add(TestLogs.trip("car" + car, TestLogs.tripName(false, car, READING), TestLogs.START_MS, SAMPLES));
        }
        for (int i = 0; i < SAMPLES; i++) {
            for (List<FollowingSample> trip : trips) {
                FollowingSample good = trip.get(i);
                long sentMs = good.timeMs() + 20;
                decoder.deserialize(
                        record(dev.understudy.schemas.Codecs.FOLLOWING.encode(good), sent++, sentMs), decoded);
                if (random.nextInt(100) < 43) {
                    decoder.deserialize(record(poison(good, random.nextInt(POISONS)), sent++, sentMs), decoded);
                }
            }
        }
        assertThat(decoded.records).as("one for each record").hasSize((int) sent);
        long dead = decoded.records.stream().filter(log -> !log.isUsable()).count();
        Map<String, Long> counts = new HashMap<>();
        long steps;
        try (var h = new KeyedOneInputStreamOperatorTestHarness<String, LogRecord, Step>(
                new KeyedProcessOperator<>(new AssembleEntity<>(
                        Policies.one(new CarFollowingPolicy()), READING, AssembleEntity.Share.TRAINING)),
                LogRecord::entity,
                Types.STRING)) {
            h.setup(Codecs.STEP.serializer());
            h.open();
            long watermarkMs = TestLogs.START_MS - 1_000;
            for (LogRecord log : decoded.records) {
                if (log.isUsable()) {
                    h.processElement(log.at(watermarkMs), log.timeMs());
                }
                if (log.sentMs() - 520 > watermarkMs) {
                    watermarkMs = log.sentMs() - 520;
                    h.processWatermark(watermarkMs);
                }
            }
            h.processWatermark(endMs + 86_400_000L * 2);
            steps = h.extractOutputValues().size();
            for (StreamRecord<Tally> tally : h.getSideOutput(AssembleEntity.TALLIES)) {
                counts.merge(tally.getValue().name(), tally.getValue().count(), Long::sum);
            }
        }
        long ingested = counts.getOrDefault(Tally.INGESTED, 0L);
        long interpolated = counts.getOrDefault(Tally.INTERPOLATED, 0L);
        long others = counts.values().stream().mapToLong(Long::longValue).sum() - ingested - interpolated;
        assertThat(ingested + dead).isEqualTo(sent);
        assertThat(steps - interpolated + others)
                .as("seed %d: steps and counts of %d records: %s", seed, ingested, counts)
                .isEqualTo(ingested);
        assertThat(steps).as("the good ones are still learned").isGreaterThan(SAMPLES);
    }
}
