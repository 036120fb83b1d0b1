package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

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

    @Test
    void whatWasSavedBeforePausesWereVotedOnIsStillRead() throws Exception {
        drive(0, DAY, 50, SENT, 1, "a");
        DataOutputSerializer out = new DataOutputSerializer(64);
        clock.write(out);
        LogClock copy = new LogClock(LATENESS, IDLENESS);
        // The format before ended one number earlier: it had no samples ahead.
        byte[] before = Arrays.copyOf(out.getCopyOfBuffer(), out.length() - Integer.BYTES);
        copy.read(LogClock.AHEAD_SINCE - 1, new DataInputDeserializer(before));
        assertThat(copy.watermarkMs()).isEqualTo(clock.watermarkMs());
    }

    private LogClock copy() throws Exception {
        DataOutputSerializer out = new DataOutputSerializer(64);
        clock.write(out);
        LogClock copy = new LogClock(LATENESS, IDLENESS);
        copy.read(Codecs.LOG_ORDER.version(), new DataInputDeserializer(out.getCopyOfBuffer()));
        return copy;
    }
}
