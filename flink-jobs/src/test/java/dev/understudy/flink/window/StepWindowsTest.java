package dev.understudy.flink.window;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.domain.Step;
import dev.understudy.driving.CarFollowing;
import dev.understudy.flink.LearningJob;
import dev.understudy.flink.TestLogs;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.flink.train.TrainingConfig;
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
    private static final TrainingConfig TRAINING = TrainingConfig.defaults(Catalogue.only(CarFollowing.POLICY))
            .withWindow(Duration.ofSeconds(20), Duration.ofSeconds(10));

    private static List<Step> steps() {
        return TestLogs.steps(TestLogs.trip("car", "trip", START, 600));
    }

    @SuppressWarnings("unchecked") // a transformation does not say what it takes
    private static KeyedOneInputStreamOperatorTestHarness<String, Step, WindowBatch> harness() throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
        var windows = (OneInputTransformation<Step, WindowBatch>)
                LearningJob.batches(env.fromData(Codecs.STEP.typeInformation(), steps().get(0)), TRAINING, READING)
                        .getTransformation();
        var harness = new KeyedOneInputStreamOperatorTestHarness<String, Step, WindowBatch>(
                windows.getOperatorFactory(), any -> CarFollowing.POLICY, Types.STRING);
        harness.setup(WindowBatch.CODEC.serializer());
        return harness;
    }

    /** Returns the step that becomes ready at a watermark. */
    private static Step readyAt(Step step, long timeMs) {
        return step.with(step.policy(), step.run(), timeMs);
    }

    @Test
    void aStepThatIsReadyAfterItsWindowsFiredIsLearnedOnceWithTheNext() throws Exception {
        long delay = READING.inactivity().toMillis();
        List<Step> steps = new ArrayList<>();
        for (Step step : steps()) {
            long at = step.timeMs() - START;
            long readyMs = START
                    + (at == 35_000
                            ? 40_000 + delay // its first window has just fired, its second has not
                            : at == 25_000 ? 55_000 : at);
            steps.add(readyAt(step, readyMs));
        }
        steps.sort(Comparator.comparingLong(Step::readyMs));
        for (long every : new long[] {1, 700, 1_000_000}) { // however seldom watermarks come
            List<WindowBatch> batches = new ArrayList<>();
            try (var h = harness()) {
                h.open();
                long watermarkMs = START - 1;
                for (Step step : steps) {
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
