package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.driving.FollowingAssembler;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.LabelledStep;
import dev.understudy.driving.RejectReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.transformations.OneInputTransformation;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class StepWindowsTest {
    private static final long START = TestLogs.START_MS;
    private static final LogReading READING = LogReading.defaults();
    private static final TrainingConfig TRAINING =
            TrainingConfig.defaults().withWindow(Duration.ofSeconds(20), Duration.ofSeconds(10));

    private static List<LocatedStep> steps() {
        List<LocatedStep> steps = new ArrayList<>();
        FollowingAssembler.State state = new FollowingAssembler.State();
        FollowingAssembler assembler = new FollowingAssembler();
        for (FollowingSample sample : TestLogs.trip("car", "trip", START, 600)) {
            assembler.offer(state, sample, new FollowingAssembler.Output() {
                @Override
                public void step(LabelledStep step) {
                    steps.add(new LocatedStep(step, 0, step.sequence()));
                }

                @Override
                public void rejected(FollowingSample sample, RejectReason reason) {}
            });
        }
        return steps;
    }

    @SuppressWarnings("unchecked") // a transformation does not say what it takes
    private static KeyedOneInputStreamOperatorTestHarness<String, LocatedStep, WindowBatch> harness() throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        var windows = (OneInputTransformation<LocatedStep, WindowBatch>) LearningJob.batches(
                        env.fromData(Codecs.LOCATED_STEP.typeInformation(), steps().get(0)), TRAINING, READING)
                .getTransformation();
        var harness = new KeyedOneInputStreamOperatorTestHarness<String, LocatedStep, WindowBatch>(
                windows.getOperatorFactory(), any -> TRAINING.policy(), Types.STRING);
        harness.setup(Codecs.WINDOW_BATCH.serializer());
        return harness;
    }

    @Test
    void aStepTooLateForItsFirstWindowCountsOnceInTheNext() throws Exception {
        List<LocatedStep> steps = steps();
        List<LocatedStep> afterTheFirst = new ArrayList<>();
        List<LocatedStep> afterAll = new ArrayList<>();
        try (var h = harness()) {
            h.open();
            for (LocatedStep step : steps) {
                long at = step.step().timeMs() - START;
                if (at == 35_000) {
                    afterTheFirst.add(step);
                } else if (at == 25_000) {
                    afterAll.add(step);
                } else {
                    h.processElement(step, step.step().timeMs());
                }
            }
            assertThat(afterTheFirst).hasSize(1);
            assertThat(afterAll).hasSize(1);
            // The windows that end at 40 s are gone, those that end at 50 s are not.
            h.processWatermark(START + 40_000 - 1 + READING.inactivity().toMillis());
            for (LocatedStep late : List.of(afterTheFirst.get(0), afterAll.get(0))) {
                h.processElement(late, late.step().timeMs());
            }
            h.processWatermark(START + 120_000);
            List<WindowBatch> batches = h.extractOutputValues();
            assertThat(batches.stream().mapToInt(WindowBatch::steps).sum()).isGreaterThan(steps.size());
            assertThat(batches.stream().mapToInt(WindowBatch::freshSteps).sum()).isEqualTo(steps.size() - 1);
            assertThat(h.getSideOutput(CollectWindow.LATE)).hasSize(1);
        }
    }
}
