package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.environment.Environments;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.Task;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/**
 * lambda H(pi) of Ho and Ermon (2016), eq. 15, which reaches the policy as -lambda log pi(a|o) in each step's reward.
 */
class CausalEntropyTest {
    private static final CategoricalPolicy POLICY = new CategoricalPolicy(4, 2, List.of(16), Activation.TANH);

    private static PolicyImprovement improvement(int horizon, double weight) {
        Task task = new Task("short", Environments.named("cartpole-v0").motion(), horizon, Task.Ending.EARLY);
        ImprovementConfig config =
                new ImprovementConfig(400, 20, 0.995, 0.97, weight, List.of(16), TrustRegion.defaults(), 1);
        PolicyImprovement improvement =
                new PolicyImprovement(POLICY, task.actions(), new Trpo(POLICY, TrustRegion.defaults(), 1), config);
        improvement.practiseIn(() -> task.create(config.copies(), 0));
        improvement.initialState(1);
        return improvement;
    }

    @Test
    void isARewardOfMinusTheLogProbabilityOfEachStep() {
        try (PolicyImprovement weighted = improvement(50, 0.3);
                PolicyImprovement plain = improvement(50, 0)) {
            Rollout rollout = weighted.rollout(5).finish();
            Rollout same = plain.rollout(5).finish();
            float[] shifted = rollout.rewards().clone();
            for (int i = 0; i < shifted.length; i++) {
                shifted[i] -= (float) (0.3 * rollout.logProbabilities()[i]);
            }
            PolicyStep.Outcome expected = plain.improve(same, shifted, 1.0, 9).finish();
            assertThat(weighted.improve(rollout, rollout.rewards(), 1.0, 9)
                            .finish()
                            .theta())
                    .isEqualTo(expected.theta());
            assertThat(expected.accepted()).isTrue();
        }
    }

    /**
     * Episodes of one step in which action 1 earns 1 and action 0 nothing. E r + lambda H is largest where log(p / (1 -
     * p)) = 1 / lambda: p = 0.731 at lambda = 1, 0.881 at 1/2, and 1 without entropy.
     */
    @Test
    void settlesWhereRewardAndEntropyBalance() {
        assertThat(chosen(1.0)).isCloseTo(0.731, Assertions.offset(0.04));
        assertThat(chosen(0.5)).isCloseTo(0.881, Assertions.offset(0.04));
        assertThat(chosen(0.0)).isGreaterThan(0.98);
    }

    /** Returns how often action 1 is chosen, over the last 20 of 60 iterations: each step is as long as it may be. */
    private static double chosen(double weight) {
        double share = 0;
        try (PolicyImprovement improvement = improvement(1, weight)) {
            for (int i = 0; i < 60; i++) {
                Rollout rollout = improvement.rollout(i).finish();
                double ones = 0;
                for (float action : rollout.actions()) {
                    ones += action;
                }
                share += i >= 40 ? ones / rollout.steps() / 20 : 0;
                improvement.improve(rollout, rollout.actions(), 1.0, 1000 + i).finish();
            }
        }
        return share;
    }
}
