package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.reward.DiscriminatorOptions;
import dev.understudy.reward.RewardForm;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class GailTest {
    private static final Task TASK = Environments.named("cartpole-v0");
    private static final CategoricalPolicy POLICY = new CategoricalPolicy(4, 2, List.of(32, 32), Activation.TANH);
    private static final GailConfig SHORT = GailConfig.defaults(RewardForm.SURVIVAL)
            .withIterations(6)
            .withImprovement(new ImprovementConfig(400, 5, 0.995, 0.97, 0.0, List.of(16), TrustRegion.defaults(), 5));

    /** The expert leans against the fall: push to where the pole falls, a little ahead of its rate. */
    static List<Trajectory> demonstrations(int episodes) {
        Rollout rollout = new RolloutCollector(TASK.create(episodes, 5))
                .episodes(
                        (float[] o, int rows, RandomGenerator random, float[] actions, float[] logProbabilities) -> {
                            for (int row = 0; row < rows; row++) {
                                int at = row * 4;
                                double lean = 0.1 * o[at] + 0.3 * o[at + 1] + 3 * o[at + 2] + o[at + 3];
                                actions[row] = lean > 0 ? 1 : 0;
                                logProbabilities[row] = 0;
                            }
                        },
                        episodes,
                        5);
        assertThat(rollout.meanReturn()).isEqualTo(200);
        return rollout.trajectories();
    }

    @Test
    void imitatesAnExpertOfCartPole() {
        GailConfig config = GailConfig.defaults(RewardForm.SURVIVAL)
                .withIterations(60)
                .withImprovement(
                        new ImprovementConfig(2000, 10, 0.995, 0.97, 0.0, List.of(32, 32), TrustRegion.defaults(), 5));
        try (Gail gail = new Gail(POLICY, TASK, config)) {
            GailUpdate update = (GailUpdate) gail.begin(gail.initialState(1), demonstrations(4), List.of(), 1);
            double before = gail.evaluate(50, 3).meanReturn();
            double best = 0;
            do {
                best = Math.max(best, gail.evaluate(20, 3).meanReturn());
            } while (update.iterate());
            assertThat(before).isLessThan(100);
            assertThat(best).isGreaterThan(190);
        }
    }

    @Test
    void imitatesAnExpertOfCartPoleWhoseActionsNobodySaw() {
        GailConfig config = GailConfig.defaults(RewardForm.SURVIVAL)
                .withIterations(60)
                .withJudged(GailConfig.Judged.transitions())
                .withImprovement(
                        new ImprovementConfig(2000, 10, 0.995, 0.97, 0.0, List.of(32, 32), TrustRegion.defaults(), 5));
        try (Gail gail = new Gail(POLICY, TASK, config)) {
            List<Trajectory> observed = acted(demonstrations(4), Float.NaN);
            GailUpdate update = (GailUpdate) gail.begin(gail.initialState(1), observed, List.of(), 1);
            double best = 0;
            do {
                best = Math.max(best, gail.evaluate(20, 3).meanReturn());
            } while (update.iterate());
            assertThat(best).isGreaterThan(190);
        }
    }

    @Test
    void withoutActionsWhatTheExpertDidChangesNoByte() {
        GailConfig config = SHORT.withIterations(2).withJudged(GailConfig.Judged.transitions());
        List<Trajectory> expert = demonstrations(1);
        byte[] expected = learned(config, expert);
        for (float action : new float[] {0, 17, Float.NaN}) {
            assertThat(learned(config, acted(expert, action))).isEqualTo(expected);
        }
    }

    private static byte[] learned(GailConfig config, List<Trajectory> expert) {
        try (Gail gail = new Gail(POLICY, TASK, config)) {
            Update update = gail.begin(gail.initialState(7), expert, List.of(), 9);
            while (update.step()) {}
            return update.state().toBytes();
        }
    }

    /** Returns the same trajectories with other actions. */
    private static List<Trajectory> acted(List<Trajectory> trajectories, float action) {
        return trajectories.stream()
                .map(t -> {
                    float[] actions = new float[t.steps()];
                    Arrays.fill(actions, action);
                    return new Trajectory(
                            t.trip(),
                            t.entity(),
                            t.startMs(),
                            t.stepMs(),
                            t.observations(),
                            new Matrix(t.steps(), 1, actions));
                })
                .toList();
    }

    /** The expert and the policy took the same steps, so whatever is encoded of them has to be the same. */
    @Test
    void changesOfARolloutAndOfItsTrajectoriesAreEncodedAlike() {
        Rollout rollout = new RolloutCollector(TASK.create(3, 0))
                .episodes(TASK.create(1, 0).randomBehaviour(), 4, 2);
        for (GailConfig.Judged.Beside beside : GailConfig.Judged.Beside.values()) {
            PairEncoding encoding = new PairEncoding(4, TASK.actions(), new GailConfig.Judged(List.of(2, 0), beside));
            assertThat(encoding.of(rollout)).isEqualTo(encoding.of(rollout.trajectories()));
        }
        PairEncoding encoding =
                new PairEncoding(4, TASK.actions(), new GailConfig.Judged(List.of(2), GailConfig.Judged.Beside.CHANGE));
        Matrix first = encoding.of(rollout.trajectories().subList(0, 1));
        float[] seen = rollout.observations();
        assertThat(first.row(0)).containsExactly(seen[2], seen[6] - seen[2]);
    }

    @Test
    void anIterationIsDoneInManySteps() {
        try (Gail gail = new Gail(POLICY, TASK, SHORT)) {
            Update update = gail.begin(gail.initialState(7), demonstrations(1), List.of(), 9);
            int steps = 0;
            while (update.progress() == 0) {
                update.step();
                steps++;
            }
            assertThat(steps).isGreaterThanOrEqualTo(15);
        }
    }

    @Test
    void anEvaluationInTheMiddleOfAnIterationLeavesNoTrace() {
        try (Gail gail = new Gail(POLICY, TASK, SHORT)) {
            List<Trajectory> expert = demonstrations(1);
            GailUpdate quiet = (GailUpdate) gail.begin(gail.initialState(7), expert, List.of(), 9);
            quiet.iterate();
            byte[] expected = quiet.state().toBytes();
            Update watched = gail.begin(gail.initialState(7), expert, List.of(), 9);
            while (watched.progress() == 0) {
                gail.evaluate(2, 3);
                watched.step();
            }
            assertThat(watched.state().toBytes()).isEqualTo(expected);
        }
    }

    @Test
    void stepsShrinkOverTheLastIterations() {
        GailConfig config =
                GailConfig.authors(RewardForm.SURVIVAL).withIterations(10).withSettling(0.4);
        assertThat(config.share(0)).isEqualTo(1.0);
        assertThat(config.share(5)).isEqualTo(1.0);
        assertThat(config.share(6)).isEqualTo(0.8);
        assertThat(config.share(9)).isEqualTo(0.2);
        assertThat(config.withSettling(0).share(9)).isEqualTo(1.0);
    }

    @Test
    void killedInTheMiddleAndRestoredGivesTheSameBytes() {
        assertGoesOnToTheSameBytes(of -> new Trpo(of, TrustRegion.defaults(), 5));
    }

    @Test
    void killedInTheMiddleAndRestoredGivesTheSameBytesWithPpo() {
        assertGoesOnToTheSameBytes(of -> new Ppo(of, Ppo.Options.defaults()));
    }

    private static void assertGoesOnToTheSameBytes(Function<dev.understudy.policy.StochasticPolicy, PolicyStep> step) {
        List<Trajectory> expert = demonstrations(2);
        byte[] whole;
        byte[] half;
        try (Gail gail = new Gail(POLICY, TASK, SHORT, step)) {
            GailUpdate update = (GailUpdate) gail.begin(gail.initialState(7), expert, List.of(), 9);
            for (int i = 0; i < 3; i++) {
                update.iterate();
            }
            half = update.state().toBytes();
            while (update.progress() == 0.5) {
                assertThat(update.state().toBytes()).isEqualTo(half);
                update.step();
            }
            while (update.step()) {}
            whole = update.state().toBytes();
        }
        try (Gail gail = new Gail(POLICY, TASK, SHORT, step)) {
            Update killed = gail.begin(LearnerState.fromBytes(half), expert, List.of(), 9);
            for (int i = 0; i < 9; i++) {
                killed.step();
            }
            killed.close();
            Update update = gail.begin(killed.state(), expert, List.of(), 9);
            assertThat(update.progress()).isEqualTo(0.5);
            while (update.step()) {}
            assertThat(update.state().toBytes()).isEqualTo(whole);
        }
    }

    @Test
    void theExportedModelActsAsThePolicyThatWasTrained() {
        try (Gail gail = new Gail(POLICY, TASK, SHORT)) {
            Update update = gail.begin(gail.initialState(7), demonstrations(1), List.of(), 9);
            while (update.step()) {}
            Rollout rollout = gail.evaluate(20, 3);
            float[] actions = new float[rollout.steps()];
            try (LoadedPolicy exported = LoadedPolicy.ofExport(gail.export(update.state()), 4, 1)) {
                exported.act(rollout.observations(), rollout.steps(), actions);
            }
            assertThat(actions).isEqualTo(rollout.actions());
        }
    }

    @Test
    void secondWindowGoesOnFromTheFirst() {
        try (Gail gail = new Gail(POLICY, TASK, SHORT)) {
            Update first = gail.begin(gail.initialState(7), demonstrations(1), List.of(), 9);
            while (first.step()) {}
            LearnerState after = first.state();
            assertThat(after.counter("updates")).isEqualTo(1);
            Update second = gail.begin(after, demonstrations(2), demonstrations(1), 10);
            while (second.step()) {}
            assertThat(second.state().counter("updates")).isEqualTo(2);
            assertThat(second.report().figures().get("diverged")).isZero();
        }
    }

    @Test
    void aConstantDiscriminatorPaysEveryPairAlike() {
        try (Gail gail = new Gail(POLICY, TASK, SHORT.withFeedback(GailConfig.Feedback.CONSTANT))) {
            Update update = gail.begin(gail.initialState(7), demonstrations(1), List.of(), 9);
            while (update.step()) {}
            assertThat(update.report().figures().get("discriminatorLoss"))
                    .isCloseTo(2 * Math.log(2), org.assertj.core.data.Offset.offset(1e-6));
        }
    }

    @Test
    void aDivergedDiscriminatorStopsTheUpdateAndIsReported() {
        try (Gail gail = new Gail(POLICY, TASK, SHORT)) {
            LearnerState state = gail.initialState(7);
            java.util.Arrays.fill(state.vector("discriminator.theta"), Float.NaN);
            GailUpdate update = (GailUpdate) gail.begin(state, demonstrations(1), List.of(), 9);
            assertThat(update.iterate()).isFalse();
            assertThat(update.report().figures().get("diverged")).isEqualTo(1.0);
        }
    }

    @Test
    void aLearningRateThatIsFarTooLargeIsReportedAsDiverged() {
        DiscriminatorOptions usual = DiscriminatorOptions.defaults();
        DiscriminatorOptions wild = new DiscriminatorOptions(
                usual.hidden(),
                usual.activation(),
                1e30,
                usual.beta1(),
                usual.steps(),
                usual.entropyWeight(),
                usual.output(),
                usual.statistics(),
                usual.penaltyWeight(),
                usual.penaltyTarget(),
                usual.penaltyRamp(),
                usual.normalisation(),
                usual.throttle());
        try (Gail gail = new Gail(POLICY, TASK, SHORT.withDiscriminator(wild))) {
            Update update = gail.begin(gail.initialState(7), demonstrations(1), List.of(), 9);
            while (update.step()) {}
            assertThat(update.report().figures().get("diverged")).isEqualTo(1.0);
            assertThat(update.progress()).isLessThan(1.0);
        }
    }

    @Test
    void refusesObservationsThatAreNotFinite() {
        float[] observed = new float[8];
        observed[5] = Float.NaN;
        Trajectory wrong =
                new Trajectory("t", "e", 0, 1, new Matrix(2, 4, observed), new Matrix(2, 1, new float[] {0, 1}));
        try (Gail gail = new Gail(POLICY, TASK, SHORT)) {
            assertThatThrownBy(() -> gail.begin(gail.initialState(1), List.of(wrong), List.of(), 1))
                    .hasMessage("expected finite observations, got NaN (trip=t step=1)");
        }
    }

    @Test
    void refusesDemonstrationsOfAnotherEnvironment() {
        Trajectory other =
                new Trajectory("t", "e", 0, 1, new Matrix(2, 3, new float[6]), new Matrix(2, 1, new float[2]));
        try (Gail gail = new Gail(POLICY, TASK, SHORT)) {
            assertThatThrownBy(() -> gail.begin(gail.initialState(1), List.of(other), List.of(), 1))
                    .hasMessage("expected observations of 4 and actions of 1, got 3 and 1 (trip=t)");
        }
    }

    @Test
    void refusesActionsOutOfRangeAndNoDemonstrations() {
        try (Gail gail = new Gail(POLICY, TASK, SHORT)) {
            LearnerState state = gail.initialState(1);
            for (float action : new float[] {2f, -1f, 0.5f, Float.NaN}) {
                Trajectory wrong = new Trajectory(
                        "t", "e", 0, 1, new Matrix(1, 4, new float[4]), new Matrix(1, 1, new float[] {action}));
                assertThatThrownBy(() -> gail.begin(state, List.of(wrong), List.of(), 1))
                        .hasMessageContaining("got %s (trip=t step=0)", action);
            }
            assertThatThrownBy(() -> gail.begin(state, List.of(), List.of(), 1))
                    .hasMessage("expected at least one demonstrated step, got none");
        }
    }

    @Test
    void refusesAPolicyThatDoesNotFitTheTask() {
        assertThatThrownBy(() -> new Gail(POLICY, Environments.named("mountaincar-v0"), SHORT))
                .hasMessageContaining("mountaincar-v0: 2 observations, 3 outputs; got 4 and 2");
    }
}
