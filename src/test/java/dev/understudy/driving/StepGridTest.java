package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Experts;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import java.util.stream.Collectors;
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
    private static final class Output implements Assembler.Output<FollowingSample> {
        final Collected all = new Collected();
        final List<Long> sequences = new ArrayList<>();
        int between;

        @Override
        public void step(Step step) {
            all.step(step);
            sequences.add(step.sequence());
        }

        @Override
        public void between(Step step) {
            all.step(step);
            between++;
        }

        @Override
        public void rejected(FollowingSample sample, Refusal reason) {
            all.rejected(sample, reason);
            sequences.add(sample.sequence());
        }
    }

    private static Output assemble(List<FollowingSample> samples) {
        Assembler<FollowingSample> assembler = CarFollowing.assembler(Experts.DEFAULT);
        Output out = new Output();
        samples.forEach(sample -> assembler.offer(sample, out));
        assembler.end(out);
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
        assertThat(Steps.trajectories(out.all.steps, CarFollowing.STEP_MS)).hasSize(1);
    }

    @Test
    void jitterNeitherLosesStepsNorBendsLabels() {
        Random random = new Random(3);
        long[] jitter = random.longs(301, -20, 21).toArray();
        Output out = assemble(accelerating(300, i -> 100 * i + 20 + jitter[(int) i]));
        List<Trajectory> trajectories = Steps.trajectories(out.all.steps, CarFollowing.STEP_MS);
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
        Map<Long, Double> speeds = samples.stream()
                .collect(Collectors.toMap(FollowingSample::timeMs, FollowingSample::speedMetersPerSecond));
        List<Step> onGrid = fast.all.steps.stream()
                .filter(step -> (step.timeMs() - START_MS) % 200 == 0)
                .toList();
        assertThat(onGrid).hasSizeGreaterThan(90).allSatisfy(step -> assertThat(
                        step.observation().floats()[CarFollowing.SPEED])
                .isEqualTo(speeds.getOrDefault(step.timeMs(), Double.NaN).floatValue()));
        assertThat(fast.between).isZero();
        assertThat(slow.between).isGreaterThan(90);
        assertThat(fast.all.reasons).containsEntry(GeneralRefusal.RESAMPLED, 450);
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
                    .isEqualTo(ten.all.steps.get(i).observation());
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
        Assembler<FollowingSample> assembler = CarFollowing.assembler(Experts.DEFAULT);
        Output out = new Output();
        for (FollowingSample sample : samples) {
            assembler.offer(sample, out);
            byte[] bytes = assembler.toBytes(Samples.CODEC);
            assembler = Assembler.fromBytes(bytes, new CarFollowingPolicy(), Experts.DEFAULT, Samples.CODEC);
            assertThat(assembler.toBytes(Samples.CODEC)).isEqualTo(bytes);
        }
        assembler.end(out);
        assertThat(out.all.steps).isEqualTo(whole.all.steps);
        assertThat(out.all.reasons).isEqualTo(whole.all.reasons);
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
        assertThatThrownBy(() -> StepGrid.read(ByteBuffer.allocate(3))).hasMessageContaining("ends early");
        ByteBuffer bytes = ByteBuffer.allocate(64);
        new StepGrid().write(bytes);
        bytes.put(16, (byte) 99).flip();
        assertThatThrownBy(() -> StepGrid.read(bytes)).hasMessageContaining("at most 9 intervals");
    }
}
