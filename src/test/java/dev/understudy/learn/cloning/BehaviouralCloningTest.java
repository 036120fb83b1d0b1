package dev.understudy.learn.cloning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.Dynamics;
import dev.understudy.graph.Tensor;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.network.Activation;
import dev.understudy.network.Scaler;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.policy.GaussianPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BehaviouralCloningTest {
    private static final GaussianPolicy POLICY = new GaussianPolicy(
            2,
            1,
            List.of(16),
            Activation.TANH,
            GaussianPolicy.Deviation.STATE_INDEPENDENT,
            GaussianPolicy.Bounds.CLIPPED,
            -3f,
            3f);

    private static final BehaviouralCloningConfig SHORT = config(200, 3e-2, 0, 0, 0, 0, 0, 0.0);

    /** A point that moves by its action: x' = x + a; the second number stays. */
    private static final Dynamics POINT = new Dynamics() {
        @Override
        public Tensor start(Tensor logged, Tensor earlier) {
            return Tensor.concat(1, List.of(logged.slice(1, 0, 1), earlier.slice(1, 1, 2)));
        }

        @Override
        public Tensor next(Tensor observation, Tensor action, Tensor loggedNext) {
            return Tensor.concat(1, List.of(observation.slice(1, 0, 1).add(action), observation.slice(1, 1, 2)));
        }

        @Override
        public Tensor distance(Tensor observation, Tensor logged) {
            Tensor error = observation.sub(logged);
            return error.mul(error).sum(1);
        }
    };

    private final List<Learner> opened = new ArrayList<>();

    @AfterEach
    void closeLearners() {
        opened.forEach(Learner::close);
    }

    private Learner learner(BehaviouralCloningConfig config) {
        Learner learner = new BehaviouralCloning(POLICY, config, config.horizon() > 0 ? POINT : null);
        opened.add(learner);
        return learner;
    }

    /** An expert that does a = 0.4 (goal - x) with its goal as the second number of the observation. */
    private static List<Trajectory> demonstrations(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Trajectory> trajectories = new ArrayList<>();
        for (int t = 0; t < count; t++) {
            int steps = 20;
            float[] observations = new float[2 * steps];
            float[] actions = new float[steps];
            double x = random.nextDouble(-2, 2);
            double goal = random.nextDouble(-2, 2);
            for (int step = 0; step < steps; step++) {
                observations[2 * step] = (float) x;
                observations[2 * step + 1] = (float) goal;
                actions[step] = (float) (0.4 * (goal - x));
                x += actions[step];
            }
            trajectories.add(new Trajectory(
                    "trip" + t,
                    "point",
                    1000L * t,
                    100,
                    new Matrix(steps, 2, observations),
                    new Matrix(steps, 1, actions)));
        }
        return trajectories;
    }

    private static LearnerState run(Learner learner, LearnerState state, List<Trajectory> window, long seed) {
        try (Update update = learner.begin(state, window, List.of(), seed)) {
            while (update.step()) {
                assertThat(update.progress()).isBetween(0.0, 1.0);
            }
            return update.state();
        }
    }

    @Test
    void learnsTheExpertFarBetterThanItStarts() {
        Learner learner = learner(SHORT);
        try (Update update = learner.begin(learner.initialState(1), demonstrations(40, 2), List.of(), 3)) {
            while (update.step()) {}
            // At deviation 1 the loss is at least log(2 pi) / 2 = 0.92; at a deviation of exp(-1.5) it can be -0.08.
            assertThat(update.report().figures().get("validationLossBefore")).isGreaterThan(0.9);
            assertThat(update.report().figures().get("validationLoss")).isLessThan(-0.5);
        }
    }

    @Test
    void goesOnFromTheModelOfAnother() {
        Learner parent = learner(SHORT);
        LearnerState learned = run(parent, parent.initialState(1), demonstrations(20, 2), 3);
        byte[] model = parent.export(learned);

        LearnerState begun = Objects.requireNonNull(learner(SHORT).stateFrom(model, 2));

        assertThat(begun.vector(CloningPrograms.THETA)).isEqualTo(learned.vector(CloningPrograms.THETA));
        Scaler scaler = Scaler.fromStatistics(learned.statistic(BehaviouralCloning.SCALER));
        Scaler read = Scaler.fromStatistics(begun.statistic(BehaviouralCloning.SCALER));
        assertThat(read.shift()).isEqualTo(scaler.shift());
        assertThat(read.scale()).usingComparatorWithPrecision(1e-6f).containsExactly(scaler.scale());
        LearnerState fresh = parent.initialState(2);
        assertThat(parent.stateFrom(new byte[] {1, 2, 3}, 2)).as("no model").isNull();
        assertThat(parent.stateFrom(parent.export(fresh), 2))
                .as("a model whose parameters cannot be told apart: all its biases are 0")
                .isNull();
    }

    @Test
    void sameStateWindowAndSeedGiveTheSameBytes() {
        for (BehaviouralCloningConfig config : List.of(SHORT, driven())) {
            LearnerState first = run(learner(config), learner(config).initialState(1), demonstrations(20, 2), 3);
            LearnerState second = run(learner(config), learner(config).initialState(1), demonstrations(20, 2), 3);
            assertThat(first.toBytes()).isEqualTo(second.toBytes());
            LearnerState otherSeed = run(learner(config), learner(config).initialState(1), demonstrations(20, 2), 4);
            assertThat(otherSeed.toBytes()).isNotEqualTo(first.toBytes());
        }
    }

    @Test
    void anUpdateStoppedHalfWayGoesOnToTheSameBytes() {
        for (BehaviouralCloningConfig config : List.of(SHORT, driven())) {
            List<Trajectory> window = demonstrations(20, 2);
            List<Trajectory> replay = demonstrations(5, 9);
            Learner unbroken = learner(config);
            byte[] expected;
            try (Update update = unbroken.begin(unbroken.initialState(1), window, replay, 3)) {
                while (update.step()) {}
                expected = update.state().toBytes();
            }
            for (int stopAfter : new int[] {1, 49, 50, 51, 137}) {
                Learner learner = learner(config);
                byte[] saved;
                try (Update update = learner.begin(learner.initialState(1), window, replay, 3)) {
                    for (int i = 0; i < stopAfter; i++) {
                        update.step();
                    }
                    saved = update.state().toBytes();
                }
                Learner restored = learner(config);
                try (Update update = restored.begin(LearnerState.fromBytes(saved), window, replay, 3)) {
                    while (update.step()) {}
                    assertThat(update.state().toBytes())
                            .as("stopped after %d steps", stopAfter)
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void laterUpdatesRehearseByShareAndBeginSmaller() {
        var continuation = new BehaviouralCloningConfig.Continuation(0.2, 400, 0.8, 100);
        assertThat(continuation.rate(100)).isEqualTo(0.5);
        assertThat(continuation.rate(400)).isEqualTo(1);
        assertThat(continuation.rate(100_000)).isEqualTo(1);
        assertThat(continuation.rehearsedShare(0, 100)).isZero();
        assertThat(continuation.rehearsedShare(300, 100)).isEqualTo(0.75);
        assertThat(continuation.rehearsedShare(9900, 100)).isEqualTo(0.8);
        assertThat(continuation.firstShare(0)).isEqualTo(1);
        assertThat(continuation.firstShare(100)).isEqualTo(Math.exp(-1));
        assertThat(continuation.kept(1)).isZero();
        assertThat(continuation.kept(2)).isEqualTo(0.5);
        assertThat(continuation.kept(100)).isEqualTo(0.8);
    }

    private static BehaviouralCloningConfig averaging(long doubt) {
        return new BehaviouralCloningConfig(
                60,
                32,
                3e-2,
                BehaviouralCloningConfig.Schedule.COSINE,
                10,
                0,
                0,
                new BehaviouralCloningConfig.Continuation(0.2, 500, 0.8, doubt),
                BehaviouralCloningConfig.Validation.TRAJECTORIES,
                0,
                60,
                10,
                0,
                1,
                0,
                0,
                0);
    }

    /** Drives of 30 steps need trajectories of more; those of 20 steps are driven on for 10, those of 4 for 3. */
    @Test
    void trajectoriesTooShortForTheWholeHorizonAreLearnedAllTheSame() {
        Learner learner = learner(config(50, 1e-2, 0, 0, 30, 0, 8, 1.0));
        LearnerState state = run(learner, learner.initialState(1), demonstrations(10, 2), 3);
        LearnerState again = run(learner, learner.initialState(1), demonstrations(10, 2), 3);
        assertThat(state.toBytes()).isEqualTo(again.toBytes());
        assertThat(state.vector(CloningPrograms.THETA))
                .isNotEqualTo(learner.initialState(1).vector(CloningPrograms.THETA));
        List<Trajectory> single = demonstrations(10, 2).stream()
                .map(whole -> new Trajectory(
                        whole.trip(),
                        whole.entity(),
                        whole.startMs(),
                        whole.stepMs(),
                        new Matrix(
                                1,
                                2,
                                java.util.Arrays.copyOf(whole.observations().floats(), 2)),
                        new Matrix(1, 1, java.util.Arrays.copyOf(whole.actions().values(), 1))))
                .toList();
        LearnerState afterSingleSteps = run(learner, state, single, 4);
        assertThat(afterSingleSteps.counter("updates")).isEqualTo(2);
    }

    @Test
    void whatIsExportedIsTheAverageOverUpdates() {
        Learner learner = learner(averaging(0));
        LearnerState first = run(learner, learner.initialState(1), demonstrations(20, 2), 3);
        assertThat(first.vector(BehaviouralCloning.AVERAGE)).isEqualTo(first.vector(CloningPrograms.THETA));
        LearnerState second = run(learner, first, demonstrations(20, 5), 4);
        LearnerState third = run(learner, second, demonstrations(20, 6), 5);
        float[] theta = third.vector(CloningPrograms.THETA);
        float[] before = second.vector(BehaviouralCloning.AVERAGE);
        float[] average = third.vector(BehaviouralCloning.AVERAGE);
        // The third of three counts one third.
        for (int i = 0; i < theta.length; i++) {
            assertThat(average[i]).isEqualTo((float) (2.0 / 3 * before[i] + (1 - 2.0 / 3) * theta[i]));
        }
        var vectors = new java.util.TreeMap<>(third.vectors());
        vectors.put(CloningPrograms.THETA, average);
        vectors.remove(BehaviouralCloning.AVERAGE);
        LearnerState averaged = new LearnerState(vectors, third.statistics(), third.counters());
        assertThat(learner.export(third)).isEqualTo(learner.export(averaged));
    }

    @Test
    void whatIsExportedBeginsAsTheFirstParametersAndLeavesThemAsStepsAreLearned() {
        Learner learner = learner(averaging(400));
        LearnerState first = learner.initialState(1);
        LearnerState state = run(learner, first, demonstrations(20, 2), 3);
        // 20 trajectories of 20 steps are 400 steps: a share of exp(-1) is left.
        double share = Math.exp(-1);
        float[] mixed = state.vector(BehaviouralCloning.AVERAGE).clone();
        for (int i = 0; i < mixed.length; i++) {
            mixed[i] = (float) (share * first.vector(CloningPrograms.THETA)[i] + (1 - share) * mixed[i]);
        }
        var vectors = new java.util.TreeMap<>(state.vectors());
        vectors.put(BehaviouralCloning.AVERAGE, mixed);
        vectors.remove(BehaviouralCloning.FIRST);
        LearnerState expected = new LearnerState(vectors, state.statistics(), state.counters());
        assertThat(learner.export(state)).isEqualTo(learner.export(expected));
        assertThat(learner.export(first)).isNotEqualTo(learner.export(state));
    }

    @Test
    void aLaterUpdateStoppedHalfWayGoesOnToTheSameBytes() {
        Learner learner = learner(averaging(300));
        List<Trajectory> replay = demonstrations(5, 9);
        LearnerState first = run(learner, learner.initialState(1), demonstrations(20, 2), 3);
        byte[] expected;
        try (Update update = learner.begin(first, demonstrations(20, 5), replay, 4)) {
            while (update.step()) {}
            expected = update.state().toBytes();
        }
        byte[] saved;
        try (Update update = learner.begin(first, demonstrations(20, 5), replay, 4)) {
            for (int i = 0; i < 31; i++) {
                update.step();
            }
            saved = update.state().toBytes();
        }
        try (Update update =
                learner(averaging(300)).begin(LearnerState.fromBytes(saved), demonstrations(20, 5), replay, 4)) {
            while (update.step()) {}
            assertThat(update.state().toBytes()).isEqualTo(expected);
        }
    }

    @Test
    void drivesBringThePolicyCloserToTheExpertsPath() {
        Learner learner = learner(driven());
        try (Update update = learner.begin(learner.initialState(1), demonstrations(40, 2), List.of(), 3)) {
            while (update.step()) {}
            double before = update.report().figures().getOrDefault("validationLossBefore", 0.0);
            assertThat(update.report().figures().get("validationLoss")).isLessThan(before - 1.0);
        }
    }

    @Test
    void aWarmStartBeginsWhereTheLastWindowEnded() {
        Learner learner = learner(SHORT);
        LearnerState first = run(learner, learner.initialState(1), demonstrations(40, 2), 3);
        try (Update update = learner.begin(first, demonstrations(40, 5), List.of(), 4)) {
            update.step();
            assertThat(update.report().figures().get("validationLossBefore")).isLessThan(-0.4);
        }
        assertThat(first.counter("updates")).isEqualTo(1);
    }

    @Test
    void aLossThatIsNoLongerFiniteEndsTheUpdateAndKeepsTheParameters() {
        Learner learner = learner(SHORT);
        List<Trajectory> window = demonstrations(1, 2);
        float[] actions = window.get(0).actions().values().clone();
        actions[3] = Float.POSITIVE_INFINITY;
        Trajectory broken = new Trajectory(
                "trip", "point", 0, 100, window.get(0).observations(), new Matrix(actions.length, 1, actions));
        LearnerState start = learner.initialState(1);
        try (Update update = learner.begin(start, List.of(broken), List.of(), 3)) {
            while (update.step()) {}
            assertThat(update.report().figures()).containsEntry("diverged", 1.0);
            assertThat(update.state().vector("theta")).isEqualTo(start.vector("theta"));
        }
    }

    /** An expert of three choices: the sign of the first number of the observation, or 1 near zero. */
    private static List<Trajectory> choices(int steps, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] observations = new float[2 * steps];
        float[] actions = new float[steps];
        for (int step = 0; step < steps; step++) {
            observations[2 * step] = (float) random.nextDouble(-1, 1);
            observations[2 * step + 1] = (float) random.nextDouble(-1, 1);
            actions[step] = Math.abs(observations[2 * step]) < 0.3 ? 1 : observations[2 * step] > 0 ? 2 : 0;
        }
        return List.of(new Trajectory(
                "trip", "chooser", 0, 1, new Matrix(steps, 2, observations), new Matrix(steps, 1, actions)));
    }

    private Learner chooser() {
        Learner learner = new BehaviouralCloning(
                new CategoricalPolicy(2, 3, List.of(32), Activation.TANH), BehaviouralCloningConfig.classicControl());
        opened.add(learner);
        return learner;
    }

    @Test
    void learnsWhichOfSeveralActionsTheExpertChooses() {
        Learner learner = chooser();
        LearnerState after = run(learner, learner.initialState(1), choices(400, 2), 3);
        Trajectory unseen = choices(300, 9).get(0);
        float[] chosen = new float[300];
        try (LoadedPolicy policy = LoadedPolicy.ofExport(learner.export(after), 2, 1)) {
            policy.act(unseen.observations().floats(), 300, chosen);
        }
        int right = 0;
        for (int i = 0; i < chosen.length; i++) {
            right += chosen[i] == unseen.actions().values()[i] ? 1 : 0;
        }
        assertThat(right).isGreaterThan(280); // a policy that always does the same is right 105 times
    }

    @Test
    void aShareOfThePairsDecidesWhichParametersAreKept() {
        Learner learner = chooser();
        try (Update update = learner.begin(learner.initialState(1), choices(103, 2), List.of(), 3)) {
            while (update.step()) {}
            var figures = update.report().figures();
            assertThat(figures).containsEntry("rows", 72.0).containsEntry("rowsValidated", 31.0);
            assertThat(figures).containsEntry("steps", 1001.0);
            // After one step next to nothing is known: about -log(1 / 3).
            assertThat(figures.get("validationLossBefore")).isBetween(0.9, 1.2);
            assertThat(figures.get("validationLoss")).isLessThan(0.5);
        }
    }

    @Test
    void weightsThatLearnedNothingAreNeverKept() {
        Learner learner = chooser();
        LearnerState start = learner.initialState(1);
        // Of two pairs one is held out, and it says the opposite: its loss rises with every step.
        Trajectory two = new Trajectory(
                "trip", "chooser", 0, 1, new Matrix(2, 2, new float[4]), new Matrix(2, 1, new float[] {0f, 2f}));
        assertThat(run(learner, start, List.of(two), 3).vector("theta")).isNotEqualTo(start.vector("theta"));
    }

    @Test
    void cloningOfChoicesStoppedHalfWayGoesOnToTheSameBytes() {
        Learner unbroken = chooser();
        byte[] expected =
                run(unbroken, unbroken.initialState(1), choices(50, 2), 3).toBytes();
        Learner learner = chooser();
        Update begun = learner.begin(learner.initialState(1), choices(50, 2), List.of(), 3);
        for (int i = 0; i < 333; i++) {
            begun.step();
        }
        LearnerState saved = LearnerState.fromBytes(begun.state().toBytes());
        assertThat(run(chooser(), saved, choices(50, 2), 3).toBytes()).isEqualTo(expected);
    }

    @Test
    void refusesAChoiceThatThereIsNot() {
        Learner learner = chooser();
        for (float action : new float[] {3f, -1f, 0.5f, Float.NaN}) {
            Trajectory wrong = new Trajectory(
                    "trip7", "chooser", 0, 1, new Matrix(2, 2, new float[4]), new Matrix(2, 1, new float[] {0f, action
                    }));
            assertThatThrownBy(() -> learner.begin(learner.initialState(1), List.of(wrong), List.of(), 3))
                    .hasMessage("expected an action from 0 to 2, got %s (trip=trip7 step=1)", action);
        }
    }

    @Test
    void badArgumentsAreNamed() {
        Learner learner = learner(SHORT);
        assertThatThrownBy(() -> learner.begin(learner.initialState(1), List.of(), List.of(), 3))
                .hasMessage("expected at least one demonstrated step, got none");
        Learner driven = learner(driven());
        Trajectory wide = new Trajectory(
                "trip7", "point", 0, 100, new Matrix(1, 3, new float[3]), new Matrix(1, 1, new float[1]));
        assertThatThrownBy(() -> driven.begin(driven.initialState(1), List.of(wide), List.of(), 3))
                .hasMessage("expected observations of 2 FLOAT32 and actions of 1, got 3 FLOAT32 and 1 (trip=trip7)");
        assertThatThrownBy(() -> new BehaviouralCloning(POLICY, driven()))
                .hasMessage("expected dynamics for a horizon of 5 steps, got none");
    }

    private static BehaviouralCloningConfig driven() {
        return config(150, 1e-2, 0.001, 1e-4, 5, 3, 16, 1.0);
    }

    private static BehaviouralCloningConfig config(
            int steps,
            double learningRate,
            double entropyWeight,
            double l2Weight,
            int horizon,
            int staleness,
            int drives,
            double driveWeight) {
        return new BehaviouralCloningConfig(
                steps,
                32,
                learningRate,
                BehaviouralCloningConfig.Schedule.COSINE,
                10,
                entropyWeight,
                l2Weight,
                BehaviouralCloningConfig.Continuation.alike(),
                BehaviouralCloningConfig.Validation.TRAJECTORIES,
                0.2,
                50,
                10,
                horizon,
                1,
                staleness,
                drives,
                driveWeight);
    }
}
