package dev.understudy.learn.observation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class InverseDynamicsTest {
    private static Transitions random(Task task, int steps, long seed) {
        Environment environment = task.create(5, 0);
        return Transitions.of(
                new RolloutCollector(environment)
                        .steps(environment.randomBehaviour(), steps, seed)
                        .trajectories(),
                task.observationSize(),
                task.actions().size());
    }

    private static InverseDynamics dynamics(Task task, int steps) {
        return new InverseDynamics(
                ControlPolicySpec.network(2 * task.observationSize(), task.actions()),
                task.actions(),
                InverseDynamics.fitting().withSteps(steps));
    }

    private static LearnerState fitted(InverseDynamics dynamics, Transitions known) {
        Update update = dynamics.fit(dynamics.initialState(3), known, 3);
        while (update.step()) {}
        return update.state();
    }

    /** In CartPole the push alone decides how the cart's speed changes, so nothing is left to chance. */
    @Test
    void everyPushOfCartPoleIsFoundOutBySampleAndByMode() {
        Task task = Environments.named("cartpole-v1");
        try (InverseDynamics dynamics = dynamics(task, 1000)) {
            LearnerState state = fitted(dynamics, random(task, 2000, 1));
            Transitions unseen = random(task, 2000, 2);
            for (InverseDynamics.Labels labels : InverseDynamics.Labels.values()) {
                assertThat(dynamics.infer(state, unseen, labels, 5).values())
                        .isEqualTo(unseen.actions().values());
            }
        }
    }

    @Test
    void theTorqueOfThePendulumIsFoundOutToAHundredthOfItsRange() {
        Task task = Environments.named("pendulum-v1");
        try (InverseDynamics dynamics = dynamics(task, 3000)) {
            LearnerState state = fitted(dynamics, random(task, 5000, 1));
            Transitions unseen = random(task, 2000, 2);
            float[] inferred = dynamics.infer(state, unseen, InverseDynamics.Labels.MODE, 5)
                    .values();
            double error = 0;
            for (int i = 0; i < inferred.length; i++) {
                error += Math.abs(inferred[i] - unseen.actions().values()[i]) / inferred.length;
            }
            assertThat(error).isLessThan(0.01 * 4);
        }
    }

    /** 0.0025 cos 3 position is what gravity takes from the speed in a step; the engine adds 0.001 (action - 1). */
    @Test
    void nothingIsLearnedOfWhatWasDoneWhereItIsNotKnown() {
        Task task = Environments.named("mountaincar-v0");
        Transitions known = random(task, 500, 1);
        float[] partly = known.actions().values().clone();
        Arrays.fill(partly, 100, partly.length, Float.NaN);
        float[] scrambled = known.observations().values().clone();
        Arrays.fill(scrambled, 200, scrambled.length, 0.1f);
        try (InverseDynamics dynamics = dynamics(task, 50)) {
            LearnerState one = fitted(
                    dynamics,
                    new Transitions(known.observations(), known.changes(), new Matrix(partly.length, 1, partly)));
            LearnerState other = fitted(
                    dynamics,
                    new Transitions(
                            new Matrix(partly.length, 2, scrambled),
                            known.changes(),
                            new Matrix(partly.length, 1, partly)));
            assertThat(one.toBytes()).isEqualTo(other.toBytes());
        }
    }

    @Test
    void withoutAnyActionThereIsNothingToLearn() {
        Task task = Environments.named("cartpole-v1");
        Trajectory observed = new Trajectory(
                "7", "log", 0, 20, new Matrix(3, 4, new float[12]), new Matrix(2, 1, new float[] {Float.NaN, Float.NaN
                }));
        try (InverseDynamics dynamics = dynamics(task, 1)) {
            assertThatThrownBy(() -> dynamics.fit(dynamics.initialState(1), Transitions.of(List.of(observed), 4, 1), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "expected at least one transition with an action to learn p(a | s, s') from, got none of 2");
        }
    }

    @Test
    void anActionThatCannotBeDoneIsRefused() {
        Task task = Environments.named("cartpole-v1");
        Transitions known = new Transitions(
                new Matrix(1, 4, new float[4]), new Matrix(1, 4, new float[4]), new Matrix(1, 1, new float[] {2}));
        try (InverseDynamics dynamics = dynamics(task, 1)) {
            assertThatThrownBy(() -> dynamics.fit(dynamics.initialState(1), known, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("got 2.0 (transition 0)");
        }
    }

    @Test
    void aStepWithoutItsNextObservationIsNoTransition() {
        Matrix three = new Matrix(3, 1, new float[] {1, 3, 6});
        Trajectory ending = new Trajectory("a", "log", 0, 1, three, new Matrix(3, 1, new float[] {7, 8, 9}));
        Trajectory single =
                new Trajectory("b", "log", 0, 1, new Matrix(1, 1, new float[] {1}), new Matrix(1, 1, new float[] {7}));
        Transitions transitions = Transitions.of(List.of(single, ending), 1, 1);
        assertThat(transitions.observations().values()).containsExactly(1, 3);
        assertThat(transitions.changes().values()).containsExactly(2, 3);
        assertThat(transitions.actions().values()).containsExactly(7, 8);
        assertThat(transitions.pairs().values()).containsExactly(new float[] {1, 2, 3, 3}, within(0f));
    }
}
