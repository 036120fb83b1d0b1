package dev.understudy.flink.rollouts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.flink.TestLogs;
import dev.understudy.flink.count.Tally;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.RolloutStep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.co.KeyedCoProcessOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class AttachRolloutsTest {
    private static final CarFollowingPolicy SPEC = new CarFollowingPolicy();
    private static final Duration DELAY = Duration.ofSeconds(2);
    private static final WindowBatch FIRST = TestLogs.batch(0);
    private static final WindowBatch SECOND = TestLogs.batch(1);
    private static final long FIRES_MS = FIRST.endMs() - 1 + DELAY.toMillis();

    private static KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, RecordedStep, WindowBatch> harness(
            int mostWaiting) throws Exception {
        var harness = new KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, RecordedStep, WindowBatch>(
                new KeyedCoProcessOperator<>(new AttachRollouts(Policies.one(SPEC), DELAY, mostWaiting)),
                WindowBatch::policy,
                RecordedStep::policy,
                Types.STRING);
        harness.setup(WindowBatch.CODEC.serializer());
        return harness;
    }

    private static RecordedStep recorded(long sequence, long timeMs, long clockMs, int size) {
        return new RecordedStep(
                new RolloutStep(
                        "car",
                        "trip",
                        sequence,
                        timeMs,
                        CarFollowing.POLICY,
                        1,
                        "a".repeat(64),
                        new float[size],
                        new float[1],
                        Decision.Kind.POLICY,
                        -1),
                0,
                sequence,
                clockMs);
    }

    private static RecordedStep recorded(long sequence, long timeMs, long clockMs) {
        return recorded(sequence, timeMs, clockMs, SPEC.observationSize());
    }

    private static List<Long> sequences(WindowBatch batch) {
        return batch.rollouts().stream().map(RolloutStep::sequence).toList();
    }

    @Test
    void aWindowGetsWhatWasDoneBeforeItsEndAndWhoseTurnCameBeforeItFired() throws Exception {
        List<RecordedStep> rollouts = List.of(
                recorded(1, FIRST.startMs() - 5_000, FIRST.startMs() - 6_000),
                recorded(2, FIRST.endMs() - 1, FIRES_MS - 1),
                recorded(3, FIRST.endMs(), FIRES_MS - 1),
                recorded(4, FIRST.endMs() - 2, FIRES_MS));
        for (int before = 0; before <= rollouts.size(); before++) { // of them, so many are there before the window
            for (boolean isKilled : new boolean[] {false, true}) {
                List<WindowBatch> out = new ArrayList<>();
                OperatorSubtaskState state = null;
                try (var h = harness(100)) {
                    h.open();
                    for (RecordedStep each : rollouts.subList(0, before)) {
                        h.processElement2(each, 0);
                    }
                    h.processElement1(FIRST, 0);
                    h.processWatermark1(new Watermark(FIRES_MS));
                    assertThat(h.extractOutputValues())
                            .as("rollouts may be to come")
                            .isEmpty();
                    state = h.snapshot(1, 1);
                    if (!isKilled) {
                        out.addAll(rest(h, rollouts.subList(before, rollouts.size())));
                    }
                }
                if (isKilled) {
                    try (var h = harness(100)) {
                        h.initializeState(state);
                        h.open();
                        h.processWatermark1(new Watermark(FIRES_MS));
                        out.addAll(rest(h, rollouts.subList(before, rollouts.size())));
                    }
                }
                assertThat(out)
                        .extracting(AttachRolloutsTest::sequences)
                        .containsExactly(List.of(1L, 2L), List.of(3L, 4L));
                assertThat(out.get(0).sourceRanges())
                        .containsExactly("driving.logs.v1-0@0-1800", "driving.rollouts.v1-0@1-2");
                assertThat(out.get(0).trajectories()).isEqualTo(FIRST.trajectories());
            }
        }
    }

    private static List<WindowBatch> rest(
            KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, RecordedStep, WindowBatch> h,
            List<RecordedStep> rollouts)
            throws Exception {
        for (RecordedStep each : rollouts) {
            h.processElement2(each, 0);
        }
        h.processWatermark2(new Watermark(FIRES_MS));
        assertThat(h.extractOutputValues()).hasSize(1);
        h.processElement1(SECOND, 0);
        h.processBothWatermarks(Watermark.MAX_WATERMARK);
        return h.extractOutputValues();
    }

    @Test
    void whatIsDroppedAndWhatIsRefusedIsCounted() throws Exception {
        try (var h = harness(4)) {
            h.open();
            for (int i = 0; i < 5; i++) {
                h.processElement2(recorded(i, FIRST.startMs() + i, FIRST.startMs()), 0);
            }
            h.processElement2(recorded(5, FIRST.startMs() + 5, FIRST.startMs(), 3), 0);
            h.processElement1(FIRST, 0);
            h.processBothWatermarks(new Watermark(FIRES_MS));
            assertThat(h.extractOutputValues())
                    .extracting(AttachRolloutsTest::sequences)
                    .containsExactly(List.of(2L, 3L, 4L, 5L));
            Map<String, Long> tallies = h.getSideOutput(AttachRollouts.TALLIES).stream()
                    .map(each -> each.getValue())
                    .collect(Collectors.groupingBy(Tally::name, Collectors.summingLong(Tally::count)));
            assertThat(tallies)
                    .isEqualTo(Map.of(
                            "rollouts.read", 6L,
                            "rollouts.dropped", 2L,
                            "rollouts.refused.OTHER_SIZE", 1L,
                            "rollouts.refused.NO_NEXT_OBSERVATION", 1L));
        }
    }
}
