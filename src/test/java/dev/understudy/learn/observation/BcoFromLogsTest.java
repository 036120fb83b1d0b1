package dev.understudy.learn.observation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.model.LoadedPolicy;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BcoFromLogsTest {
    private static final Task TASK = Environments.named("cartpole-v0");
    private static final ActionSpace ACTIONS = TASK.actions();

    private static BcoFromLogs learner(int dynamicsSteps, int cloningSteps) {
        return new BcoFromLogs(
                ControlPolicySpec.network(8, ACTIONS),
                ACTIONS,
                4,
                new BehaviouralCloning(
                        ControlPolicySpec.network(4, ACTIONS),
                        BehaviouralCloningConfig.classicControl().withSteps(cloningSteps)),
                null,
                BcoFromLogsConfig.fromInteraction().withDynamicsSteps(dynamicsSteps));
    }

    /** Pushes to where the pole falls, a little ahead of its rate; nobody logs what was done. */
    private static List<Trajectory> demonstrations(int episodes, long seed) {
        Rollout rollout = new RolloutCollector(TASK.create(episodes, seed))
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
                        seed);
        return acted(rollout.trajectories(), any -> Float.NaN);
    }

    private static List<Trajectory> interaction(int steps, long seed) {
        Environment environment = TASK.create(5, seed);
        return new RolloutCollector(environment)
                .steps(environment.randomBehaviour(), steps, seed)
                .trajectories();
    }

    private interface Written {
        float of(float done);
    }

    /** Returns the same trajectories with other actions. */
    private static List<Trajectory> acted(List<Trajectory> trajectories, Written written) {
        return trajectories.stream()
                .map(t -> {
                    float[] actions = t.actions().values().clone();
                    for (int i = 0; i < actions.length; i++) {
                        actions[i] = written.of(actions[i]);
                    }
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

    private static List<Trajectory> both(List<Trajectory> first, List<Trajectory> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    private static Update finished(Update update) {
        boolean more = true;
        while (more) {
            more = update.step();
        }
        return update;
    }

    private static double figure(Update update, String name) {
        return Objects.requireNonNull(update.report().figures().get(name));
    }

    private static double meanReturn(BcoFromLogs learner, LearnerState state) {
        try (LoadedPolicy policy = LoadedPolicy.ofExport(learner.export(state), 4, 1)) {
            return new RolloutCollector(TASK.create(20, 0))
                    .episodes(Behaviour.modeOf(policy), 20, 3)
                    .meanReturn();
        }
    }

    @Test
    void stepsWithActionsTeachWhatWasDoneInThoseWithout() {
        try (BcoFromLogs learner = learner(1000, 1000)) {
            LearnerState before = learner.initialState(7);
            assertThat(meanReturn(learner, before)).isLessThan(60);
            Update update =
                    finished(learner.begin(before, both(interaction(2000, 1), demonstrations(5, 2)), List.of(), 9));
            assertThat(meanReturn(learner, update.state())).isGreaterThan(180);
            assertThat(figure(update, "dynamicsLoss")).isLessThan(0.05);
            assertThat(figure(update, "rows") + figure(update, "rowsValidated"))
                    .isEqualTo(demonstrations(5, 2).stream()
                            .mapToInt(Trajectory::steps)
                            .sum());
        }
    }

    @Test
    void withoutAnActionThePolicyIsHeldAndWithOneEarlierStepsAreLabelled() {
        List<Trajectory> shown = demonstrations(5, 2);
        try (BcoFromLogs learner = learner(1000, 1000)) {
            Update held = finished(learner.begin(learner.initialState(7), shown, List.of(), 9));
            assertThat(held.report().held()).contains("expected steps with an action");
            assertThat(held.report().problem()).isNull();
            assertThat(learner.export(held.state())).isEqualTo(learner.export(learner.initialState(7)));
            Update later = finished(learner.begin(held.state(), interaction(2000, 1), shown, 10));
            assertThat(later.report().held()).isNull();
            assertThat(meanReturn(learner, later.state())).isGreaterThan(180);
        }
    }

    @Test
    void withoutDemonstrationsThePolicyIsHeldAndTheInteractionKept() {
        try (BcoFromLogs learner = learner(200, 200)) {
            List<Trajectory> done = interaction(500, 1);
            Update held = finished(learner.begin(learner.initialState(7), done, List.of(), 9));
            assertThat(held.report().held()).contains("expected steps without an action");
            Update later = finished(learner.begin(held.state(), demonstrations(2, 2), List.of(), 10));
            assertThat(later.report().held()).isNull();
            assertThat(figure(later, "interaction"))
                    .isEqualTo(done.stream().mapToInt(Trajectory::steps).sum());
            assertThat(figure(later, "refitted")).isZero();
        }
    }

    @Test
    void otherDynamicsAreNoticedAndSoonTheOldOnesForgotten() {
        try (BcoFromLogs learner = learner(400, 50)) {
            List<Trajectory> shown = demonstrations(2, 2);
            Update first =
                    finished(learner.begin(learner.initialState(7), both(interaction(1500, 1), shown), List.of(), 9));
            Update alike = finished(learner.begin(first.state(), both(interaction(500, 3), shown), List.of(), 10));
            assertThat(alike.report().figures()).containsAllEntriesOf(Map.of("drift", 0.0, "refitted", 0.0));
            assertThat(figure(alike, "newLossLow")).isLessThan(figure(alike, "dynamicsLoss") + 0.1);

            List<Trajectory> swapped = acted(interaction(500, 4), done -> 1 - done);
            Update changed = finished(learner.begin(alike.state(), both(swapped, shown), List.of(), 11));
            assertThat(changed.report().figures()).containsAllEntriesOf(Map.of("drift", 1.0, "refitted", 1.0));
            assertThat(figure(changed, "newLossLow")).isGreaterThan(1);

            List<Trajectory> again = acted(interaction(500, 5), done -> 1 - done);
            Update forgotten = finished(learner.begin(changed.state(), both(again, shown), List.of(), 12));
            assertThat(figure(forgotten, "drift")).isEqualTo(2);
            assertThat(figure(forgotten, "interaction"))
                    .isEqualTo(again.stream().mapToInt(Trajectory::steps).sum());
            assertThat(figure(forgotten, "dynamicsLoss")).isLessThan(0.2);
        }
    }

    @Test
    void killedAnywhereAndRestoredGivesTheSameBytes() {
        List<Trajectory> first = both(interaction(400, 1), demonstrations(2, 2));
        List<Trajectory> second = both(acted(interaction(400, 3), done -> 1 - done), demonstrations(2, 4));
        LearnerState before;
        byte[] whole;
        int steps = 0;
        try (BcoFromLogs learner = learner(60, 60)) {
            before = finished(learner.begin(learner.initialState(7), first, List.of(), 8))
                    .state();
            Update update = learner.begin(before, second, first, 9);
            while (update.step()) {
                steps++;
            }
            whole = update.state().toBytes();
            assertThat(figure(update, "refitted")).isEqualTo(1);
        }
        for (int killed : new int[] {0, 1, steps / 4, steps / 2 + 5, steps - 1}) {
            byte[] left;
            try (BcoFromLogs learner = learner(60, 60)) {
                Update update = learner.begin(before, second, first, 9);
                for (int i = 0; i < killed; i++) {
                    update.step();
                }
                left = update.state().toBytes();
            }
            try (BcoFromLogs learner = learner(60, 60)) {
                Update update = finished(learner.begin(LearnerState.fromBytes(left), second, first, 9));
                assertThat(update.state().toBytes())
                        .as("killed after %d steps", killed)
                        .isEqualTo(whole);
                assertThat(figure(update, "drift")).isEqualTo(1);
            }
        }
    }

    @Test
    void oneTrajectoryMayHaveStepsOfBothKinds() {
        float[] observations = new float[4 * 4];
        Trajectory mixed = new Trajectory(
                "a", "b", 0, 1, new Matrix(4, 4, observations), new Matrix(4, 1, new float[] {1, Float.NaN, Float.NaN, 0
                }));
        List<Trajectory> pieces = Observed.withoutActions(List.of(mixed));
        assertThat(pieces).hasSize(1);
        assertThat(pieces.get(0).startMs()).isEqualTo(1);
        assertThat(pieces.get(0).steps()).isEqualTo(2);
        assertThat(pieces.get(0).observations().rows()).isEqualTo(3);
        assertThat(Transitions.of(List.of(mixed), 4, 1).withActions().rows()).isEqualTo(1);
    }

    @Test
    void aSampleOfInteractionIsBoundedAndOfAllThatWasSeen() {
        Transitions many = Transitions.of(interaction(3000, 1), 4, 1);
        Interaction kept = Interaction.none(4, 1);
        for (int i = 0; i < 4; i++) {
            kept = kept.and(many, 500, i);
        }
        assertThat(kept.kept().rows()).isEqualTo(500);
        assertThat(kept.seen()).isEqualTo(4L * many.rows());
    }

    @Test
    void logsOfTwoRatesAreRefused() {
        Matrix observations = new Matrix(2, 4, new float[8]);
        Matrix actions = new Matrix(2, 1, new float[] {Float.NaN, Float.NaN});
        List<Trajectory> rates = List.of(
                new Trajectory("a", "log", 0, 100, observations, actions),
                new Trajectory("b", "log", 0, 50, observations, actions));
        try (BcoFromLogs learner = learner(10, 10)) {
            assertThatThrownBy(() -> learner.begin(learner.initialState(1), rates, List.of(), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("got 100 and 50 ms");
            assertThat(new TrainingReport(learner.begin(learner.initialState(1), demonstrations(1, 1), List.of(), 1)
                                    .report()
                                    .figures())
                            .held())
                    .isNull();
        }
    }
}
