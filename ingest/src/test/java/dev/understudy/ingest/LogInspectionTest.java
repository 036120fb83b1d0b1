package dev.understudy.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.domain.Actor;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.RejectReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogInspectionTest {
    private static final long START_MS = 1_767_225_600_000L;
    private static final String HEADER = "t,car,v,gap,vl\n";
    private static final String MAPPING = """
            {"fields": {"vehicle": {"column": "car"}, "time": {"column": "t", "unit": "ms"}, "actor": {"default": "HUMAN"},
              "speed": {"column": "v", "unit": "m/s"}, "gap": {"column": "gap", "unit": "m"},
              "leaderSpeed": {"column": "vl", "unit": "m/s"}}}
            """;

    @TempDir
    Path folder = Path.of("");

    private static LogInspection inspect(SampleSource source) {
        LogInspection found =
                LogInspection.of(source, Duration.ofMillis(500), EnumSet.of(Actor.HUMAN, Actor.ASSISTANCE));
        assertThat(found.rows()).isEqualTo(found.bad() + found.samples());
        return found;
    }

    private LogInspection inspect(String mapping, String... files) throws IOException {
        Path mappingFile = Files.writeString(folder.resolve("mapping.json"), mapping);
        List<Path> paths = new ArrayList<>();
        for (int i = 0; i < files.length; i++) {
            paths.add(Files.writeString(folder.resolve("log" + i + ".csv"), HEADER + files[i]));
        }
        return inspect(MappedReader.open(mappingFile).read(paths));
    }

    private static long fates(LogInspection found) {
        return found.steps()
                + found.duplicates()
                + found.rejectedByReason().values().stream()
                        .mapToLong(Long::longValue)
                        .sum();
    }

    private static String row(String car, long ms) {
        double speed = 8 + 0.5 * (ms % 60_000) / 1000;
        return String.format(Locale.ROOT, "%d,%s,%.5f,20,%.5f%n", START_MS + ms, car, speed, speed);
    }

    private static String rows(String car, long fromMs, long toMs, double everyMs) {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; fromMs + i * everyMs < toMs; i++) {
            rows.append(row(car, Math.round(fromMs + i * everyMs)));
        }
        return rows.toString();
    }

    @Test
    void everyRowIsBadOrASampleAndEverySampleHasOneFate() throws IOException {
        LogInspection found = inspect(
                MAPPING,
                rows("a", 0, 30_000, 100) + "x,a,1,2,3\n1,2\n" + row("a", 29_900) + row("a", 29_800)
                        + (START_MS + 30_000) + ",a,,20,8\n");
        assertThat(found.rows()).isEqualTo(305);
        assertThat(found.badByReason()).containsOnlyKeys(Row.Problem.COLUMNS, Row.Problem.TIME);
        assertThat(found.duplicates()).isEqualTo(2);
        assertThat(found.steps()).isEqualTo(300 - 95 - 3);
        assertThat(found.rejectedByReason()).containsEntry(RejectReason.MISSING_SPEED.name(), 1L);
        assertThat(fates(found)).isEqualTo(found.samples());
        assertThat(found.trips()).isEqualTo(1);
        assertThat(found.rateHz()).isCloseTo(10, within(1e-9));
        assertThat(found.action().mean()).isCloseTo(0.5, within(1e-3));
        assertThat(found.remarks()).anySatisfy(remark -> assertThat(remark).contains("2 samples were there before"));
    }

    @ParameterizedTest
    @ValueSource(doubles = {100, 60, 30, 25, 20, 10, 5, 4})
    void actionsAreTrueAtAnyRateThatCarriesTheTask(double hz) throws IOException {
        LogInspection found = inspect(MAPPING, rows("a", 0, 30_000, 1000 / hz));
        assertThat(found.rateHz()).isCloseTo(hz, within(0.01 * hz));
        assertThat(found.duplicates()).isZero();
        assertThat(found.steps()).isBetween(180L, 203L);
        assertThat(found.action().min()).isCloseTo(0.5, within(0.005));
        assertThat(found.action().max()).isCloseTo(0.5, within(0.005));
    }

    @ParameterizedTest
    @ValueSource(doubles = {2, 1})
    void aRateThatIsTooLowIsNamed(double hz) throws IOException {
        LogInspection found = inspect(MAPPING, rows("a", 0, 59_000, 1000 / hz));
        assertThat(found.steps()).isZero();
        assertThat(found.rejectedByReason()).containsKey(RejectReason.RATE_TOO_LOW.name());
        assertThat(found.remarks())
                .anySatisfy(remark -> assertThat(remark).contains(String.format(Locale.ROOT, "has %.2f Hz", hz)));
    }

    @Test
    void oneWrongTimeCostsOneSample() throws IOException {
        String wrong = row("a", 180L * 86_400_000);
        LogInspection found = inspect(
                MAPPING, rows("a", 0, 10_000, 100) + wrong + rows("a", 10_000, 30_000, 100), rows("b", 0, 30_000, 100));
        assertThat(found.samples()).isEqualTo(601);
        assertThat(found.rejectedByReason()).containsEntry(GeneralRefusal.TIME_JUMP.name(), 1L);
        assertThat(found.steps()).isEqualTo(2 * (300 - 98));
        // b is in a file of its own, read after a: late beyond the bound, and no more than that.
        assertThat(found.late()).isEqualTo(294);
    }

    @ParameterizedTest
    @ValueSource(longs = {-60_000, 15_000, 60_000})
    void soDoesOneThatIsWrongByLessThanAMinuteOrTwo(long wrong) throws IOException {
        LogInspection found =
                inspect(MAPPING, rows("a", 0, 15_000, 100) + row("a", 15_000 + wrong) + rows("a", 15_100, 30_000, 100));
        assertThat(found.samples()).isEqualTo(300);
        assertThat(found.rejectedByReason()).containsEntry(GeneralRefusal.TIME_JUMP.name(), 1L);
        assertThat(found.late()).isZero();
        assertThat(fates(found)).isEqualTo(found.samples());
    }

    @Test
    void whatFollowsAClockThatWasPutBackIsLearnedToo() throws IOException {
        LogInspection found = inspect(MAPPING, rows("a", 125_000, 155_000, 100) + rows("a", 120_000, 150_000, 100));
        assertThat(found.duplicates()).isZero();
        assertThat(found.trips()).isEqualTo(2);
        assertThat(found.steps()).isEqualTo(2 * 202);
        assertThat(found.remarks())
                .anySatisfy(remark -> assertThat(remark).contains("another trip (TRIP#2)"))
                .anySatisfy(remark -> assertThat(remark).contains("put back").contains("sorting by time would mix"))
                .noneSatisfy(remark -> assertThat(remark).contains("\"sort\": true"));
    }

    @Test
    void aClockThatWasPutBackByLessIsDoubtedWhereRowsContradict() throws IOException {
        String before = rows("a", 125_000, 155_000, 100);
        String after = rows("a", 150_000, 180_000, 100).replace(",20,", ",25,");
        LogInspection found = inspect(MAPPING, before + after);
        assertThat(found.duplicates()).isEqualTo(50);
        assertThat(found.remarks()).anySatisfy(remark -> assertThat(remark).contains("was the clock put back there"));
    }

    @Test
    void speedsOutOfRangeNameTheUnitThatTheGapsSpeakFor() throws IOException {
        for (double speedMetersPerSecond : new double[] {19, 40}) { // some or all rows above 70
            LogInspection found = inspect(MAPPING, wave(speedMetersPerSecond));
            assertThat(found.rejectedByReason()).containsKey(RejectReason.SPEED_OUT_OF_RANGE.name());
            assertThat(found.remarks()).anySatisfy(remark -> assertThat(remark)
                    .contains("SPEED_OUT_OF_RANGE")
                    .contains("as if speeds in km/h were read as m/s"));
        }
    }

    /** Rows of 180 s in km/h, gaps in m, in which the leader's speed swings by 3 m/s around the follower's. */
    private static String wave(double speedMetersPerSecond) {
        StringBuilder rows = new StringBuilder();
        double gap = 50;
        for (int i = 0; i < 1800; i++) {
            double opening = 3 * Math.sin(i / 60.0);
            rows.append(String.format(
                    Locale.ROOT,
                    "%d,a,%.4f,%.4f,%.4f%n",
                    START_MS + 100L * i,
                    3.6 * speedMetersPerSecond,
                    gap,
                    3.6 * (speedMetersPerSecond + opening)));
            gap += 0.1 * opening;
        }
        return rows.toString();
    }

    @Test
    void aLogWithARowEachQuarterOfAMinuteIsTooSlowAndNotWrong() throws IOException {
        LogInspection found = inspect(MAPPING, rows("a", 0, 600_000, 15_000));
        assertThat(found.rejectedByReason())
                .containsKey(RejectReason.RATE_TOO_LOW.name())
                .doesNotContainKey(GeneralRefusal.TIME_JUMP.name());
    }

    @ParameterizedTest
    @ValueSource(longs = {180, 36_500, -365, -3_650})
    void aWrongTimeInTheFirstRowMakesNothingLate(long days) throws IOException {
        String wrong = row("a", days * 86_400_000);
        LogInspection found = inspect(MAPPING, wrong + rows("a", 100, 30_000, 100));
        assertThat(found.rejectedByReason()).containsEntry(GeneralRefusal.TIME_JUMP.name(), 1L);
        assertThat(found.late()).isZero();
        assertThat(found.steps()).isEqualTo(299 - 98);
        assertThat(fates(found)).isEqualTo(found.samples());
        assertThat(found.remarks())
                .anySatisfy(
                        remark -> assertThat(remark).contains("a time far from").contains("log0.csv:2"))
                .noneSatisfy(remark -> assertThat(remark).contains("come late"));
    }

    @Test
    void aTripOfOneSampleIsJudgedByWhatCameBeforeIt() throws IOException {
        LogInspection found =
                inspect(MAPPING, rows("a", 0, 30_000, 100) + row("b", 0) + rows("a", 30_000, 31_000, 100));
        assertThat(found.late()).isEqualTo(1);
        assertThat(fates(found)).isEqualTo(found.samples());
    }

    @Test
    void carsBelowOneAnotherAreLateAndLearned() throws IOException {
        String grouped = rows("a", 0, 30_000, 100) + rows("b", 0, 30_000, 100);
        LogInspection found = inspect(MAPPING, grouped);
        assertThat(found.late()).isEqualTo(300 - 6);
        assertThat(found.steps()).isEqualTo(2 * 202);
        assertThat(found.remarks())
                .anySatisfy(remark -> assertThat(remark).contains("come late").contains("sort"));
        assertThat(inspect(MAPPING.replaceFirst("\\{", "{\"sort\": true, "), grouped)
                        .late())
                .isZero();
    }

    @Test
    void tripsThatShareTheirTimesAreTold() throws IOException {
        LogInspection found = inspect(MAPPING, rows("a", 0, 30_000, 100), rows("a", 0, 30_000, 100));
        assertThat(found.trips()).isEqualTo(2);
        assertThat(found.remarks())
                .anySatisfy(remark -> assertThat(remark).contains("300 rows fall on the same times"));
    }

    @Test
    void logsInTheOpenAccLayoutHaveTheirOwnRateToo() throws IOException {
        for (int hz : new int[] {25, 10, 5, 1}) {
            Path logs = Files.createDirectories(folder.resolve("hz" + hz));
            Files.createDirectories(logs.resolve("runs"));
            Files.writeString(
                    logs.resolve("runs.csv"),
                    "run,date,driver,acc_gap_setting,seconds,vehicle_order\nr,2026-01-01,human,,30,a b\n");
            StringBuilder run = new StringBuilder("t_s,veh,model,speed_mps,gap_m\n");
            for (int i = 0; i < 30 * hz; i++) {
                double t = (double) i / hz;
                run.append(
                        String.format(Locale.ROOT, "%.3f,1,a,%.4f,%n%.3f,2,b,%.4f,20%n", t, 8 + t / 2, t, 8 + t / 2));
            }
            Files.writeString(logs.resolve("runs/r.csv"), run);
            OpenAccReader reader = OpenAccReader.open(logs);
            LogInspection found = inspect(reader.read(reader.runs()));
            assertThat(found.samples()).isEqualTo(30L * hz);
            assertThat(found.duplicates()).isZero();
            assertThat(found.rateHz()).isCloseTo(hz, within(1e-6));
            if (hz == 1) {
                assertThat(found.rejectedByReason()).containsKey(RejectReason.RATE_TOO_LOW.name());
            } else {
                assertThat(found.action().mean()).isCloseTo(0.5, within(0.005));
            }
            assertThat(Demonstrations.read(reader.read(reader.runs()), EnumSet.of(Actor.HUMAN))
                            .steps())
                    .hasSize((int) found.steps());
        }
    }

    /** A million vehicles with a trip of three samples each, and one vehicle that drives all the while at 10 Hz. */
    private static final class ManyTrips implements SampleSource {
        static final int TRIPS = 1_000_000;
        static final int EVERY = 1_000;

        private long next;

        @Override
        public String describe() {
            return "many trips";
        }

        @Override
        public boolean hasNext() {
            return next < 3L * TRIPS + 2L * (TRIPS / EVERY);
        }

        @Override
        public Row next() {
            long block = next / (3 * EVERY + 2);
            long inBlock = next % (3 * EVERY + 2);
            next++;
            if (inBlock >= 3 * EVERY) { // the steady one, each sample twice
                return sample("steady", block, START_MS + 100 * block);
            }
            return sample(
                    "v" + (block * EVERY + inBlock / 3), inBlock % 3, START_MS + 100 * block + 30 * (inBlock % 3));
        }

        private static Row sample(String vehicle, long sequence, long timeMs) {
            return new Row.Sample(
                    "many",
                    sequence + 1,
                    new FollowingSample(vehicle, "trip/" + vehicle, sequence, timeMs, Actor.HUMAN, "", 10, 20, 10));
        }

        @Override
        public void close() {}
    }

    @Test
    void aMillionShortTripsAreCountedInBoundedMemory() {
        LogInspection found = inspect(new ManyTrips());
        assertThat(found.trips()).isEqualTo(ManyTrips.TRIPS + 1);
        assertThat(found.samples()).isEqualTo(3_002_000);
        assertThat(found.duplicates()).isEqualTo(1000);
        assertThat(found.steps()).isEqualTo(1000 - 95 - 3);
        assertThat(found.late()).isZero();
        assertThat(fates(found)).isEqualTo(found.samples());
        assertThat(found.remarks()).noneSatisfy(remark -> assertThat(remark).contains("forgotten"));
    }

    @Test
    void aTripThatGoesOnAfterItWasForgottenIsTold() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i <= InspectedLog.MOST_VEHICLES; i++) {
            rows.add(ManyTrips.sample("v" + i, 0, START_MS));
        }
        rows.add(ManyTrips.sample("v0", 1, START_MS + 100));
        rows.add(ManyTrips.sample("v0", 0, START_MS));
        LogInspection found = inspect(sourceOf(rows));
        assertThat(found.trips()).isEqualTo(InspectedLog.MOST_VEHICLES + 1);
        assertThat(found.duplicates()).isEqualTo(1);
        assertThat(fates(found)).isEqualTo(found.samples());
        assertThat(found.remarks()).anySatisfy(remark -> assertThat(remark).contains("1 time a trip went on"));
    }

    @Test
    void valuesOfLongAgoAreForgotten() {
        RecentValues recent = new RecentValues(1000);
        for (int i = 0; i < 10_000; i++) {
            assertThat(recent.putIfAbsent(LongMap.hash(1, i), i)).isZero();
            assertThat(recent.putIfAbsent(LongMap.hash(1, Math.max(0, i - 999)), i))
                    .isEqualTo(Math.max(1, i - 999));
        }
        assertThat(recent.putIfAbsent(LongMap.hash(1, 0), 5)).isZero();
        assertThat(recent.putIfAbsent(0, 7)).isZero();
        assertThat(recent.putIfAbsent(0, 8)).isEqualTo(7);
    }

    private static SampleSource sourceOf(List<Row> rows) {
        Iterator<Row> each = rows.iterator();
        return new SampleSource() {
            @Override
            public String describe() {
                return "rows";
            }

            @Override
            public boolean hasNext() {
                return each.hasNext();
            }

            @Override
            public Row next() {
                return each.next();
            }

            @Override
            public void close() {}
        };
    }

    @Test
    void nothingUsableIsSaid() throws IOException {
        assertThat(inspect(MAPPING, "").remarks()).containsExactly("there are no rows");
        assertThat(inspect(MAPPING, "x,a,1,2,3\n").remarks())
                .anySatisfy(remark -> assertThat(remark).contains("log0.csv:2:1"))
                .anySatisfy(remark -> assertThat(remark).contains("every row is bad"));
        assertThat(inspect(MAPPING, rows("a", 0, 5_000, 100)).remarks())
                .containsExactly("no step would be learned: rejected {SHORT_HISTORY=50}");
    }
}
