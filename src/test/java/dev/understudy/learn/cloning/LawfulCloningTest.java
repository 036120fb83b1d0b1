package dev.understudy.learn.cloning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.ServedPolicy;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LawfulCloningTest {
    private static final float[] LOW = {-2_000, -1};
    private static final float[] HIGH = {2_000, 1};

    /** Actions of very different units: 300 x + 40 y + 7, and 0.001 y, with a little that no line explains. */
    private static Trajectory trajectory(String trip, int steps, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] observations = new float[2 * steps];
        float[] actions = new float[2 * steps];
        for (int i = 0; i < steps; i++) {
            double x = 5 + random.nextDouble();
            double y = random.nextDouble() - 0.5;
            observations[2 * i] = (float) x;
            observations[2 * i + 1] = (float) y;
            actions[2 * i] = (float) (300 * x + 40 * y + 7 + Math.abs(y));
            actions[2 * i + 1] = (float) (0.001 * y + 1e-5 * random.nextGaussian());
        }
        return new Trajectory(trip, "e", 0, 50, new Matrix(steps, 2, observations), new Matrix(steps, 2, actions));
    }

    private static LearnerState learn(LawfulCloning learner, LearnerState from, Trajectory... trajectories) {
        try (Update update = learner.begin(from, List.of(trajectories), List.of(), 3)) {
            while (update.step()) {}
            return update.state();
        }
    }

    private static double[] errors(LawfulCloning learner, LearnerState state, Trajectory test) {
        float[] answers = new float[2 * test.steps()];
        ModelMetadata metadata = new ModelMetadata(
                "control/test",
                "",
                0,
                1,
                List.of(),
                1,
                "fingerprint",
                "{}",
                test.observations().copyOf(0),
                new Matrix(1, 2, new float[2]),
                "test",
                "unknown",
                new TreeMap<>());
        ModelFile file = ModelFile.createGolden(learner.export(state), metadata, each -> LoadedPolicy.load(each, 2, 2));
        try (ServedPolicy policy = LoadedPolicy.load(file, 2, 2)) {
            policy.act(test.observations(), test.steps(), answers);
        }
        double[] squares = new double[2];
        for (int i = 0; i < answers.length; i++) {
            double error = answers[i] - test.actions().values()[i];
            squares[i % 2] += error * error / test.steps();
        }
        return new double[] {Math.sqrt(squares[0]), Math.sqrt(squares[1])};
    }

    @Test
    void numbersOfAnyUnitAreLearnedBesideALineThatIsSolvedFor() {
        try (LawfulCloning learner =
                new LawfulCloning(2, LOW, HIGH, LawfulCloning.config().withSteps(600))) {
            LearnerState state = learn(
                    learner,
                    learner.initialState(1),
                    trajectory("a", 400, 1),
                    trajectory("b", 400, 2),
                    trajectory("c", 400, 4));
            Trajectory test = trajectory("d", 300, 9);
            double[] errors = errors(learner, state, test);
            LinearLaw law = LinearLaw.of(
                    LinearLaw.merge(
                            LinearLaw.noMoments(2, 2),
                            List.of(trajectory("a", 400, 1), trajectory("b", 400, 2), trajectory("c", 400, 4)),
                            2,
                            2),
                    2,
                    2);
            // |y| has a deviation of 0.144 about its mean, which is all that the line leaves over; a network can learn
            // it.
            assertThat(law.deviation()[0]).isCloseTo(0.144, Offset.offset(0.01));
            assertThat(errors[0]).isLessThan(0.8 * law.deviation()[0]);
            assertThat(errors[1]).isLessThan(1.2e-5);
        }
    }

    @Test
    void theLawOfTwoWindowsIsThatOfBothTogether() {
        Trajectory first = trajectory("a", 100, 1);
        Trajectory second = trajectory("b", 300, 2);
        double[] empty = LinearLaw.noMoments(2, 2);
        double[] together = LinearLaw.merge(empty, List.of(first, second), 2, 2);
        double[] apart = LinearLaw.merge(LinearLaw.merge(empty, List.of(first), 2, 2), List.of(second), 2, 2);
        assertThat(apart).containsExactly(together, Offset.offset(1e-6));
    }

    @Test
    void theWeightsAreThoseOfRidgeRegression() {
        // x = 1, 2, 3, 4 and a = 2, 4, 6, 9: mean 2.5 and 5.25, variance of x 1.25, covariance 2.875.
        Trajectory line = new Trajectory(
                "t", "e", 0, 50, new Matrix(4, 1, new float[] {1, 2, 3, 4}), new Matrix(4, 1, new float[] {2, 4, 6, 9
                }));
        LinearLaw law = LinearLaw.of(LinearLaw.merge(LinearLaw.noMoments(1, 1), List.of(line), 1, 1), 1, 1);
        // Standardised, with the penalty 0.001 on 4 steps: (2.875 / sqrt 1.25) / (1 + 0.001 / 4) = 2.570836.
        assertThat(law.weights()[0]).isCloseTo(2.570836, Offset.offset(1e-6));
        assertThat(law.bias()[0]).isEqualTo(5.25);
        // Variance 6.6875 - 2 w r + w^2 with r = 2.571478: 0.075.
        assertThat(law.deviation()[0]).isCloseTo(Math.sqrt(0.075), Offset.offset(1e-5));
    }

    @Test
    void anUpdateThatWasStoppedEndsAsOneThatWasNot() {
        try (LawfulCloning learner =
                new LawfulCloning(2, LOW, HIGH, LawfulCloning.config().withSteps(60))) {
            Trajectory[] window = {trajectory("a", 200, 1), trajectory("b", 200, 2)};
            LearnerState before = learn(learner, learner.initialState(1), trajectory("z", 200, 7));
            LearnerState whole = learn(learner, before, window);
            LearnerState half;
            try (Update update = learner.begin(before, List.of(window), List.of(), 3)) {
                for (int i = 0; i < 30; i++) {
                    update.step();
                }
                half = update.state();
            }
            assertThat(learn(learner, LearnerState.fromBytes(half.toBytes()), window))
                    .isEqualTo(whole);
        }
    }

    @Test
    void aColumnThatNeverChangesDoesNotMatter() {
        Trajectory still = new Trajectory(
                "t", "e", 0, 50, new Matrix(3, 1, new float[] {4, 4, 4}), new Matrix(3, 1, new float[] {1, 2, 3}));
        LinearLaw law = LinearLaw.of(LinearLaw.merge(LinearLaw.noMoments(1, 1), List.of(still), 1, 1), 1, 1);
        assertThat(law.scale()).containsExactly(0);
        assertThat(law.weights()).containsExactly(0);
        assertThat(law.bias()).containsExactly(2);
    }
}
