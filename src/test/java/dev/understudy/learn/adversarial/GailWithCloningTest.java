package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingEnvironments;
import dev.understudy.driving.FollowingLearners;
import dev.understudy.driving.FollowingMemory;
import dev.understudy.driving.IntelligentDriverModel;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.policy.GaussianPolicy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GailWithCloningTest {
    private static final int N = CarFollowing.observationSize();

    /** Two rounds of little work: one-step cloning, two iterations of 300 pairs. */
    private static Learner learner() {
        GaussianPolicy policy = FollowingLearners.policy();
        GailConfig config = FollowingLearners.gailConfig()
                .withIterations(2)
                .withImprovement(new ImprovementConfig(
                        300,
                        3,
                        0.95,
                        0.97,
                        0.0,
                        List.of(16),
                        TrustRegion.defaults(),
                        5,
                        ImprovementConfig.Statistics.GIVEN));
        BehaviouralCloningConfig cloning = BehaviouralCloningConfig.defaults();
        return new GailWithCloning(
                policy,
                new BehaviouralCloning(policy, cloning.withSteps(8)),
                new BehaviouralCloning(policy, cloning.withSteps(4)),
                new Gail(policy, new FollowingEnvironments(100, 300), config),
                2,
                0.1);
    }

    /** A car that follows the law behind a leader whose speed swings, after 30 s of history. */
    private static Trajectory demonstration(double phase, int steps) {
        IntelligentDriverModel law = new IntelligentDriverModel(30, 1.4, 2.5, 1.1, 1.6);
        float[] memory = FollowingMemory.newMemory();
        float[] observations = new float[steps * N];
        float[] actions = new float[steps];
        float[] observation = new float[N];
        double speed = 12;
        double gap = 25;
        for (int t = -300; t < steps; t++) {
            double leader = 12 + 4 * Math.sin(phase + t / 60.0);
            FollowingMemory.observe(memory, speed, gap, leader, true, observation, 0);
            double acceleration = law.acceleration(speed, gap, leader);
            if (t >= 0) {
                System.arraycopy(observation, 0, observations, t * N, N);
                actions[t] = (float) acceleration;
            }
            double next = Math.max(0, speed + 0.1 * acceleration);
            gap += 0.1 * ((leader + 12 + 4 * Math.sin(phase + (t + 1) / 60.0)) / 2 - (speed + next) / 2);
            speed = next;
        }
        return new Trajectory("trip", "car", 0, 100, new Matrix(steps, N, observations), new Matrix(steps, 1, actions));
    }

    private static LearnerState finish(Update update) {
        while (update.step()) {}
        return update.state();
    }
    /** Stops in each turn: cloning, practice, cloning, practice, cloning. */
    @Test
    void killedAnywhereInTheSecondWindowItGivesTheSameBytes() {
        List<Trajectory> first = List.of(demonstration(0, 400));
        List<Trajectory> second = List.of(demonstration(2, 500));
        try (Learner learner = learner()) {
            LearnerState afterFirst = finish(learner.begin(learner.initialState(3), first, List.of(), 5));
            Update whole = learner.begin(afterFirst, second, first, 6);
            List<byte[]> stops = new ArrayList<>();
            double[] saveAt = {0.05, 0.25, 0.45, 0.65, 0.85, 2};
            do {
                if (whole.progress() > saveAt[stops.size()]) {
                    stops.add(whole.state().toBytes());
                }
            } while (whole.step());
            LearnerState expected = whole.state();
            assertThat(stops).hasSize(5);
            for (byte[] saved : stops) {
                try (Learner restarted = learner()) {
                    Update resumed = restarted.begin(LearnerState.fromBytes(saved), second, first, 6);
                    LearnerState state = finish(resumed);
                    assertThat(state.toBytes()).isEqualTo(expected.toBytes());
                    assertThat(resumed.report()).isEqualTo(whole.report());
                    assertThat(restarted.export(state)).isEqualTo(learner.export(expected));
                }
            }
        }
    }

    @Test
    void theSecondWindowGoesOnFromTheFirst() {
        List<Trajectory> window = List.of(demonstration(0, 400));
        try (Learner learner = learner()) {
            LearnerState before = learner.initialState(3);
            LearnerState after = finish(learner.begin(before, window, List.of(), 5));
            assertThat(after.vectors().keySet()).isEqualTo(before.vectors().keySet());
            for (String vector : List.of("policy.theta", "value.theta", "discriminator.theta", "cloning.theta")) {
                assertThat(after.vector(vector)).isNotEqualTo(before.vector(vector));
            }
            assertThat(after.vector("cloning.theta")).isEqualTo(after.vector("policy.theta"));
            LearnerState later = learner.begin(after, window, List.of(), 6).state();
            for (String vector : after.vectors().keySet()) {
                assertThat(later.vector(vector)).as(vector).isEqualTo(after.vector(vector));
            }
        }
    }

    @Test
    void refusesAWindowTooShortToFollowInBeforeAnythingIsLearned() {
        try (Learner learner = Catalogue.policy(CarFollowing.POLICY).learner(Algorithms.GAIL, 0)) {
            LearnerState state = learner.initialState(3);
            assertThatThrownBy(() -> learner.begin(state, List.of(demonstration(0, 90)), List.of(), 5))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected a trajectory of");
        }
    }
}
