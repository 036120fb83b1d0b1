package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.network.Activation;
import dev.understudy.network.Scaler;
import dev.understudy.policy.GaussianPolicy;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class DiscriminatorActorCriticTest {
    private static final Task TASK = Environments.named("pendulum-v1");

    private static GaussianPolicy policy(int observationSize, GaussianPolicy.Bounds bounds) {
        return new GaussianPolicy(
                observationSize,
                1,
                List.of(16),
                Activation.TANH,
                GaussianPolicy.Deviation.STATE_INDEPENDENT,
                bounds,
                -2f,
                2f);
    }

    private static final GaussianPolicy POLICY = policy(3, GaussianPolicy.Bounds.SQUASHED);

    /** Episodes of random actions will do as demonstrations where nothing but bytes is compared. */
    private static List<Trajectory> demonstrations() {
        Environment environment = TASK.create(1, 0);
        return new RolloutCollector(environment)
                .episodes(environment.randomBehaviour(), 2, 5)
                .trajectories();
    }

    private static ActorCritic.Steps steps(double alive, DoubleUnaryOperator reward, SplittableRandom random) {
        int rows = 64;
        float[] actions = new float[rows];
        float[] rewards = new float[rows];
        float[] going = new float[rows];
        Arrays.fill(going, (float) alive);
        for (int row = 0; row < rows; row++) {
            actions[row] = (float) random.nextDouble(-2, 2);
            rewards[row] = (float) reward.applyAsDouble(actions[row]);
        }
        return new ActorCritic.Steps(new float[rows], actions, new float[rows], going, rewards);
    }

    private static Scaler unit() {
        return new Scaler(1, new double[1], new double[] {1});
    }

    /** The reward -(a - 1)^2 of a single step is largest at a = 1, which the actor has to find from the critics. */
    @Test
    void theActorClimbsWhatTheCriticsLearned() {
        GaussianPolicy policy = policy(1, GaussianPolicy.Bounds.SQUASHED);
        SplittableRandom random = new SplittableRandom(1);
        try (ActorCritic learner = new ActorCritic(policy, DacConfig.defaults())) {
            learner.restore(learner.initialMemory(random));
            double loss = Double.NaN;
            for (int i = 0; i < 1500; i++) {
                loss = learner.update(
                        steps(0, action -> -(action - 1) * (action - 1), random), unit(), i % 2 == 0, random);
            }
            assertThat(loss).isLessThan(0.05);
            learner.refresh(unit());
            float[] action = new float[1];
            learner.act(new float[1], 1, 0, random, action);
            assertThat(action[0]).isCloseTo(1f, within(0.15f));
        }
    }

    /**
     * At an end a reward of 0.1 is worth 0.1; for ever, 0.1 / (1 - 0.99) = 10, towards which the targets move slowly.
     */
    @Test
    void whatComesAfterAnEndIsWorthNothing() {
        GaussianPolicy policy = policy(1, GaussianPolicy.Bounds.SQUASHED);
        for (double alive : new double[] {0, 1}) {
            SplittableRandom random = new SplittableRandom(1);
            try (ActorCritic learner = new ActorCritic(policy, DacConfig.defaults())) {
                learner.restore(learner.initialMemory(random));
                for (int i = 0; i < 800; i++) {
                    learner.update(steps(alive, action -> 0.1, random), unit(), true, random);
                }
                // With a reward of 0, the critics' loss is that of their values: 2 (Q - alive gamma Q')^2 of both.
                double loss = learner.update(steps(0, action -> 0, random), unit(), false, random);
                if (alive == 0) {
                    assertThat(loss).isCloseTo(2 * 0.1 * 0.1, within(0.01));
                } else {
                    assertThat(loss).isGreaterThan(2 * 0.3 * 0.3);
                }
            }
        }
    }

    @Test
    void killedInTheMiddleAndRestoredGivesTheSameBytes() {
        DacConfig config = new DacConfig(
                DacConfig.defaults().loop().withIterations(4), 300, 16, 0.99, List.of(16), 1e-3, 0.005, 0.1, 0.2, 2);
        byte[] whole;
        byte[] half;
        try (DiscriminatorActorCritic dac = new DiscriminatorActorCritic(POLICY, TASK, config)) {
            GailUpdate update = (GailUpdate) dac.begin(dac.initialState(7), demonstrations(), List.of(), 9);
            update.iterate();
            update.iterate();
            update.iterate();
            for (int i = 0; i < 5; i++) {
                update.step(); // into the next episode, which is then lost
            }
            half = update.state().toBytes();
            while (update.step()) {}
            whole = update.state().toBytes();
            assertThat(update.report().figures()).containsEntry("steps", 800.0);
        }
        try (DiscriminatorActorCritic dac = new DiscriminatorActorCritic(POLICY, TASK, config)) {
            Update update = dac.begin(LearnerState.fromBytes(half), demonstrations(), List.of(), 9);
            while (update.step()) {}
            assertThat(update.state().toBytes()).isEqualTo(whole);
        }
    }

    @Test
    void wantsAPolicyWithinTheRangeOfActions() {
        assertThatThrownBy(() -> new DiscriminatorActorCritic(
                        policy(3, GaussianPolicy.Bounds.CLIPPED), TASK, DacConfig.defaults()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected a squashed policy of pendulum-v1");
    }
}
