package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.driving.Actor;
import dev.understudy.driving.FollowingSample;
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

class AssembleVehicleTest {
    private static final LogReading READING = LogReading.defaults();
    private static final String TRIP = TestLogs.tripName(false, 0, READING);

    private static KeyedOneInputStreamOperatorTestHarness<String, DecodedLog, LocatedStep> harness(
            AssembleVehicle.Share share) throws Exception {
        var harness = new KeyedOneInputStreamOperatorTestHarness<String, DecodedLog, LocatedStep>(
                new KeyedProcessOperator<>(new AssembleVehicle("p", READING, share)),
                DecodedLog::vehicle,
                Types.STRING);
        harness.setup(Codecs.LOCATED_STEP.serializer());
        return harness;
    }

    private static Map<String, Long> tallies(
            KeyedOneInputStreamOperatorTestHarness<String, DecodedLog, LocatedStep> h) {
        Map<String, Long> counts = new TreeMap<>();
        Collection<StreamRecord<Tally>> records = h.getSideOutput(AssembleVehicle.TALLIES);
        if (records != null) {
            records.forEach(record ->
                    counts.merge(record.getValue().name(), record.getValue().count(), Long::sum));
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
        List<LocatedStep> straight;
        try (var h = harness(AssembleVehicle.Share.TRAINING)) {
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
        try (var h = harness(AssembleVehicle.Share.TRAINING)) {
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
        try (var h = harness(AssembleVehicle.Share.TRAINING)) {
            h.open();
            for (FollowingSample sample : trip.subList(0, 130)) {
                h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
                h.processWatermark(sample.timeMs() - 500);
            }
            saved = h.snapshot(1, 1);
            steps = h.extractOutputValues().size();
            tallied = sum(tallies(h)) - 2 * tallies(h).getOrDefault(Tally.INTERPOLATED, 0L);
        }
        try (var h = harness(AssembleVehicle.Share.TRAINING)) {
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
                    .extracting(step -> step.step().trajectory())
                    .containsOnly(h.extractOutputValues().get(0).step().trajectory());
        }
    }

    @Test
    void dropsDuplicatesAndCountsThem() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 150);
        try (var h = harness(AssembleVehicle.Share.TRAINING)) {
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

    @Test
    void countsAndKeepsAsideWhatComesAfterTheWatermark() throws Exception {
        List<FollowingSample> trip = TestLogs.trip("car", TRIP, TestLogs.START_MS, 300);
        try (var h = harness(AssembleVehicle.Share.TRAINING)) {
            h.open();
            for (FollowingSample sample : trip) {
                if (sample.sequence() != 200) {
                    h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
                }
            }
            h.processWatermark(TestLogs.START_MS + 60_000);
            h.processElement(TestLogs.log(trip.get(200), 200), trip.get(200).timeMs());
            h.processElement(TestLogs.log(trip.get(200), 201), trip.get(200).timeMs());
            assertThat(tallies(h)).containsEntry(Tally.LATE, 1L).containsEntry(Tally.DUPLICATES, 1L);
            assertThat(h.getSideOutput(AssembleVehicle.LATE)).hasSize(1);
            assertThat(h.extractOutputValues())
                    .as("a hole in time ends the trajectory")
                    .extracting(step -> step.step().trajectory())
                    .contains(0L, 1L);
        }
    }

    @Test
    void leavesTripsOfTheOtherShareAlone() throws Exception {
        String heldOut = TestLogs.tripName(true, 0, READING);
        for (AssembleVehicle.Share share : AssembleVehicle.Share.values()) {
            try (var h = harness(share)) {
                h.open();
                for (String name : List.of(TRIP, heldOut)) {
                    for (FollowingSample sample : TestLogs.trip("car of " + name, name, TestLogs.START_MS, 150)) {
                        h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
                    }
                }
                h.processWatermark(TestLogs.START_MS + 60_000);
                String wanted = share == AssembleVehicle.Share.TRAINING ? TRIP : heldOut;
                assertThat(h.extractOutputValues())
                        .isNotEmpty()
                        .allMatch(step -> step.step().trip().equals(wanted));
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
        try (var h = harness(AssembleVehicle.Share.TRAINING)) {
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
        List<LocatedStep> whole = new ArrayList<>();
        List<LocatedStep> parts = new ArrayList<>();
        try (var h = harness(AssembleVehicle.Share.TRAINING)) {
            h.open();
            feed(h, trip);
            h.processWatermark(TestLogs.START_MS + 60_000);
            whole.addAll(h.extractOutputValues());
        }
        OperatorSubtaskState state;
        try (var h = harness(AssembleVehicle.Share.TRAINING)) {
            h.open();
            feed(h, trip.subList(0, 150));
            state = h.snapshot(1, 1);
            parts.addAll(h.extractOutputValues());
        }
        try (var h = harness(AssembleVehicle.Share.TRAINING)) {
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
            KeyedOneInputStreamOperatorTestHarness<String, DecodedLog, LocatedStep> h, List<FollowingSample> samples)
            throws Exception {
        for (FollowingSample sample : samples) {
            h.processElement(TestLogs.log(sample, sample.sequence()), sample.timeMs());
            h.processWatermark(sample.timeMs() - 500);
        }
    }
}
