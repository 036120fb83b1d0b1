package dev.understudy.flink.assemble;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.domain.Step;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.flink.TestLogs;
import dev.understudy.flink.count.Tally;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.serialization.Codecs;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AssembleEntityTest {
    private static final LogReading READING = LogReading.defaults();
    private static final String TRIP = TestLogs.tripName(false, 0, READING);

    private static KeyedOneInputStreamOperatorTestHarness<String, LogRecord, Step> harness(AssembleEntity.Share share)
            throws Exception {
        return harness(Policies.one(new CarFollowingPolicy()), share);
    }

    private static KeyedOneInputStreamOperatorTestHarness<String, LogRecord, Step> harness(
            Policies<?> policies, AssembleEntity.Share share) throws Exception {
        var harness = new KeyedOneInputStreamOperatorTestHarness<String, LogRecord, Step>(
                new KeyedProcessOperator<>(new AssembleEntity<>(policies, READING, share)),
                LogRecord::entity,
                Types.STRING);
        harness.setup(Codecs.STEP.serializer());
        return harness;
    }

    private static Map<String, Long> tallies(KeyedOneInputStreamOperatorTestHarness<String, LogRecord, Step> h) {
        Map<String, Long> counts = new TreeMap<>();
        Collection<StreamRecord<Tally>> records = h.getSideOutput(AssembleEntity.TALLIES);
        if (records != null) {
            records.forEach(record ->
                    counts.merge(record.getValue().name(), record.getValue().count(), Long::sum));
            counts.remove(Tally.INGESTED); // what became of them is counted besides
        }
        return counts;
    }

    private static long sum(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    @Test
    void givesTheSameStepsInWhateverOrderTheRecordsCome() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 300);
        List<FollowingSample> mixed = new ArrayList<>(trip);
        for (int block = 0; block < 300; block += 30) {
            Collections.shuffle(mixed.subList(block, block + 30), new Random(block));
        }
        List<Step> straight;
        try (var h = harness(AssembleEntity.Share.TRAINING)) {
            h.open();
            for (FollowingSample sample : trip) {
                h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
                h.processWatermark(sample.timeMs() - 500);
            }
            h.processWatermark(TestLogs.START_MS + 60_000);
            straight = h.extractOutputValues();
            assertThat(straight).isNotEmpty();
            assertThat(straight.size() + sum(tallies(h))).isEqualTo(300);
        }
        try (var h = harness(AssembleEntity.Share.TRAINING)) {
            h.open();
            for (FollowingSample sample : mixed) {
                h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
            }
            h.processWatermark(TestLogs.START_MS + 60_000);
            assertThat(h.extractOutputValues()).isEqualTo(straight);
        }
    }

    @Test
    void stepsBetweenTheRecordsOfASlowLogAreCountedBesides() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 400).stream()
                .filter(sample -> sample.sequence() % 2 == 0)
                .toList();
        OperatorSubtaskState saved;
        long steps;
        long tallied;
        try (var h = harness(AssembleEntity.Share.TRAINING)) {
            h.open();
            for (FollowingSample sample : trip.subList(0, 130)) {
                h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
                h.processWatermark(sample.timeMs() - 500);
            }
            saved = h.snapshot(1, 1);
            steps = h.extractOutputValues().size();
            tallied = sum(tallies(h)) - 2 * tallies(h).getOrDefault(Tally.INTERPOLATED, 0L);
        }
        try (var h = harness(AssembleEntity.Share.TRAINING)) {
            h.initializeState(saved);
            h.open();
            for (FollowingSample sample : trip.subList(130, 200)) {
                h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
            }
            h.processWatermark(TestLogs.START_MS + 60_000);
            Map<String, Long> tallies = tallies(h);
            assertThat(tallies.get(Tally.INTERPOLATED)).isBetween(65L, 75L);
            steps += h.extractOutputValues().size();
            tallied += sum(tallies) - 2 * tallies.getOrDefault(Tally.INTERPOLATED, 0L);
            assertThat(steps + tallied)
                    .as("records, less what was interpolated")
                    .isEqualTo(200);
            assertThat(h.extractOutputValues())
                    .extracting(step -> step.run())
                    .containsOnly(h.extractOutputValues().get(0).run());
        }
    }

    @Test
    void dropsDuplicatesAndCountsThem() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 150);
        try (var h = harness(AssembleEntity.Share.TRAINING)) {
            h.open();
            for (FollowingSample sample : trip) {
                h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
                h.processElement(TestLogs.log(sample, 1000 + sample.sequence()), sample.timeMs());
                h.processWatermark(sample.timeMs());
                h.processElement(TestLogs.log(sample, 2000 + sample.sequence()), sample.timeMs());
            }
            h.processWatermark(TestLogs.START_MS + 60_000);
            assertThat(tallies(h)).containsEntry(Tally.DUPLICATES, 300L).doesNotContainKey(Tally.LATE);
            assertThat(h.extractOutputValues().size() + sum(tallies(h))).isEqualTo(450);
            assertThat(h.extractOutputValues()).isNotEmpty().allMatch(step -> step.offset() < 1000);
        }
    }

    /** What came out of a vehicle's records. */
    private record Outcome(List<Step> steps, Map<String, Long> tallies) {
        long timely() {
            return steps.stream().filter(step -> step.run() >= 0).count();
        }

        long belated() {
            return steps.size() - timely();
        }
    }

    /** Assembles records, with a watermark after every so many of them, up to a restart after some of them. */
    private static Outcome assemble(List<LogRecord> logs, int every, int restartAfter) throws Exception {
        List<Step> steps = new ArrayList<>();
        Map<String, Long> counts = new TreeMap<>();
        OperatorSubtaskState state = null;
        for (boolean isLast : new boolean[] {false, true}) {
            List<LogRecord> part = isLast ? logs.subList(restartAfter, logs.size()) : logs.subList(0, restartAfter);
            try (var h = harness(AssembleEntity.Share.TRAINING)) {
                if (state != null) {
                    h.initializeState(state);
                }
                h.open();
                for (LogRecord log : part) {
                    if (log.offset() % every == 0) {
                        h.processWatermark(log.clockMs());
                    }
                    h.processElement(log, 0);
                }
                if (isLast) {
                    h.processWatermark(TestLogs.START_MS + 10_000_000);
                }
                state = h.snapshot(1, 1);
                steps.addAll(h.extractOutputValues());
                tallies(h).forEach((name, count) -> counts.merge(name, count, Long::sum));
            }
        }
        assertThat(steps.size() + sum(counts)).as("each record once").isEqualTo(logs.size());
        return new Outcome(steps, counts);
    }

    private static Outcome assemble(List<LogRecord> logs) throws Exception {
        Outcome outcome = assemble(logs, 1, 0);
        assertThat(assemble(logs, 77, 0)).as("with few watermarks").isEqualTo(outcome);
        assertThat(assemble(logs, 5, logs.size() / 2 + 1)).as("with a restart").isEqualTo(outcome);
        return outcome;
    }

    /** Returns records whose turns come at the watermark of a fleet that drives on all the while. */
    /** Returns a record with the time of its sample wrong by so much; its timestamp knows better, or is set by hand. */
    private static LogRecord wrong(LogRecord log, long byMs, boolean isSentKnown) {
        FollowingSample sample = TestLogs.sample(log);
        FollowingSample wrong = TestLogs.at(sample, sample.timeMs() + byMs);
        LogRecord given = TestLogs.read(wrong, log.partition(), log.offset());
        return new LogRecord(
                given.entity(),
                given.episode(),
                given.sequence(),
                given.timeMs(),
                given.value(),
                null,
                log.partition(),
                log.offset(),
                isSentKnown ? log.sentMs() : wrong.timeMs(),
                log.clockMs());
    }

    private static List<LogRecord> turns(List<FollowingSample> samples, long firstTurnMs) {
        List<LogRecord> logs = new ArrayList<>();
        for (FollowingSample sample : samples) {
            logs.add(TestLogs.log(sample, logs.size(), firstTurnMs + 100L * logs.size() - 501));
        }
        return logs;
    }

    @Test
    void aTripThatIsSentAnHourLaterIsLearnedAsIfItHadComeInTime() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 300);
        Outcome inTime = assemble(turns(trip, TestLogs.START_MS));
        Outcome late = assemble(turns(trip, TestLogs.START_MS + 3_600_000));
        assertThat(late.belated())
                .isEqualTo(inTime.timely())
                .isEqualTo(late.steps().size())
                .isPositive();
        assertThat(late.steps())
                .extracting(step -> step.sequence())
                .isEqualTo(inTime.steps().stream().map(step -> step.sequence()).toList());
        assertThat(late.tallies()).containsOnlyKeys(Tally.LATE);
        assertThat(late.steps())
                .as("ready when they came, not when they were driven")
                .allMatch(step -> step.readyMs() > TestLogs.START_MS + 3_600_000);
    }

    @Test
    void aStretchThatIsHeldUpForTenSecondsIsLearnedAsAPieceOfItsOwn() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 800);
        List<LogRecord> logs = new ArrayList<>(turns(trip, TestLogs.START_MS));
        List<LogRecord> all = new ArrayList<>();
        for (LogRecord log : logs) {
            if (log.offset() < 200 || log.offset() > 499) {
                all.add(log);
            }
            if (log.offset() == 600) { // out they come, at one watermark, in some disorder
                List<LogRecord> held = new ArrayList<>(logs.subList(200, 500));
                Collections.shuffle(held, new Random(1));
                held.forEach(each -> all.add(each.at(log.clockMs())));
            }
        }
        Outcome outcome = assemble(all);
        assertThat(outcome.belated()).isGreaterThan(150);
        assertThat(outcome.tallies()).doesNotContainKey("rejected.OUT_OF_STEP");
    }

    @Test
    void aSampleThatIsLateAllAloneIsCountedAsThat() throws Exception {
        List<LogRecord> logs = turns(TestLogs.trip("car", TRIP, TestLogs.START_MS, 300), TestLogs.START_MS);
        LogRecord late = logs.remove(200).at(TestLogs.START_MS + 30_000);
        logs.add(late);
        logs.add(late);
        Outcome outcome = assemble(logs);
        assertThat(outcome.tallies()).containsEntry(Tally.LATE, 1L).containsEntry(Tally.DUPLICATES, 1L);
        assertThat(outcome.steps())
                .as("a hole in time ends the trajectory")
                .extracting(step -> step.run())
                .contains(0L, 1L);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 150, 297, 298, 299})
    void aWrongTimeCostsOneSampleAndNoOther(int row) throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 300);
        List<LogRecord> without = turns(trip, TestLogs.START_MS);
        without.remove(row);
        Map<String, Long> expected = new TreeMap<>(assemble(without).tallies());
        expected.put("rejected.TIME_JUMP", 1L);
        for (long jump : new long[] {-180L * 86_400_000, -3_600_000, 60_000, 3_600_000, 180L * 86_400_000}) {
            for (boolean isSentKnown : new boolean[] {true, false}) {
                List<LogRecord> logs = turns(trip, TestLogs.START_MS);
                logs.replaceAll(log -> wrong(log, log.offset() == row ? jump : 0, isSentKnown));
                assertThat(assemble(logs).tallies())
                        .as("row %d wrong by %d ms", row, jump)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void twoWrongTimesInARowCostTwoSamples() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 300);
        List<LogRecord> logs = turns(trip, TestLogs.START_MS);
        for (int row : new int[] {150, 151, 220}) {
            logs.set(row, wrong(logs.get(row), 3_600_000, true));
        }
        assertThat(assemble(logs).tallies()).containsEntry("rejected.TIME_JUMP", 3L);
    }

    @Test
    void aClockThatIsPutBackByAnHourInMidTripMakesTwoPieces() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS + 3_600_000, 600);
        List<FollowingSample> samples = new ArrayList<>(trip.subList(0, 300));
        trip.subList(300, 600).forEach(sample -> samples.add(TestLogs.at(sample, sample.timeMs() - 3_600_000)));
        Outcome outcome = assemble(turns(samples, TestLogs.START_MS + 3_600_000));
        Outcome half = assemble(turns(trip.subList(0, 300), TestLogs.START_MS + 3_600_000));
        assertThat(outcome.timely()).isEqualTo(half.timely());
        assertThat(outcome.belated()).isEqualTo(half.timely());
        assertThat(outcome.tallies()).doesNotContainKey("rejected.TIME_JUMP").doesNotContainKey("rejected.OUT_OF_STEP");
    }

    @Test
    void aClockThatIsPutBackWhileEverythingIsLateLosesNothingEither() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 600);
        List<FollowingSample> samples = new ArrayList<>(trip.subList(0, 300));
        trip.subList(300, 600).forEach(sample -> samples.add(TestLogs.at(sample, sample.timeMs() - 60_000)));
        Outcome outcome = assemble(turns(samples, TestLogs.START_MS + 3_600_000));
        Outcome half = assemble(turns(trip.subList(0, 300), TestLogs.START_MS));
        assertThat(outcome.belated()).isEqualTo(2 * half.timely());
        assertThat(outcome.steps().stream().map(step -> step.run()).distinct()).hasSize(2);
    }

    @Test
    void aPauseInATripIsNoWrongTime() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 600);
        List<LogRecord> logs = turns(trip.subList(0, 300), TestLogs.START_MS);
        trip.subList(300, 600)
                .forEach(sample -> logs.add(TestLogs.log(
                        TestLogs.at(sample, sample.timeMs() + 900_000),
                        sample.sequence(),
                        sample.timeMs() + 900_000 - 1001)));
        Outcome outcome = assemble(logs);
        assertThat(outcome.tallies()).doesNotContainKey("rejected.TIME_JUMP").doesNotContainKey(Tally.LATE);
        assertThat(outcome.timely()).isGreaterThan(400);
    }

    @Test
    void leavesTripsOfTheOtherShareAlone() throws Exception {
        String heldOut = TestLogs.tripName(true, 0, READING);
        for (AssembleEntity.Share share : AssembleEntity.Share.values()) {
            try (var h = harness(share)) {
                h.open();
                for (String name : List.of(TRIP, heldOut)) {
                    for (FollowingSample sample : TestLogs.trip("car of " + name, name, TestLogs.START_MS, 150)) {
                        h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
                    }
                }
                h.processWatermark(TestLogs.START_MS + 60_000);
                String wanted = share == AssembleEntity.Share.TRAINING ? TRIP : heldOut;
                assertThat(h.extractOutputValues()).isNotEmpty().allMatch(step -> step.episode()
                        .equals(wanted));
                assertThat(tallies(h)).containsEntry(Tally.HELD_OUT, 150L);
            }
        }
    }

    @Test
    void rejectsTimeThatRunsBackwardsAndOtherDrivers() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 100);
        FollowingSample odd = trip.get(60);
        FollowingSample backwards = new FollowingSample(
                odd.vehicle(), odd.trip(), 200, trip.get(20).timeMs() + 50, Actor.HUMAN, "", 15, 22, 15);
        try (var h = harness(AssembleEntity.Share.TRAINING)) {
            h.open();
            h.processElement(TestLogs.log(backwards, 500), backwards.timeMs());
            for (FollowingSample sample : trip) {
                h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
            }
            h.processWatermark(TestLogs.START_MS + 60_000);
            assertThat(h.extractOutputValues().size() + sum(tallies(h))).isEqualTo(101);
            assertThat(tallies(h)).containsKey("rejected.OUT_OF_STEP");
        }
    }

    @Test
    void goesOnAfterARestoreAsIfNothingHadBeen() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 300);
        List<Step> whole = new ArrayList<>();
        List<Step> parts = new ArrayList<>();
        try (var h = harness(AssembleEntity.Share.TRAINING)) {
            h.open();
            feed(h, trip);
            h.processWatermark(TestLogs.START_MS + 60_000);
            whole.addAll(h.extractOutputValues());
        }
        OperatorSubtaskState state;
        try (var h = harness(AssembleEntity.Share.TRAINING)) {
            h.open();
            feed(h, trip.subList(0, 150));
            state = h.snapshot(1, 1);
            parts.addAll(h.extractOutputValues());
        }
        try (var h = harness(AssembleEntity.Share.TRAINING)) {
            h.initializeState(state);
            h.open();
            h.processElement(TestLogs.log(trip.get(149), 149), trip.get(149).timeMs());
            assertThat(tallies(h)).containsEntry(Tally.DUPLICATES, 1L);
            feed(h, trip.subList(150, 300));
            h.processWatermark(TestLogs.START_MS + 60_000);
            parts.addAll(h.extractOutputValues());
        }
        assertThat(parts).isEqualTo(whole);
    }

    private static void feed(
            KeyedOneInputStreamOperatorTestHarness<String, LogRecord, Step> h, List<FollowingSample> samples)
            throws Exception {
        for (FollowingSample sample : samples) {
            h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
            h.processWatermark(sample.timeMs() - 500);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aFewWrongSequencesDoNotDiscardWhatComesAfterThem(int wrong) throws Exception {
        try (var h = harness(AssembleEntity.Share.TRAINING)) {
            h.open();
            for (FollowingSample sample : TestLogs.trip("car", TRIP, TestLogs.START_MS, 1_000)) {
                boolean isWrong = sample.sequence() >= 500 && sample.sequence() < 500 + wrong;
                FollowingSample given = new FollowingSample(
                        sample.vehicle(),
                        sample.trip(),
                        isWrong ? 4_294_967_295L + sample.sequence() : sample.sequence(),
                        sample.timeMs(),
                        sample.actor(),
                        sample.label(),
                        sample.speedMetersPerSecond(),
                        sample.gapMeters(),
                        sample.leaderSpeedMetersPerSecond());
                h.processElement(TestLogs.log(given, sample.sequence()).at(sample.timeMs() - 600), sample.timeMs());
                h.processWatermark(sample.timeMs() - 500);
            }
            h.processWatermark(TestLogs.START_MS + 200_000);
            assertThat(h.extractOutputValues().size()).as("%s", tallies(h)).isGreaterThan(850);
            assertThat(tallies(h).getOrDefault("rejected.TIME_JUMP", 0L)).isEqualTo(wrong == 1 ? 1 : 0);
        }
    }

    private static FollowingSample labelled(FollowingSample sample, String label) {
        return new FollowingSample(
                sample.vehicle(),
                sample.trip(),
                sample.sequence(),
                sample.timeMs(),
                sample.actor(),
                label,
                sample.speedMetersPerSecond(),
                sample.gapMeters(),
                sample.leaderSpeedMetersPerSecond());
    }

    @Test
    void anEpisodeIsLearnedForThePolicyOfItsFirstRecordAlsoAfterARestart() throws Exception {
        Policies<?> policies = Catalogue.chosenOfOneDomain(List.of(CarFollowing.POLICY), "label");
        String another = TestLogs.tripName(false, 1, READING);
        List<FollowingSample> samples = new ArrayList<>();
        TestLogs.trip("car", TRIP, TestLogs.START_MS, 300)
                .forEach(sample -> samples.add(labelled(sample, sample.sequence() < 100 ? "north" : "south")));
        TestLogs.trip("car", another, TestLogs.START_MS + 30_000, 300)
                .forEach(sample -> samples.add(labelled(sample, "south")));
        List<Step> steps = new ArrayList<>();
        OperatorSubtaskState saved = null;
        for (List<FollowingSample> part : List.of(samples.subList(0, 150), samples.subList(150, 600))) {
            try (var h = harness(policies, AssembleEntity.Share.TRAINING)) {
                if (saved != null) {
                    h.initializeState(saved);
                }
                h.open();
                for (FollowingSample sample : part) {
                    h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
                    h.processWatermark(sample.timeMs() - 500);
                }
                if (saved != null) {
                    h.processWatermark(TestLogs.START_MS + 120_000);
                }
                saved = h.snapshot(1, 1);
                steps.addAll(h.extractOutputValues());
            }
        }
        assertThat(steps).hasSizeGreaterThan(300);
        assertThat(steps).allSatisfy(step -> assertThat(step.policy())
                .isEqualTo(CarFollowing.POLICY + (step.episode().equals(TRIP) ? "@north" : "@south")));
        assertThat(steps.stream().filter(step -> step.episode().equals(another)).count())
                .as("the steps of the second trip, whose context begins afresh")
                .isBetween(150L, 300L);
    }

    @Test
    void anEpisodeKeepsItsPolicyWhileItsRecordsWaitHoweverManyComeAfterIt() throws Exception {
        Policies<?> policies = Catalogue.chosenOfOneDomain(List.of(CarFollowing.POLICY), "label");
        List<FollowingSample> samples = new ArrayList<>();
        TestLogs.trip("car", TRIP, TestLogs.START_MS, 300)
                .forEach(sample -> samples.add(labelled(sample, sample.sequence() == 0 ? "north" : "south")));
        for (int i = 1; i <= 3 * EntityProgress.EPISODES; i++) {
            String another = TestLogs.tripName(false, i, READING);
            TestLogs.trip("car", another, TestLogs.START_MS + 30_000L * i, 1)
                    .forEach(sample -> samples.add(labelled(sample, "south")));
        }
        List<Step> steps = new ArrayList<>();
        OperatorSubtaskState saved;
        try (var h = harness(policies, AssembleEntity.Share.TRAINING)) {
            h.open();
            for (FollowingSample sample : samples) {
                h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
            }
            h.processWatermark(TestLogs.START_MS + 20_000);
            steps.addAll(h.extractOutputValues());
            saved = h.snapshot(1, 1);
        }
        try (var h = harness(policies, AssembleEntity.Share.TRAINING)) {
            h.initializeState(saved);
            h.open();
            h.processWatermark(TestLogs.START_MS + 1_000_000);
            steps.addAll(h.extractOutputValues());
        }
        assertThat(steps).hasSizeGreaterThan(150);
        assertThat(steps).allSatisfy(step -> assertThat(step.policy()).isEqualTo(CarFollowing.POLICY + "@north"));
    }

    @Test
    void recordsOfPoliciesThatWereNotAskedForAreCountedUnderTheirDomain() throws Exception {
        Policies<?> policies = Catalogue.chosenOfOneDomain(
                List.of(CarFollowing.POLICY + "@north", CarFollowing.POLICY + "@south"), "");
        try (var h = harness(policies, AssembleEntity.Share.TRAINING)) {
            h.open();
            for (FollowingSample sample : TestLogs.trip("car", TRIP, TestLogs.START_MS, 50)) {
                h.processElement(TestLogs.log(labelled(sample, "west"), sample.sequence()), sample.timeMs());
            }
            h.processWatermark(TestLogs.START_MS + 60_000);
            assertThat(h.extractOutputValues()).isEmpty();
            assertThat(tallies(h)).containsExactly(Map.entry("rejected.OTHER_POLICY", 50L));
            assertThat(h.getSideOutput(AssembleEntity.TALLIES))
                    .allSatisfy(record -> assertThat(record.getValue().policy()).isEqualTo("driving"));
        }
    }
}
