package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.End;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.LearnerState;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.reward.RewardForm;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OffPolicyUpdateTest {
    private static final Task TASK = Environments.named("cartpole-v0");
    private static final CategoricalPolicy POLICY = new CategoricalPolicy(4, 2, List.of(32, 32), Activation.TANH);
    private static final GailConfig CONFIG = GailConfig.defaults(RewardForm.SURVIVAL)
            .withImprovement(new ImprovementConfig(400, 5, 0.995, 0.97, 0.0, List.of(16), TrustRegion.defaults(), 5));

    /** Every window is recorded by the version before the one that learns from it, which never acts itself. */
    @ParameterizedTest
    @EnumSource
    void imitatesAnExpertOfCartPoleFromWhatThePreviousVersionDid(OffPolicyConfig.Generated generated) {
        OffPolicyConfig offPolicy = OffPolicyConfig.defaults(3, 200).with(generated);
        List<Trajectory> expert = GailTest.demonstrations(4);
        double best = 0;
        try (Gail gail = new Gail(POLICY, TASK, CONFIG)) {
            LearnerState previous = gail.initialState(1);
            LearnerState state = previous;
            for (int window = 0; window < 30 && best < 195; window++) {
                OffPolicyUpdate update = gail.begin(
                        state, expert, List.of(), List.of(record(previous, 2000, window)), offPolicy, window);
                while (update.step()) {}
                previous = state;
                state = update.state();
                best = Math.max(best, mode(state));
            }
        }
        assertThat(best).isGreaterThan(190);
    }

    private static Rollout record(LearnerState state, int pairs, long seed) {
        try (SampledPolicy recorder = SampledPolicy.of(POLICY, TASK.actions(), state)) {
            return new RolloutCollector(TASK.create(10, 0)).steps(recorder, pairs, seed);
        }
    }

    private static double mode(LearnerState state) {
        try (SampledPolicy policy = SampledPolicy.of(POLICY, TASK.actions(), state)) {
            return new RolloutCollector(TASK.create(10, 0))
                    .episodes(policy.mode(), 20, 3)
                    .meanReturn();
        }
    }

    @Test
    void killedInTheMiddleAndRestoredGivesTheSameBytes() {
        OffPolicyConfig offPolicy = OffPolicyConfig.defaults(6, 200);
        List<Trajectory> expert = GailTest.demonstrations(2);
        byte[] whole;
        byte[] half;
        List<Rollout> recorded;
        try (Gail gail = new Gail(POLICY, TASK, CONFIG)) {
            LearnerState state = gail.initialState(7);
            recorded = List.of(record(state, 300, 1), record(state, 300, 2));
            OffPolicyUpdate update = gail.begin(state, expert, List.of(), recorded, offPolicy, 9);
            while (update.progress() < 0.5) {
                update.step();
            }
            update.step(); // in the middle of the fourth iteration, which is lost
            half = update.state().toBytes();
            while (update.step()) {}
            whole = update.state().toBytes();
            assertThat(update.report().figures()).containsEntry("iterations", 6.0);
            assertThat(update.state().counter("updates")).isEqualTo(1);
        }
        try (Gail gail = new Gail(POLICY, TASK, CONFIG)) {
            LearnerState stopped = LearnerState.fromBytes(half);
            assertThatThrownBy(() -> gail.begin(stopped, expert, List.of(), recorded.subList(0, 1), offPolicy, 9))
                    .hasMessage("expected the 2 rollouts that the update was begun with, got 1");
            OffPolicyUpdate update = gail.begin(stopped, expert, List.of(), recorded, offPolicy, 9);
            assertThat(update.progress()).isEqualTo(0.5);
            while (update.step()) {}
            assertThat(update.state().toBytes()).isEqualTo(whole);
        }
    }

    @Test
    void aRolloutOfAPolicyTooFarAwayIsLeftAndReported() {
        try (Gail gail = new Gail(POLICY, TASK, CONFIG)) {
            LearnerState state = gail.initialState(7);
            Rollout near = record(state, 300, 1);
            // says of every tenth step that it was next to impossible, and of the others that they were certain
            Rollout far = withDensities(near, true);
            OffPolicyUpdate both = gail.begin(
                    state,
                    GailTest.demonstrations(1),
                    List.of(),
                    List.of(far, near),
                    OffPolicyConfig.defaults(4, 200),
                    9);
            while (both.step()) {}
            assertThat(both.report().figures())
                    .containsEntry("rolloutsLeft", 1.0)
                    .containsEntry("iterations", 4.0);

            OffPolicyUpdate none = gail.begin(
                    state, GailTest.demonstrations(1), List.of(), List.of(far), OffPolicyConfig.defaults(4, 200), 9);
            assertThat(none.step()).isFalse();
            assertThat(none.progress()).isEqualTo(1);
            assertThat(none.report().figures())
                    .containsEntry("rolloutsLeft", 1.0)
                    .containsEntry("iterations", 0.0);
            assertThat(none.report().figures().get("effectiveShare")).isLessThan(0.5);
            assertThat(none.state().vector("policy.theta")).isEqualTo(state.vector("policy.theta"));
        }
    }

    @Test
    void refusesRolloutsOfAnotherTaskAndThoseWithoutDensities() {
        try (Gail gail = new Gail(POLICY, TASK, CONFIG)) {
            LearnerState state = gail.initialState(7);
            List<Trajectory> expert = GailTest.demonstrations(1);
            OffPolicyConfig offPolicy = OffPolicyConfig.defaults(1, 200);
            Task other = Environments.named("mountaincar-v0");
            Rollout wrong = new RolloutCollector(other.create(1, 0))
                    .episodes(other.create(1, 0).randomBehaviour(), 1, 1);
            assertThatThrownBy(() -> gail.begin(state, expert, List.of(), List.of(wrong), offPolicy, 1))
                    .hasMessage("expected recorded observations of 4 and actions of 1, got 2 and 1");
            Rollout silent = withDensities(record(state, 10, 1), false);
            assertThatThrownBy(() -> gail.begin(state, expert, List.of(), List.of(silent), offPolicy, 1))
                    .hasMessageContaining("with its log-density")
                    .hasMessageContaining("with NaN (recorded step 0)");
            assertThatThrownBy(() -> gail.begin(state, expert, List.of(), List.of(), offPolicy, 1))
                    .hasMessageStartingWith("expected demonstrated steps and recorded rollouts, got 200 and 0");
        }
    }

    /** Returns a rollout with other densities: those of a policy far from it, or none. */
    static Rollout withDensities(Rollout rollout, boolean known) {
        float[] densities = new float[rollout.steps()];
        for (int i = 0; i < densities.length; i++) {
            densities[i] = !known ? Float.NaN : i % 10 == 0 ? (float) Math.log(1e-4) : 0f;
        }
        float[] observed = Arrays.copyOf(rollout.observations(), rollout.observations().length + 4);
        return new Rollout.Builder(4, 1, rollout.steps())
                .append(observed, 0, rollout.actions(), rollout.rewards(), densities, 0, rollout.steps(), End.RUNNING)
                .build();
    }
}
