package dev.understudy.learn.observation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.model.LoadedPolicy;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BehaviouralCloningFromObservationTest {
    private static final Task TASK = Environments.named("cartpole-v0");
    private static final ControlPolicySpec SPEC = ControlPolicySpec.of("cartpole-v0");
    private static final BcoConfig SHORT =
            BcoConfig.classicControl().withInteraction(300).withIterations(3).withSteps(60, 60);

    /** The expert leans against the fall: push to where the pole falls, a little ahead of its rate. */
    private static List<Trajectory> demonstrations(int episodes) {
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
        return rollout.trajectories();
    }

    private static LearnerState learned(BcoConfig config, List<Trajectory> demonstrations) {
        try (BehaviouralCloningFromObservation learner = SPEC.cloningFromObservation(config)) {
            Update update = learner.begin(learner.initialState(7), demonstrations, List.of(), 9);
            while (update.step()) {}
            return update.state();
        }
    }

    @Test
    void imitatesAnExpertOfCartPoleWhoseActionsNobodySaw() {
        BcoConfig config = BcoConfig.classicControl().withAlpha(0).withSteps(1000, 1000);
        List<Trajectory> observed = acted(demonstrations(5), Float.NaN);
        try (BehaviouralCloningFromObservation learner = SPEC.cloningFromObservation(config)) {
            LearnerState before = learner.initialState(7);
            assertThat(meanReturn(learner, before)).isLessThan(60);
            assertThat(meanReturn(learner, learned(config, observed))).isGreaterThan(180);
        }
    }

    private static double meanReturn(BehaviouralCloningFromObservation learner, LearnerState state) {
        try (LoadedPolicy policy = LoadedPolicy.ofExport(learner.export(state), 4, 1)) {
            return new RolloutCollector(TASK.create(20, 0))
                    .episodes(Behaviour.modeOf(policy), 20, 3)
                    .meanReturn();
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

    @Test
    void whatTheDemonstratorsDidChangesNoByte() {
        List<Trajectory> demonstrations = demonstrations(2);
        byte[] expected = learned(SHORT, demonstrations).toBytes();
        for (float action : new float[] {0, 1, 17, Float.NaN}) {
            assertThat(learned(SHORT, acted(demonstrations, action)).toBytes()).isEqualTo(expected);
        }
    }

    @Test
    void killedInTheMiddleAndRestoredGivesTheSameBytes() {
        List<Trajectory> demonstrations = demonstrations(2);
        byte[] whole = learned(SHORT, demonstrations).toBytes();
        byte[] half;
        try (BehaviouralCloningFromObservation learner = SPEC.cloningFromObservation(SHORT)) {
            Update update = learner.begin(learner.initialState(7), demonstrations, List.of(), 9);
            while (update.progress() < 0.5) {
                update.step();
            }
            for (int i = 0; i < 20; i++) { // into the next iteration, which is then lost
                update.step();
            }
            half = update.state().toBytes();
        }
        try (BehaviouralCloningFromObservation learner = SPEC.cloningFromObservation(SHORT)) {
            Update update = learner.begin(LearnerState.fromBytes(half), demonstrations, List.of(), 9);
            assertThat(update.progress()).isEqualTo(0.5);
            while (update.step()) {}
            assertThat(update.state().toBytes()).isEqualTo(whole);
        }
    }

    @Test
    void allThatWasCollectedIsKeptAndTheNextUpdateGoesOnFromIt() {
        BcoConfig config = SHORT.withIterations(1);
        List<Trajectory> demonstrations = demonstrations(2);
        try (BehaviouralCloningFromObservation learner = SPEC.cloningFromObservation(config)) {
            Update first = learner.begin(learner.initialState(7), demonstrations, List.of(), 9);
            while (first.step()) {}
            double steps = figure(first, "steps");
            assertThat(steps).isGreaterThan(300);
            assertThat(figure(first, "interaction")).isEqualTo(steps);
            Update second = learner.begin(first.state(), demonstrations, List.of(), 10);
            while (second.step()) {}
            assertThat(figure(second, "interaction")).isEqualTo(steps + figure(second, "steps"));
        }
    }

    private static double figure(Update update, String name) {
        return Objects.requireNonNull(update.report().figures().get(name));
    }

    @Test
    void withoutTwoSuccessiveObservationsThereIsNothingToImitate() {
        Trajectory single =
                new Trajectory("a", "log", 0, 1, new Matrix(1, 4, new float[4]), new Matrix(1, 1, new float[1]));
        try (BehaviouralCloningFromObservation learner = SPEC.cloningFromObservation(SHORT)) {
            assertThatThrownBy(() -> learner.begin(learner.initialState(1), List.of(single), List.of(), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("expected a demonstration with two successive observations");
        }
    }

    @Test
    void demonstrationsOfTwoSamplingRatesAreRefused() {
        List<Trajectory> one = demonstrations(1);
        Trajectory of = one.get(0);
        Trajectory slower = new Trajectory("slow", "log", 0, 5, of.observations(), of.actions());
        try (BehaviouralCloningFromObservation learner = SPEC.cloningFromObservation(SHORT)) {
            assertThatThrownBy(() -> learner.begin(learner.initialState(1), List.of(of, slower), List.of(), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected demonstrations with one time between steps, got 1 and 5 ms (trip=slow)");
        }
    }

    @Test
    void theDistanceOfVisitsIsNothingToItselfAndGrowsWithTheGap() {
        List<Trajectory> shown = demonstrations(2);
        VisitDistance distance = new VisitDistance(shown, 4, 200, 1);
        assertThat(distance.to(shown, 1)).isZero();
        double falling = distance.to(falling(1), 1);
        double pushing = distance.to(falling(3), 1);
        assertThat(falling).isGreaterThan(0.1);
        assertThat(pushing).isGreaterThan(0.1);
        assertThat(distance.to(demonstrations(3), 1)).isLessThan(0.05);
    }

    private static List<Trajectory> falling(long seed) {
        return new RolloutCollector(TASK.create(5, 0))
                .episodes(TASK.create(1, 0).randomBehaviour(), 5, seed)
                .trajectories();
    }
}
