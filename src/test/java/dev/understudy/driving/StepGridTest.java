package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.data.Trajectory;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps of 0.1 s from logs of any rate. */
class StepGridTest {
    private static final long START_MS = 1_767_225_600_000L;

    /** Returns a car that gains 0.5 m/s each second behind one that does the same, sampled at the times given. */
    private static List<FollowingSample> accelerating(int count, LongUnaryOperator timeMs) {
        List<FollowingSample> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long at = timeMs.applyAsLong(i);
            double speed = 8 + 0.5 * at / 1000.0;
            samples.add(new FollowingSample("car", "trip", i, START_MS + at, Actor.HUMAN, "human", speed, 20, speed));
        }
        return samples;
    }

    private static List<FollowingSample> accelerating(double hz, double seconds) {
        return accelerating((int) (hz * seconds), i -> Math.round(1000 * i / hz));
    }

    /** Keeps steps that belong to samples apart from those between. */
    private static final class Output implements FollowingAssembler.Output {
        final Collected all = new Collected();
        final List<Long> sequences = new ArrayList<>();
        int between;

        @Override
        public void step(LabelledStep step) {
            all.step(step);
            sequences.add(step.sequence());
        }

        @Override
        public void between(LabelledStep step) {
            all.step(step);
            between++;
        }

        @Override
        public void rejected(FollowingSample sample, RejectReason reason) {
            all.rejected(sample, reason);
            sequences.add(sample.sequence());
        }
    }

    private static Output assemble(List<FollowingSample> samples) {
        FollowingAssembler assembler = new FollowingAssembler();
        FollowingAssembler.State state = new FollowingAssembler.State();
        Output out = new Output();
        samples.forEach(sample -> assembler.offer(state, sample, out));
        assembler.end(state, out);
        assertThat(out.sequences)
                .containsExactlyInAnyOrderElementsOf(
                        samples.stream().map(FollowingSample::sequence).toList());
        return out;
    }

    @ParameterizedTest
    @ValueSource(doubles = {100, 60, 50, 30, 29.97, 25, 20, 15, 12.5, 10, 9, 8, 7, 5, 4, 3.4})
    void labelsAreTheTrueAccelerationAtAnyRate(double hz) {
        Output out = assemble(accelerating(hz, 30));
        // 30 s have 300 steps, the first 95 too early and the last 3 without look-ahead; slow logs show their rate
        // late.
        assertThat(out.all.steps.size()).isBetween(300 - 95 - 3 - 22, 300 - 95 - 3 + 1);
        assertThat(out.all.steps)
                .allSatisfy(step -> assertThat(step.action()[0]).isCloseTo(0.5f, within(0.005f)));
        assertThat(LabelledSteps.trajectories(out.all.steps)).hasSize(1);
    }

    @Test
    void jitterNeitherLosesStepsNorBendsLabels() {
        Random random = new Random(3);
        long[] jitter = random.longs(301, -20, 21).toArray();
        Output out = assemble(accelerating(300, i -> 100 * i + 20 + jitter[(int) i]));
        List<Trajectory> trajectories = LabelledSteps.trajectories(out.all.steps);
        assertThat(trajectories).hasSize(1);
        assertThat(trajectories.get(0).steps()).isGreaterThan(195);
        assertThat(out.all.steps)
                .allSatisfy(step -> assertThat(step.action()[0]).isCloseTo(0.5f, within(0.005f)));
    }

    @ParameterizedTest
    @ValueSource(doubles = {2.5, 2, 1, 0.5})
    void aLogThatIsTooSlowIsRefused(double hz) {
        Output out = assemble(accelerating(hz, 120));
        assertThat(out.all.steps).isEmpty();
        assertThat(out.all.reasons.get(RejectReason.RATE_TOO_LOW)).isEqualTo((int) (120 * hz) - 5);
    }

    @Test
    void samplesOnTheGridAreTheirOwnSteps() {
        List<FollowingSample> samples = accelerating(25, 30);
        Output fast = assemble(samples);
        Output slow = assemble(samples.stream()
                .filter(sample -> (sample.timeMs() - START_MS) % 200 == 0)
                .toList());
        List<FollowingSample> onGrid = fast.all.steps.stream()
                .map(LabelledStep::sample)
                .filter(sample -> (sample.timeMs() - START_MS) % 200 == 0)
                .toList();
        assertThat(samples).containsAll(onGrid);
        assertThat(onGrid).hasSizeGreaterThan(90);
        assertThat(fast.between).isZero();
        assertThat(slow.between).isGreaterThan(90);
        assertThat(fast.all.reasons).containsEntry(RejectReason.RESAMPLED, 450);
    }

    @Test
    void observationsOfAFastLogAreThoseOfTheSameDriveAtTenHertz() {
        Output ten = assemble(accelerating(10, 30));
        Output fifty = assemble(accelerating(50, 30));
        assertThat(fifty.all.steps).hasSameSizeAs(ten.all.steps);
        for (int i = 0; i < ten.all.steps.size(); i++) {
            assertThat(fifty.all.steps.get(i).timeMs())
                    .isEqualTo(ten.all.steps.get(i).timeMs());
            assertThat(fifty.all.steps.get(i).observation())
                    .containsExactly(ten.all.steps.get(i).observation());
        }
    }

    @Test
    void aLogMayChangeItsRateOnTheWay() {
        List<FollowingSample> samples = accelerating(450, i -> i < 200 ? 100 * i : 20_000 + 50 * (i - 200));
        Output out = assemble(samples);
        assertThat(out.all.steps).hasSizeGreaterThan(220).allSatisfy(step -> assertThat(step.action()[0])
                .isCloseTo(0.5f, within(0.005f)));
    }

    @ParameterizedTest
    @ValueSource(doubles = {60, 25, 10, 7, 5, 2})
    void goesOnFromSavedBytesAtAnyRate(double hz) {
        List<FollowingSample> samples = accelerating(hz, 40);
        Output whole = assemble(samples);
        FollowingAssembler assembler = new FollowingAssembler();
        FollowingAssembler.State state = new FollowingAssembler.State();
        Output out = new Output();
        for (FollowingSample sample : samples) {
            assembler.offer(state, sample, out);
            byte[] bytes = state.toBytes();
            state = FollowingAssembler.State.fromBytes(bytes);
            assertThat(state.toBytes()).isEqualTo(bytes);
        }
        assembler.end(state, out);
        assertThat(out.all.steps).isEqualTo(whole.all.steps);
        assertThat(out.all.reasons).isEqualTo(whole.all.reasons);
    }

    @Test
    void aStateOfTheReleaseBeforeIsCarriedOn() throws IOException {
        FollowingSample last = accelerating(10, 30).get(150);
        float[] memory = FollowingFeaturiser.newMemory();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(1);
            out.writeLong(4);
            SampleBytes.writeFloats(out, memory);
            out.writeBoolean(true);
            SampleBytes.write(out, last);
            out.writeInt(1);
            SampleBytes.write(out, last);
            out.writeUTF("SHORT_HISTORY");
            SampleBytes.writeFloats(out, new float[CarFollowing.observationSize()]);
        }
        FollowingAssembler.State state = FollowingAssembler.State.fromBytes(bytes.toByteArray());
        Output out = new Output();
        FollowingAssembler assembler = new FollowingAssembler();
        accelerating(10, 30).subList(151, 300).forEach(sample -> assembler.offer(state, sample, out));
        assembler.end(state, out);
        assertThat(out.all.steps).isNotEmpty().allSatisfy(step -> assertThat(step.trajectory())
                .isEqualTo(4));
        assertThat(out.sequences).hasSize(150);
    }

    @Test
    void stretchesOfAFastLogAreThoseOfTheSameDriveAtTenHertz() {
        CarFollowingStretches ten = CarFollowingStretches.of(accelerating(10, 100));
        CarFollowingStretches fifty = CarFollowingStretches.of(accelerating(50, 100));
        assertThat(fifty.count()).isEqualTo(ten.count()).isEqualTo(1);
        for (int t = 0; t < CarFollowingStretches.SAMPLES; t++) {
            assertThat(fifty.speed(0, t)).isEqualTo(ten.speed(0, t));
        }
    }

    @Test
    void saysWhenItsBytesAreSomethingElse() {
        assertThatThrownBy(() -> StepGrid.fromBytes(new byte[3])).hasMessageContaining("ends early");
        byte[] bytes = new StepGrid().toBytes();
        bytes[16] = 99;
        assertThatThrownBy(() -> StepGrid.fromBytes(bytes)).hasMessageContaining("at most 9 intervals");
    }
}
