package dev.understudy.flink.order;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.driving.FollowingSample;
import dev.understudy.flink.TestLogs;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.RolloutStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogOrderTest {
    private static final LogReading READING = LogReading.defaults();
    private static final long START = TestLogs.START_MS;
    private static final long LATER = START + 86_400_000;

    private final LogOrder order = new LogOrder();
    private final LogClock clock = new LogClock(READING.lateness(), READING.idleness());
    private final List<LogRecord> turns = new ArrayList<>();

    private void release() {
        order.release(clock, turns::add);
    }

    private static List<LogRecord> partition(int number, String vehicle, int samples) {
        List<LogRecord> logs = new ArrayList<>();
        TestLogs.trip(vehicle, "trip of " + vehicle, START, samples)
                .forEach(sample -> logs.add(TestLogs.read(sample, number, sample.sequence())));
        return logs;
    }

    private static String place(LogRecord log) {
        return log.partition() + "@" + log.offset();
    }

    @Test
    void aRecordWaitsForThoseOfOtherPartitionsThatWereSentBefore() {
        order.ends(new PartitionEnds.Seen(0, Map.of(0, 99L, 1, 99L)));
        partition(0, "a", 3).forEach(log -> order.add(log, LATER));
        release();
        assertThat(turns).isEmpty();
        partition(1, "b", 2).forEach(log -> order.add(log, LATER));
        release();
        assertThat(turns).extracting(LogOrderTest::place).containsExactly("0@0", "1@0", "0@1", "1@1");
    }

    @Test
    void aPartitionIsPassedOverOnlyOnceKafkaSaysAWhileLaterThatItIsEmpty() {
        for (long underWayMs : new long[] {20, 2_000}) {
            LogOrder fresh = new LogOrder();
            List<LogRecord> out = new ArrayList<>();
            long sentMs = START + TestLogs.SENT_AFTER_MS;
            long patienceMs = underWayMs == 20 ? LogOrder.SHORTEST.toMillis() : LogOrder.PATIENCE * underWayMs;
            partition(0, "a", 3).forEach(log -> fresh.add(log, log.sentMs() + underWayMs));
            fresh.release(clock, out::add);
            assertThat(out).as("Kafka has said nothing").isEmpty();
            fresh.ends(new PartitionEnds.Seen(sentMs + patienceMs - 1, Map.of(0, 3L, 1, 0L)));
            fresh.release(clock, out::add);
            assertThat(out).as("others may be under way").isEmpty();
            fresh.ends(new PartitionEnds.Seen(sentMs + patienceMs + 1, Map.of(0, 3L, 1, 0L)));
            fresh.release(clock, out::add);
            assertThat(out).extracting(LogOrderTest::place).containsExactly("0@0");
            fresh.ends(new PartitionEnds.Seen(LATER, Map.of(0, 3L, 1, 1L)));
            fresh.release(clock, out::add);
            assertThat(out).as("there is one to be read").hasSize(1);
            fresh.add(partition(1, "b", 1).get(0), LATER);
            fresh.release(clock, out::add);
            assertThat(out).extracting(LogOrderTest::place).containsExactly("0@0", "1@0", "0@1", "0@2");
        }
    }

    @Test
    void aRecordThatWasUnderWayForTooLongTakesItsTurnWhenItComes() {
        order.ends(new PartitionEnds.Seen(LATER, Map.of(0, 3L, 1, 0L)));
        partition(0, "a", 3).forEach(log -> order.add(log, LATER));
        release();
        assertThat(turns).hasSize(3);
        order.add(partition(1, "b", 1).get(0), LATER);
        release();
        assertThat(turns).extracting(LogOrderTest::place).containsExactly("0@0", "0@1", "0@2", "1@0");
    }

    @Test
    void theOrderIsTheSameHoweverTheRecordsAreRead() {
        List<List<LogRecord>> partitions =
                List.of(partition(0, "a", 200), partition(1, "b", 200), partition(2, "c", 30));
        List<LogRecord> first = List.of();
        for (int seed = 0; seed < 20; seed++) {
            LogOrder mixed = new LogOrder();
            LogClock time = new LogClock(READING.lateness(), READING.idleness());
            List<LogRecord> out = new ArrayList<>();
            Random random = new Random(seed);
            int[] next = new int[3];
            mixed.ends(new PartitionEnds.Seen(LATER, Map.of(0, 200L, 1, 200L, 2, 30L)));
            while (next[0] + next[1] + next[2] < 430) {
                int number = random.nextInt(seed == 0 ? 1 : 3); // first: each whole, one after the other
                while (next[number] == partitions.get(number).size()) {
                    number = (number + 1) % 3;
                }
                mixed.add(partitions.get(number).get(next[number]++), LATER);
                mixed.release(time, out::add);
            }
            assertThat(out).hasSize(430);
            first = seed == 0 ? out : first;
            assertThat(out)
                    .as("seed %d: the same records at the same watermarks", seed)
                    .isEqualTo(first);
        }
        assertThat(first).noneMatch(LogRecord::isLate);
    }

    @Test
    void rolloutsTakeTheirTurnAmongTheLogsAndTellNoEventTime() {
        List<LogRecord> logs = partition(0, "a", 20);
        LogOrder alone = new LogOrder();
        List<LogRecord> without = new ArrayList<>();
        logs.forEach(log -> alone.add(log, LATER));
        alone.releaseAll(new LogClock(READING.lateness(), READING.idleness()), without::add);

        RolloutStep ahead = new RolloutStep(
                "a",
                "t",
                1,
                START + 5_000,
                "p",
                1,
                "",
                new float[1],
                new float[1],
                Decision.Kind.FALLBACK_ENVELOPE,
                Double.NaN);
        order.ends(new PartitionEnds.Seen(LATER, Map.of(0, 20L, -1, 1L)));
        logs.forEach(log -> order.add(log, LATER));
        release();
        assertThat(turns).as("the rollout may have been sent before any").isEmpty();
        order.add(LogRecord.of(ahead, new byte[0], 0, 0, logs.get(9).sentMs()), LATER);
        release();

        assertThat(turns.get(9).isRollout() || turns.get(10).isRollout()).isTrue();
        turns.removeIf(LogRecord::isRollout);
        assertThat(turns).isEqualTo(without);
    }

    @Test
    void aPartitionThatIsSilentForADayHoldsNobodyUpAndIsNotLateWhenItGoesOn() {
        order.ends(new PartitionEnds.Seen(LATER, Map.of(0, 100L, 1, 100L)));
        partition(0, "a", 50).forEach(log -> order.add(log, LATER));
        partition(1, "b", 50).forEach(log -> order.add(log, LATER));
        long nextDay = START + 86_400_000;
        order.ends(new PartitionEnds.Seen(nextDay + 5_000, Map.of(0, 100L, 1, 50L)));
        TestLogs.trip("a", "next day", nextDay, 50)
                .forEach(sample -> order.add(TestLogs.read(sample, 0, 50 + sample.sequence()), sample.timeMs() + 50));
        release();
        assertThat(clock.watermarkMs()).isGreaterThan(nextDay);
        TestLogs.trip("b", "next day", nextDay + 5_000, 50)
                .forEach(sample -> order.add(TestLogs.read(sample, 1, 50 + sample.sequence()), sample.timeMs() + 50));
        order.releaseAll(clock, turns::add);
        assertThat(turns).hasSize(200).noneMatch(LogRecord::isLate);
    }

    @Test
    void oneWrongTimeHarmsNobodyAlsoWhereTimestampsAreCopiedFromIt() {
        order.ends(new PartitionEnds.Seen(LATER, Map.of(0, 300L, 1, 300L)));
        for (int number = 0; number < 2; number++) {
            for (LogRecord log : partition(number, "car " + number, 300)) {
                FollowingSample sample = TestLogs.sample(log);
                boolean isWrong = number == 0 && log.offset() == 150;
                FollowingSample given = TestLogs.at(sample, sample.timeMs() + (isWrong ? 80_000_000 : 0));
                order.add(TestLogs.read(given, number, log.offset(), given.timeMs()), LATER);
            }
        }
        order.ends(new PartitionEnds.Seen(2 * LATER, Map.of(0, 300L, 1, 300L)));
        release();
        assertThat(turns).hasSize(600).noneMatch(LogRecord::isLate);
        assertThat(clock.watermarkMs()).isLessThan(START + 30_000);
    }

    @Test
    void whatWaitsAndWhatWasReadAreSaved() throws Exception {
        order.ends(new PartitionEnds.Seen(0, Map.of(0, 99L, 1, 99L)));
        partition(0, "a", 30).forEach(log -> order.add(log, LATER));
        partition(1, "b", 10).forEach(log -> order.add(log, LATER));
        release();
        DataOutputSerializer out = new DataOutputSerializer(64);
        LogOrder.CODEC.write(order, out);
        LogOrder copy = LogOrder.CODEC.read(LogOrder.CODEC.version(), new DataInputDeserializer(out.getCopyOfBuffer()));
        assertThat(copy.positions()).isEqualTo(Map.of(0, 30L, 1, 10L));
        assertThat(copy.held()).isEqualTo(order.held()).isEqualTo(20);
        List<LogRecord> rest = new ArrayList<>();
        copy.releaseAll(new LogClock(READING.lateness(), READING.idleness()), rest::add);
        assertThat(rest).extracting(LogOrderTest::place).startsWith("0@10").endsWith("0@29");
    }

    /** Reads two partitions by turns, one of which has a few timestamps an hour ahead; returns what came out. */
    private static List<LogRecord> withTimestampsAhead(int wrong, boolean isLive) {
        LogOrder fresh = new LogOrder();
        LogClock time = new LogClock(READING.lateness(), READING.idleness());
        List<LogRecord> out = new ArrayList<>();
        fresh.ends(new PartitionEnds.Seen(START, Map.of(0, 0L, 1, 0L)));
        List<List<LogRecord>> partitions = List.of(partition(0, "a", 3_000), partition(1, "b", 3_000));
        for (int i = 0; i < 3_000; i++) {
            for (int number = 0; number < 2; number++) {
                LogRecord log = partitions.get(number).get(i);
                boolean isWrong = number == 0 && i >= 1_000 && i < 1_000 + wrong;
                LogRecord given = TestLogs.read(
                        TestLogs.sample(log), number, log.offset(), log.sentMs() + (isWrong ? 3_600_000 : 0));
                fresh.add(given, isLive ? log.sentMs() + 20 : LATER);
            }
            fresh.release(time, out::add);
        }
        fresh.ends(new PartitionEnds.Seen(2 * LATER, Map.of(0, 3_000L, 1, 3_000L)));
        fresh.release(time, out::add);
        fresh.releaseAll(time, out::add);
        return out;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aFewTimestampsAnHourAheadHarmNobodyAlsoWhenCatchingUp(int wrong) {
        List<LogRecord> live = withTimestampsAhead(wrong, true);
        assertThat(live).hasSize(6_000).noneMatch(LogRecord::isLate);
        assertThat(withTimestampsAhead(wrong, false)).isEqualTo(live);
    }

    @Test
    void theFirstRecordAfterAPauseIsReadOnceKafkaSaysThatNoneIsBehindIt() throws Exception {
        order.ends(new PartitionEnds.Seen(START, Map.of(0, 0L)));
        partition(0, "a", 3).forEach(log -> order.add(log, LATER));
        TestLogs.trip("a", "later", START + 60_000, 1).forEach(log -> order.add(TestLogs.read(log, 0, 3), LATER));
        release();
        assertThat(turns).hasSize(3);
        DataOutputSerializer out = new DataOutputSerializer(64);
        LogOrder.CODEC.write(order, out);
        LogOrder copy = LogOrder.CODEC.read(LogOrder.CODEC.version(), new DataInputDeserializer(out.getCopyOfBuffer()));
        assertThat(copy.held()).isEqualTo(1);
        for (LogOrder each : List.of(order, copy)) {
            List<LogRecord> rest = new ArrayList<>();
            each.ends(new PartitionEnds.Seen(LATER, Map.of(0, 4L)));
            each.release(clock, rest::add);
            assertThat(rest).extracting(LogOrderTest::place).containsExactly("0@3");
        }
    }
}
