package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.domain.Assembler;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Step;
import dev.understudy.evaluate.Scores;
import dev.understudy.policy.Policy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FollowingExaminationTest {
    private static final IntelligentDriverModel DRIVER = new IntelligentDriverModel(33, 1.2, 2, 1.2, 1.6);

    /** Answers with one number and tells it with a density of 0.25. */
    private record Constant(float acceleration) implements Policy {
        @Override
        public int observationSize() {
            return CarFollowing.observationSize();
        }

        @Override
        public int actionSize() {
            return 1;
        }

        @Override
        public void act(float[] observations, int rows, float[] actions) {
            Arrays.fill(actions, 0, rows, acceleration);
        }

        @Override
        public void logProbabilities(float[] observations, float[] actions, int rows, double[] result) {
            Arrays.fill(result, 0, rows, Math.log(0.25));
        }
    }

    private static List<Step> steps() {
        List<Step> steps = new ArrayList<>();
        steps.addAll(steps(Samples.driven("a", DRIVER, 1700, 2)));
        steps.addAll(steps(Samples.driven("b", DRIVER, 1100, 3)));
        return steps;
    }

    private static List<Step> steps(List<FollowingSample> samples) {
        Collected collected = new Collected();
        Assembler<FollowingSample> assembler = CarFollowing.assembler(Experts.DEFAULT);
        samples.forEach(sample -> assembler.offer(sample, collected));
        assembler.end(collected);
        return collected.steps;
    }

    @Test
    void scoresEveryStretchAndEveryTripByName() {
        List<Step> steps = steps();
        FollowingExamination examination = FollowingExamination.of(steps, 100);
        Scores scores = examination.scores(new Constant(0));
        assertThat(scores.trials()).hasSize(3).hasSize(examination.stretches());
        assertThat(scores.trials()).extracting(Scores.Trial::trip).containsExactly("a", "a", "b");
        assertThat(scores.trials())
                .allSatisfy(trial -> assertThat(trial.slices()).containsExactly("label human", "vehicle car"));
        assertThat(scores.trips()).extracting(Scores.Trip::name).containsExactly("a", "b");
        assertThat(scores.steps()).isEqualTo(steps.size());
        assertThat(scores.negativeLogLikelihood()).isCloseTo(Math.log(4), within(1e-9));
        Scores driver = examination.scores(DRIVER);
        assertThat(driver.rootMeanSquare()).isLessThan(0.2).isLessThan(scores.rootMeanSquare());
        assertThat(driver.negativeLogLikelihood()).as("a law has no density").isNaN();
    }

    /** What the entity did on other trips is in the steps' observations, and nowhere else. */
    @Test
    void aStretchStartsFromWhatItsStepObserved() {
        List<Step> marked = steps(Samples.driven("a", DRIVER, 1300, 2));
        marked.forEach(step -> step.observation().floats()[CarFollowing.GAP_ERROR] += 7);
        float[] seen = CarFollowingStretches.ofSteps(marked).start();
        int n = CarFollowing.observationSize();
        assertThat(Arrays.copyOf(seen, n))
                .isEqualTo(
                        marked.get(CarFollowingStretches.HISTORY).observation().floats());
    }

    @Test
    void theOrderOfTheStepsChangesNothing() {
        List<Step> steps = steps();
        Scores scores = FollowingExamination.of(steps, 100).scores(new Constant(0.1f));
        Collections.shuffle(steps, new Random(1));
        assertThat(FollowingExamination.of(steps, 100).scores(new Constant(0.1f)))
                .isEqualTo(scores);
    }

    @Test
    void aCollisionThatTheEnvelopeCannotPreventIsAFailure() {
        List<Step> steps = steps(Samples.driven("a", DRIVER, 1100, 2));
        assertThat(FollowingExamination.of(steps, 100).scores(new Constant(0)).trials())
                .noneMatch(Scores.Trial::failed);
        // The stretch starts two metres behind a leader that stands still.
        for (Step step : steps.subList(CarFollowingStretches.HISTORY, steps.size())) {
            float[] observed = step.observation().floats();
            observed[CarFollowing.RELATIVE_SPEED] = -observed[CarFollowing.SPEED];
            observed[CarFollowing.GAP] = 2;
        }
        assertThat(FollowingExamination.of(steps, 100).scores(new Constant(0)).trials())
                .isNotEmpty()
                .allMatch(Scores.Trial::failed);
    }

    @Test
    void drivesNoMoreStretchesThanItMay() {
        Scores scores = FollowingExamination.of(steps(), 2).scores(DRIVER);
        assertThat(scores.trials()).extracting(Scores.Trial::trip).containsExactly("a", "a");
        assertThat(FollowingExamination.of(steps(), 0).scores(DRIVER).trials()).isEmpty();
    }

    @Test
    void actionsThatAreNoNumbersAreReplacedAndCounted() {
        for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            Scores scores = FollowingExamination.of(steps(), 100).scores(new Constant(odd));
            assertThat(scores.rootMeanSquare()).isFinite();
            assertThat(scores.interventionShare()).isEqualTo(1);
        }
    }

    @Test
    void nothingHeldOutGivesEmptyScores() {
        Scores scores = FollowingExamination.of(List.of(), 100).scores(DRIVER);
        assertThat(scores.trials()).isEmpty();
        assertThat(scores.steps()).isZero();
        assertThat(scores.rootMeanSquare()).isNaN();
    }
}
