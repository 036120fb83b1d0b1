package dev.understudy.flink.order;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogClockTest {
    private static final Duration LATENESS = Duration.ofMillis(500);
    private static final Duration IDLENESS = Duration.ofSeconds(2);
    private static final long DAY = 86_400_000;
    private static final long HOUR = 3_600_000;
    private static final long SENT = 1_700_000_000_000L;

    private final LogClock clock = new LogClock(LATENESS, IDLENESS);

    private long time() {
        return clock.watermarkMs() + LATENESS.toMillis() + 1;
    }

    /** Sends samples of vehicles by turns, every 100 ms of event time and every {@code apartMs} of Kafka's. */
    private long drive(int partition, long fromMs, int samples, long sentMs, long apartMs, String... vehicles) {
        long at = sentMs;
        for (int i = 0; i < samples; i++) {
            for (String vehicle : vehicles) {
                clock.sample(partition, vehicle, fromMs + 100L * i, at, true);
            }
            at += apartMs;
        }
        return at;
    }

    @Test
    void thereIsNoTimeBeforeAVehicleHasSaidThreeTimesWhatTimeItIs() {
        clock.sample(0, "a", DAY, SENT, true);
        clock.sample(0, "a", DAY + 100, SENT, true);
        assertThat(clock.watermarkMs()).isEqualTo(Long.MIN_VALUE);
        clock.sample(0, "a", DAY + 200, SENT, true);
        assertThat(time()).isEqualTo(DAY + 200);
    }

    @Test
    void theWatermarkIsTheTimeLessTheLateness() {
        drive(0, DAY, 10, SENT, 1, "a");
        assertThat(clock.watermarkMs()).isEqualTo(DAY + 900 - 500 - 1);
    }

    @Test
    void oneSampleHalfAYearAheadMovesNothing() {
        long sent = drive(0, DAY, 50, SENT, 1, "a");
        clock.sample(0, "a", 180 * DAY, sent, true);
        assertThat(time()).isEqualTo(DAY + 4_900);
        drive(0, DAY + 5_000, 50, sent, 1, "a");
        assertThat(time()).isEqualTo(DAY + 9_900);
    }

    @Test
    void aWrongFirstSampleMovesNothing() {
        clock.sample(0, "a", 180 * DAY, SENT, true);
        drive(0, DAY, 50, SENT, 1, "a");
        assertThat(time()).isEqualTo(DAY + 4_900);
    }

    @Test
    void oneVehicleFarAheadMovesNothingHoweverManySamplesItHas() {
        long sent = drive(0, DAY, 50, SENT, 1, "a", "b");
        for (int i = 0; i < 1000; i++) {
            clock.sample(0, "wrong", 180 * DAY + 100L * i, sent, true);
            clock.sample(0, "a", DAY + 5_000 + 100L * i, sent++, true);
        }
        assertThat(time()).isEqualTo(DAY + 5_000 + 99_900);
    }

    @Test
    void aMinorityWithTheSameWrongYearMovesNothing() {
        long sent = drive(0, DAY, 50, SENT, 1, "a", "b", "c", "d", "e");
        for (int i = 0; i < 200; i++) {
            clock.sample(0, "wrong", 180 * DAY + 100L * i, sent, true);
            clock.sample(0, "wrong too", 180 * DAY + 100L * i, sent, true);
            sent = drive(0, DAY + 5_000 + 100L * i, 1, sent, 1, "a", "b", "c", "d", "e");
        }
        assertThat(time()).isEqualTo(DAY + 5_000 + 19_900);
    }

    @Test
    void theWholeFleetMayGoOnADayLater() {
        long sent = drive(0, DAY, 50, SENT, 1, "a", "b", "c");
        drive(0, 2 * DAY, 3, sent, 1, "a", "b", "c");
        assertThat(time()).isEqualTo(2 * DAY + 200);
    }

    @Test
    void anotherVehicleMayGoOnADayLaterOnceTheFirstHasBeenSilentForAWhile() {
        long sent = drive(0, DAY, 50, SENT, 1, "a");
        sent = drive(0, 2 * DAY, 500, sent, 1, "b");
        assertThat(time()).as("at once").isEqualTo(DAY + 4_900);
        clock.advance(sent + IDLENESS.toMillis());
        assertThat(time()).as("after the bound on idleness").isEqualTo(2 * DAY + 49_900);
    }

    @Test
    void aPauseThatKafkaSawTooIsOverOnceThreeRecordsAgree() {
        long sent = drive(0, DAY, 50, SENT, 100, "a", "b", "c");
        clock.sample(0, "a", DAY + 5_000 + HOUR, sent + HOUR, true);
        clock.sample(0, "b", DAY + 5_050 + HOUR, sent + HOUR, true);
        assertThat(time()).isEqualTo(DAY + 4_900);
        clock.sample(0, "a", DAY + 5_100 + HOUR, sent + HOUR + 100, true);
        assertThat(time()).isEqualTo(DAY + 5_100 + HOUR);
    }

    @Test
    void aWrongRecordAfterAPauseMovesNothing() {
        long sent = drive(0, DAY, 50, SENT, 100, "a", "b") + HOUR;
        clock.sample(0, "a", DAY + HOUR / 2, sent, true);
        drive(0, DAY + 5_000, 50, sent + 100, 100, "a", "b");
        assertThat(time()).as("the logs went on where they were").isEqualTo(DAY + 9_900);

        sent += 2 * HOUR;
        clock.sample(0, "a", DAY + 2 * HOUR - 60_000, sent, true);
        drive(0, DAY + HOUR, 2, sent + 100, 100, "a", "b");
        assertThat(time()).as("the logs paused too").isEqualTo(DAY + HOUR + 100);
    }

    @Test
    void recordsOfADayLaterAreASurpriseOnceTheLogsWentOn() {
        long sent = drive(0, DAY, 50, SENT, 100, "a", "b") + DAY;
        clock.sample(0, "a", 2 * DAY, sent, true);
        drive(0, DAY + 5_000, 50, sent, 100, "b");
        for (int i = 0; i < 10; i++) {
            clock.sample(0, "a", 2 * DAY + 100L * i, sent + 5_000, true);
        }
        assertThat(time()).isEqualTo(DAY + 9_900);
    }

    @Test
    void aVehicleWithAWrongClockDoesNotKeepThePauseOfTheOthersFromEnding() {
        long sent = drive(0, DAY, 50, SENT, 100, "a", "b", "wrong") + DAY;
        for (int i = 0; i < 3; i++) {
            clock.sample(0, "wrong", 2 * DAY - 2 * HOUR + 100L * i, sent + 100L * i, true);
            clock.sample(0, "a", 2 * DAY + 100L * i, sent + 100L * i, true);
            clock.sample(0, "b", 2 * DAY + 100L * i, sent + 100L * i, true);
        }
        assertThat(time()).isEqualTo(2 * DAY + 200);
    }

    @Test
    void timeGoesOnWhereRecordsAreFarApart() {
        for (int i = 0; i < 20; i++) {
            clock.sample(0, "a", DAY + 100L * i, SENT, true);
        }
        for (int i = 1; i <= 12; i++) {
            clock.sample(0, "a", DAY + 60_000L * i, SENT + 60_000L * i, true);
        }
        assertThat(time()).isEqualTo(DAY + 12 * 60_000);
    }

    @Test
    void timeNeverGoesBack() {
        long sent = drive(0, DAY, 50, SENT, 1, "a");
        long before = time();
        sent = drive(0, DAY - 3_600_000, 50, sent, 1, "a");
        assertThat(time()).isEqualTo(before);
        drive(0, DAY + 5_000, 10, sent, 1, "a");
        assertThat(time()).isEqualTo(DAY + 5_900);
    }

    @Test
    void theSlowestPartitionHoldsTimeUpUntilItIsSilent() {
        long sent = SENT;
        for (int i = 0; i < 100; i++) {
            sent = drive(0, DAY + 100L * i, 1, sent, 1, "a");
            sent = drive(1, DAY - 3_000 + 100L * i, 1, sent, 1, "b");
        }
        assertThat(time()).isEqualTo(DAY - 3_000 + 9_900);
        sent = drive(0, DAY + 10_000, 19, sent, 100, "a");
        assertThat(time()).as("silent for 1.9 s").isEqualTo(DAY - 3_000 + 9_900);
        drive(0, DAY + 11_900, 2, sent + 100, 100, "a");
        assertThat(time()).isEqualTo(DAY + 12_000);
    }

    @Test
    void aPartitionThatIsFarBehindHoldsNobodyUp() {
        long sent = drive(0, DAY, 50, SENT, 1, "a");
        sent = drive(1, DAY - 3_600_000, 50, sent, 1, "b");
        drive(0, DAY + 5_000, 50, sent, 1, "a");
        assertThat(time()).isEqualTo(DAY + 9_900);
    }

    @Test
    void whereAllAreSilentTimeIsThatOfTheFastest() {
        long sent = SENT;
        for (int i = 0; i < 50; i++) {
            sent = drive(0, DAY + 100L * i, 1, sent, 1, "a");
            sent = drive(1, DAY - 300 + 100L * i, 1, sent, 1, "b");
        }
        assertThat(time()).isEqualTo(DAY + 4_600);
        clock.advance(sent + IDLENESS.toMillis());
        assertThat(time()).isEqualTo(DAY + 4_900);
    }

    @Test
    void goesOnAfterItWasSavedAsIfNothingHadBeen() throws Exception {
        drive(0, DAY, 50, SENT, 1, "a", "b");
        drive(1, 2 * DAY, 2, SENT + 50, 1, "c");
        LogClock copy = copy();
        for (LogClock each : new LogClock[] {clock, copy}) {
            each.sample(1, "c", 2 * DAY + 200, SENT + 52, true);
            each.sample(0, "a", DAY + 5_000, SENT + 53, true);
            each.advance(SENT + 10_000);
        }
        assertThat(copy.watermarkMs()).isEqualTo(clock.watermarkMs());
    }

    @Test
    void aPauseThatEndsWhileItIsSavedEndsWithTheThirdRecordToo() throws Exception {
        long sent = drive(0, DAY, 50, SENT, 100, "a", "b");
        drive(0, DAY + HOUR, 1, sent + HOUR, 100, "a", "b");
        LogClock copy = copy();
        copy.sample(0, "a", DAY + HOUR + 100, sent + HOUR + 100, true);
        assertThat(copy.watermarkMs()).isEqualTo(DAY + HOUR + 100 - LATENESS.toMillis() - 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {LogClock.AHEAD_SINCE - 1, LogClock.BEHIND_SINCE - 1})
    void whatWasSavedInOlderFormatsIsStillRead(int version) throws Exception {
        DataOutputSerializer out = new DataOutputSerializer(64);
        out.writeLong(DAY); // time, and when it moved
        out.writeLong(SENT);
        out.writeInt(1);
        out.writeInt(0); // partition, its time, when it moved, when it spoke last, records
        out.writeLong(DAY);
        out.writeLong(SENT);
        out.writeLong(SENT);
        out.writeLong(50);
        out.writeInt(1);
        out.writeUTF("a"); // vehicle, when it spoke last, its record, leaps, its time
        out.writeLong(SENT);
        out.writeLong(50);
        out.writeInt(0);
        out.writeLong(DAY);
        if (version >= LogClock.AHEAD_SINCE) {
            out.writeInt(0);
        }
        LogClock copy = new LogClock(LATENESS, IDLENESS);
        DataInputDeserializer in = new DataInputDeserializer(out.getCopyOfBuffer());
        copy.read(version, in);
        assertThat(in.available()).isZero();
        copy.sample(0, "a", DAY + 100, SENT + 100, true);
        assertThat(copy.watermarkMs()).isEqualTo(DAY + 100 - LATENESS.toMillis() - 1);
    }

    @Test
    void whatIsLeftBehindWhileItIsSavedGoesOnAsIfNothingHadBeen() throws Exception {
        long sent = drive(0, DAY + HOUR, 50, SENT, 100, "a");
        sent = drive(0, DAY, 50, sent, 100, "a");
        LogClock copy = copy();
        for (LogClock each : new LogClock[] {clock, copy}) {
            for (int i = 0; i < 100; i++) {
                each.sample(0, "a", DAY + 5_000 + 100L * i, sent + 100L * i, true);
            }
        }
        assertThat(time()).isGreaterThan(DAY + HOUR + 4_900 + 5_000);
        assertThat(copy.watermarkMs()).isEqualTo(clock.watermarkMs());
    }

    @Test
    void oneVehicleWhoseClockRunsTooFastDoesNotTakeTheOthersAlong() {
        long sent = SENT;
        for (int i = 0; i < 6_000; i++) { // ten minutes of 10 Hz; one of eleven has a clock six times too fast
            clock.sample(0, "fast", DAY + 600L * i, sent, true);
            for (int car = 0; car < 10; car++) {
                clock.sample(0, "car " + car, DAY + 100L * i, sent, true);
            }
            sent += 100;
            assertThat(clock.watermarkMs()).isLessThan(DAY + 100L * i + LogClock.BEHIND_MS + LogClock.LEAP_MS);
        }
        assertThat(time()).isEqualTo(DAY + 599_900);
    }

    @Test
    void timeGoesOnOnceAVehicleWhoseClockRanTooFastIsGone() {
        for (String[] others : new String[][] {{"a", "b"}, {"a"}}) {
            LogClock fresh = new LogClock(LATENESS, IDLENESS);
            long sent = SENT;
            long before = Long.MIN_VALUE;
            for (int i = 0; i < 24_000; i++) {
                if (i < 6_000) {
                    fresh.sample(0, "fast", DAY + 600L * i, sent, true);
                    before = fresh.watermarkMs();
                }
                for (String car : others) {
                    fresh.sample(0, car, DAY + 100L * i, sent, true);
                }
                sent += 100;
            }
            assertThat(fresh.watermarkMs() - before).as("ms in half an hour").isGreaterThan(890_000);
        }
    }

    @Test
    void aVehicleWhoseClockIsTooSlowHoldsNobodyUp() {
        for (int i = 0; i < 6_000; i++) {
            clock.sample(0, "slow", DAY + 10L * i, SENT + 100L * i, true);
            clock.sample(0, "a", DAY + 100L * i, SENT + 100L * i, true);
        }
        assertThat(time()).isEqualTo(DAY + 599_900);
    }

    @Test
    void aVehicleWithASampleEach15SecondsDoesNotKeepTheOthersFromADayLater() {
        long sent = drive(0, DAY, 50, SENT, 1, "a");
        clock.sample(0, "slow", DAY + 5_000, sent, true);
        for (int i = 0; i < 36_000; i++) { // an hour, replayed at a factor of 100
            if (i % 150 == 0) {
                clock.sample(0, "slow", 2 * DAY + 100L * i, sent, true);
            }
            clock.sample(0, "a", 2 * DAY + 100L * i, sent, true);
            sent += 1;
        }
        assertThat(time()).isEqualTo(2 * DAY + 3_599_900);
    }

    @Test
    void aVehicleWhoseTimesAreAtRandomDoesNotKeepTheOthersFromADayLater() {
        long sent = drive(0, DAY, 50, SENT, 1, "a");
        Random random = new Random(1);
        for (int i = 0; i < 36_000; i++) {
            clock.sample(0, "broken", 2 * DAY + random.nextInt(1_000_000_000), sent, true);
            clock.sample(0, "a", 2 * DAY + 100L * i, sent, true);
            sent += 1;
        }
        assertThat(time()).isBetween(2 * DAY + 3_599_900, 2 * DAY + 3_599_900 + LogClock.LEAP_MS);
    }

    @Test
    void afterThreeWrongTimesInARowOfTheOnlyVehicleTimeGoesOnHalfAsFast() {
        long sent = drive(0, DAY, 50, SENT, 100, "a");
        sent = drive(0, 31 * DAY, 3, sent, 100, "a");
        assertThat(time()).isEqualTo(31 * DAY + 200);
        drive(0, DAY + 5_300, 36_000, sent, 100, "a");
        assertThat(time()).isBetween(31 * DAY + 1_795_000, 31 * DAY + 1_800_200);
    }

    @Test
    void timeIsThatOfTheLogsAgainOnceTheyHaveCaughtUp() {
        long sent = drive(0, DAY, 50, SENT, 100, "a");
        sent = drive(0, DAY + HOUR, 3, sent, 100, "a");
        drive(0, DAY + 5_300, 80_000, sent, 100, "a");
        assertThat(time()).isEqualTo(DAY + 5_300 + 7_999_900);
    }

    @Test
    void aTripOfAnHourAgoThatIsSentInBetweenMovesNothing() {
        long sent = drive(0, DAY, 50, SENT, 100, "a", "b");
        for (int i = 0; i < 600; i++) {
            clock.sample(0, "late", DAY - HOUR + 100L * i, sent, true);
            clock.sample(0, "late too", DAY - HOUR + 100L * i, sent, true);
            sent = drive(0, DAY + 5_000 + 100L * i, 1, sent, 100, "a");
            assertThat(time()).isEqualTo(DAY + 5_000 + 100L * i);
        }
    }

    private LogClock copy() throws Exception {
        DataOutputSerializer out = new DataOutputSerializer(64);
        clock.write(out);
        LogClock copy = new LogClock(LATENESS, IDLENESS);
        copy.read(LogOrder.CODEC.version(), new DataInputDeserializer(out.getCopyOfBuffer()));
        return copy;
    }
}
