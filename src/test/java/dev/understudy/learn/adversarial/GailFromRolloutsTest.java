package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.reward.RewardForm;
import java.util.List;
import org.junit.jupiter.api.Test;

class GailFromRolloutsTest {
    private static final Task TASK = Environments.named("cartpole-v0");
    private static final CategoricalPolicy POLICY = new CategoricalPolicy(4, 2, List.of(32, 32), Activation.TANH);
    private static final List<Trajectory> EXPERT = GailTest.demonstrations(2);

    private static GailFromRollouts learner() {
        return new GailFromRollouts(
                POLICY,
                TASK.actions(),
                new BehaviouralCloning(
                        POLICY, BehaviouralCloningConfig.classicControl().withSteps(20)),
                GailConfig.defaults(RewardForm.LOG_ODDS),
                OffPolicyConfig.defaults(4, 200));
    }

    /** Returns what the policy of a memory does, its actions drawn. */
    private static Rollout record(LearnerState state, long seed) {
        try (SampledPolicy recorder = SampledPolicy.of(POLICY, TASK.actions(), GailWithCloning.imitated(state))) {
            return new RolloutCollector(TASK.create(10, 0)).steps(recorder, 400, seed);
        }
    }

    private static Update finished(Update update) {
        while (update.step()) {}
        return update;
    }

    @Test
    void clonesUntilItsPolicyIsRecordedAndThenLearnsFromTheRollouts() {
        try (GailFromRollouts learner = learner()) {
            LearnerState fresh = learner.initialState(3);
            Update first = finished(learner.begin(fresh, EXPERT, List.of(), List.of(record(fresh, 1)), 5));
            assertThat(first.report().figures())
                    .as("a policy that has learned nothing is cloned")
                    .doesNotContainKey("rollouts");
            LearnerState cloned = first.state();

            Update second = finished(learner.begin(cloned, EXPERT, List.of(), List.of(record(cloned, 2)), 6));
            assertThat(second.report().figures()).containsEntry("rollouts", 1.0).containsEntry("iterations", 4.0);
            assertThat(second.state().vector(PolicyImprovement.THETA))
                    .isNotEqualTo(cloned.vector(PolicyImprovement.THETA));

            Update third = finished(learner.begin(second.state(), EXPERT, List.of(), 7));
            assertThat(third.report().figures()).doesNotContainKey("rollouts");
            assertThat(third.state().vector(PolicyImprovement.THETA))
                    .as("both learners have the policy")
                    .isEqualTo(third.state().vector(GailWithCloning.CLONING + GailWithCloning.CLONING_THETA));
            assertThat(learner.export(third.state())).isNotEqualTo(learner.export(second.state()));
        }
    }

    @Test
    void aWindowWhoseRolloutsAreTooFarAwayIsCloned() {
        try (GailFromRollouts learner = learner()) {
            LearnerState cloned = finished(learner.begin(learner.initialState(3), EXPERT, List.of(), 5))
                    .state();
            Rollout far = OffPolicyUpdateTest.withDensities(record(cloned, 2), true);
            Update update = finished(learner.begin(cloned, EXPERT, List.of(), List.of(far), 6));
            assertThat(update.report().figures()).doesNotContainKey("rollouts");
            assertThat(update.state().counter(GailWithCloning.CLONING + "updates"))
                    .isEqualTo(2);
        }
    }

    @Test
    void killedInTheMiddleAndRestoredGivesTheSameBytes() {
        LearnerState cloned;
        Rollout recorded;
        try (GailFromRollouts learner = learner()) {
            cloned = finished(learner.begin(learner.initialState(3), EXPERT, List.of(), 5))
                    .state();
            recorded = record(cloned, 2);
        }
        for (List<Rollout> rollouts : List.of(List.of(recorded), List.<Rollout>of())) {
            byte[] whole;
            byte[] half;
            try (GailFromRollouts learner = learner()) {
                Update update = learner.begin(cloned, EXPERT, List.of(), rollouts, 6);
                while (update.progress() < 0.5) {
                    update.step();
                }
                update.step();
                half = update.state().toBytes();
                whole = finished(update).state().toBytes();
            }
            try (GailFromRollouts learner = learner()) {
                Update update = learner.begin(LearnerState.fromBytes(half), EXPERT, List.of(), rollouts, 6);
                assertThat(update.progress()).isBetween(0.4, 0.9);
                assertThat(finished(update).state().toBytes()).isEqualTo(whole);
            }
        }
    }
}
