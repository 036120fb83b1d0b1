package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.model.LoadedReward;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;

class AirlTest {
    private static final Task TASK = Environments.named("cartpole-v0");
    /** Where an episode goes on after the pole has fallen, and no length tells anything. */
    private static final Task FIXED = Environments.named("cartpole-v0-fixed");

    private static final CategoricalPolicy POLICY = new CategoricalPolicy(4, 2, List.of(32, 32), Activation.TANH);

    private static AirlConfig config(int iterations, int pairs) {
        AirlConfig config = AirlConfig.defaults();
        return config.withLoop(config.loop()
                .withIterations(iterations)
                .withImprovement(new ImprovementConfig(
                        pairs,
                        10,
                        0.995,
                        0.97,
                        0.0,
                        List.of(32, 32),
                        config.loop().improvement().region(),
                        5,
                        ImprovementConfig.Statistics.EXPERT)));
    }

    @Test
    void imitatesAnExpertOfCartPoleAndFindsOutThatItsStatesAreWorthMore() {
        try (Airl airl = new Airl(POLICY, FIXED, config(60, 2000))) {
            GailUpdate update = (GailUpdate) airl.begin(airl.initialState(1), GailTest.demonstrations(4), List.of(), 1);
            double before = airl.evaluate(50, 3).meanReturn();
            double best = 0;
            do {
                best = Math.max(best, airl.evaluate(20, 3).meanReturn());
            } while (update.iterate());
            assertThat(before).isLessThan(100);
            assertThat(best).isGreaterThan(190);
            Environment environment = FIXED.create(5, 0);
            Rollout random = new RolloutCollector(environment).episodes(environment.randomBehaviour(), 50, 3);
            try (LoadedReward reward = LoadedReward.ofExport(airl.exportReward(update.state()), 4, TASK.actions())) {
                assertThat(mean(reward, GailTest.demonstrations(3))).isGreaterThan(mean(reward, random.trajectories()));
            }
        }
    }

    private static double mean(LoadedReward reward, List<Trajectory> trajectories) {
        double sum = 0;
        int steps = 0;
        for (Trajectory trajectory : trajectories) {
            float[] rewards = new float[trajectory.steps()];
            reward.rewards(
                    trajectory.observations().floats(), trajectory.actions().values(), rewards.length, rewards);
            for (float one : rewards) {
                sum += one;
            }
            steps += rewards.length;
        }
        return sum / steps;
    }

    @Test
    void killedInTheMiddleAndRestoredGivesTheSameBytes() {
        List<Trajectory> expert = GailTest.demonstrations(2);
        byte[] whole;
        byte[] half;
        try (Airl airl = new Airl(POLICY, TASK, config(6, 400))) {
            GailUpdate update = (GailUpdate) airl.begin(airl.initialState(7), expert, List.of(), 9);
            for (int i = 0; i < 3; i++) {
                update.iterate();
            }
            update.step(); // into the next iteration, which is then lost
            half = update.state().toBytes();
            while (update.step()) {}
            whole = update.state().toBytes();
        }
        try (Airl airl = new Airl(POLICY, TASK, config(6, 400))) {
            Update update = airl.begin(LearnerState.fromBytes(half), expert, List.of(), 9);
            while (update.step()) {}
            assertThat(update.state().toBytes()).isEqualTo(whole);
        }
    }

    @Test
    void whatHappensAfterAnEndIsNoPartOfAStep() {
        ShapedEncoding encoding = new ShapedEncoding(1, TASK.actions(), 3);
        Matrix four = new Matrix(4, 1, new float[] {1, 2, 3, 4});
        Trajectory whole = new Trajectory("whole", "log", 0, 1, four, new Matrix(3, 1, new float[] {0, 1, 0}));
        Trajectory failed = new Trajectory(
                "failed", "log", 0, 1, new Matrix(2, 1, new float[] {5, 6}), new Matrix(1, 1, new float[] {1}));
        Trajectory cut = new Trajectory(
                "cut", "log", 0, 1, new Matrix(2, 1, new float[] {7, 8}), new Matrix(2, 1, new float[] {1, 1}));
        Rollout expert = encoding.expert(List.of(whole, failed, cut));
        Matrix steps = encoding.of(expert, new float[] {-1, -2, -3, -4, -5});
        assertThat(steps.values())
                .containsExactly(
                        1, 1, 0, 2, 1, 1, //
                        2, 0, 1, 3, 1, 2, //
                        3, 1, 0, 4, 1, 3, // the limit is no end
                        5, 0, 1, 6, 0, 4, // the task ended
                        7, 0, 1, 8, 1, 5); // what followed the last action is not known, nor whether it ended
    }

    @Test
    void withoutAStepWhoseNextObservationIsKnownThereIsNothingToLearn() {
        Trajectory single =
                new Trajectory("a", "log", 0, 1, new Matrix(1, 4, new float[4]), new Matrix(1, 1, new float[1]));
        try (Airl airl = new Airl(POLICY, TASK, config(1, 400))) {
            assertThatThrownBy(() -> airl.begin(airl.initialState(1), List.of(single), List.of(), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected at least one demonstrated step with the observation after it");
        }
    }
}
