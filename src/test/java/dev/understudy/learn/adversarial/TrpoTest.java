package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.environment.Environments;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.Task;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrpoTest {
    private static final CategoricalPolicy POLICY = new CategoricalPolicy(4, 2, List.of(32, 32), Activation.TANH);
    private static final ImprovementConfig CONFIG =
            new ImprovementConfig(2000, 10, 0.99, 0.97, 0.0, List.of(32, 32), TrustRegion.defaults(), 5);

    @Test
    void trpoSolvesCartPoleByItsTrueReward() {
        assertThat(learned(new Trpo(POLICY, TrustRegion.defaults(), 5), 60)).isGreaterThan(195);
    }

    @Test
    void ppoSolvesCartPoleByItsTrueReward() {
        assertThat(learned(new Ppo(POLICY, new Ppo.Options(0.2, 5, 256, 2e-3)), 40))
                .isGreaterThan(195);
    }

    /** Returns the mean return of 100 episodes of the mode; a policy that learned nothing has about 22. */
    private static double learned(PolicyStep step, int iterations) {
        try (PolicyImprovement improvement = improvement(step)) {
            improvement.initialState(1);
            for (int i = 0; i < iterations; i++) {
                Rollout rollout = improvement.rollout(i).finish();
                improvement.improve(rollout, rollout.rewards(), 1.0, 1000 + i).finish();
            }
            return improvement.evaluate(100, 7).meanReturn();
        }
    }

    @Test
    void stepStaysWithinTheBoundOnTheDivergence() {
        try (PolicyImprovement improvement = improvement(new Trpo(POLICY, TrustRegion.defaults(), 5))) {
            improvement.initialState(1);
            for (int i = 0; i < 5; i++) {
                Rollout rollout = improvement.rollout(i).finish();
                PolicyStep.Outcome outcome = improvement
                        .improve(rollout, rollout.rewards(), 1.0, 1000 + i)
                        .finish();
                assertThat(outcome.accepted()).isTrue();
                assertThat(outcome.rise()).isPositive();
                assertThat(outcome.kl()).isBetween(1e-5, 0.015);
            }
        }
    }

    @Test
    void refusesRewardsThatAreNotFinite() {
        try (PolicyImprovement improvement = improvement(new Trpo(POLICY, TrustRegion.defaults(), 5))) {
            improvement.initialState(1);
            Rollout rollout = improvement.rollout(1).finish();
            float[] rewards = rollout.rewards().clone();
            rewards[3] = Float.NaN;
            assertThatThrownBy(
                            () -> improvement.improve(rollout, rewards, 1.0, 1).finish())
                    .hasMessageStartingWith("expected finite rewards, got NaN (step 3 of ");
        }
    }

    /** The bowl -(x - 1)^2 / 2 with F = 1: the bound allows a move of sqrt(2 maxKl) at a slope of 1. */
    @Test
    void firstTrialStepIsAsLongAsTheBoundAllows() {
        TrustRegion region = new TrustRegion(0.02, 0.0, 10, 10, 0.1);
        TrustRegion.Step step = region.step(new float[] {0f}, new float[] {1f}, -0.5, new TrustRegion.Problem() {
                    @Override
                    public TrustRegion.Value at(float[] theta) {
                        double gap = theta[0] - 1;
                        return new TrustRegion.Value(-0.5 * gap * gap, 0.5 * theta[0] * theta[0]);
                    }

                    @Override
                    public float[] curvature(float[] direction) {
                        return direction.clone();
                    }
                })
                .finish();
        assertThat(step.accepted()).isTrue();
        assertThat(step.theta()[0]).isCloseTo(0.2f, org.assertj.core.data.Offset.offset(1e-6f));
        assertThat(step.value().kl()).isCloseTo(0.02, org.assertj.core.data.Offset.offset(1e-6));
    }

    @Test
    void undoesAStepThatTheDivergenceForbidsAfterTheSearch() {
        float[] before = {0f};
        TrustRegion.Step step = TrustRegion.defaults()
                .step(before, new float[] {1f}, 0.0, new TrustRegion.Problem() {
                    @Override
                    public TrustRegion.Value at(float[] theta) {
                        return new TrustRegion.Value(theta[0], 1000 * theta[0]);
                    }

                    @Override
                    public float[] curvature(float[] direction) {
                        return direction.clone();
                    }
                })
                .finish();
        assertThat(step.accepted()).isFalse();
        assertThat(step.theta()).isSameAs(before);
    }

    private static PolicyImprovement improvement(PolicyStep step) {
        Task task = Environments.named("cartpole-v0");
        PolicyImprovement improvement = new PolicyImprovement(POLICY, task.actions(), step, CONFIG);
        improvement.practiseIn(() -> task.create(CONFIG.copies(), 0));
        return improvement;
    }
}
