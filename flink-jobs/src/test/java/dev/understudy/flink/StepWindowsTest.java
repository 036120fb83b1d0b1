package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.driving.FollowingAssembler;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.LabelledStep;
import dev.understudy.driving.RejectReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
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
                    steps.add(LocatedStep.of(step, 0, step.sequence()));
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

    /** Returns the step that becomes ready at a watermark. */
    private static LocatedStep readyAt(LocatedStep step, long timeMs) {
        return new LocatedStep(step.step(), step.partition(), step.offset(), timeMs);
    }

    @Test
    void aStepThatIsReadyAfterItsWindowsFiredIsLearnedOnceWithTheNext() throws Exception {
        long delay = READING.inactivity().toMillis();
        List<LocatedStep> steps = new ArrayList<>();
        for (LocatedStep step : steps()) {
            long at = step.step().timeMs() - START;
            long readyMs = START
                    + (at == 35_000
                            ? 40_000 + delay // its first window has just fired, its second has not
                            : at == 25_000 ? 55_000 : at);
            steps.add(readyAt(step, readyMs));
        }
        steps.sort(Comparator.comparingLong(LocatedStep::readyMs));
        for (long every : new long[] {1, 700, 1_000_000}) { // however seldom watermarks come
            List<WindowBatch> batches = new ArrayList<>();
            try (var h = harness()) {
                h.open();
                long watermarkMs = START - 1;
                for (LocatedStep step : steps) {
                    if (step.readyMs() - 1 >= watermarkMs + every) {
                        watermarkMs = step.readyMs() - 1;
                        h.processWatermark(watermarkMs);
                    }
                    h.processElement(step, step.readyMs());
                }
                h.processWatermark(START + 200_000);
                batches.addAll(h.extractOutputValues());
            }
            assertThat(batches.stream().mapToInt(WindowBatch::freshSteps).sum())
                    .as("watermarks every %d ms", every)
                    .isEqualTo(steps.size());
            assertThat(batches.stream().mapToInt(WindowBatch::lateSteps).sum()).isEqualTo(1);
            for (WindowBatch batch : batches) {
                long from = batch.startMs() - START;
                assertThat(holds(batch, 25_000)).isEqualTo(from == 40_000 || from == 50_000);
                assertThat(holds(batch, 35_000)).isEqualTo(from == 30_000);
                assertThat(batch.lateSteps()).isEqualTo(from == 40_000 ? 1 : 0);
            }
        }
    }

    private static boolean holds(WindowBatch batch, long timeMs) {
        return batch.trajectories().stream()
                .anyMatch(each -> each.startMs() - START <= timeMs
                        && each.startMs() - START + each.stepMs() * (each.steps() - 1) >= timeMs);
    }
}
