package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.evaluate.OpenLoop;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.learn.observation.BcoFromLogsConfig;
import dev.understudy.model.LoadedPolicy;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Car following learned from what was observed alone, where the likelihood of inferred actions is all there is. */
class ObservedFollowingTest {
    private static final int N = CarFollowing.observationSize();
    private static final IntelligentDriverModel LAW = new IntelligentDriverModel(30, 1.4, 2.5, 1.1, 1.6);
    private static final List<FollowingSample> SAMPLES = Samples.driven("trip", LAW, CarFollowingStretches.SAMPLES, 4);

    /** The observations of a car that follows by a law, with these actions. */
    private static Trajectory logged(float[] actions) {
        float[] memory = FollowingMemory.newMemory();
        float[] observations = new float[SAMPLES.size() * N];
        for (int t = 0; t < SAMPLES.size(); t++) {
            FollowingSample sample = SAMPLES.get(t);
            FollowingMemory.observe(
                    memory,
                    sample.speedMetersPerSecond(),
                    sample.gapMeters(),
                    sample.leaderSpeedMetersPerSecond(),
                    true,
                    observations,
                    t * N);
        }
        return new Trajectory(
                "trip",
                "car",
                0,
                100,
                new Matrix(SAMPLES.size(), N, observations),
                new Matrix(actions.length, 1, actions));
    }

    private static float[] done() {
        float[] actions = new float[SAMPLES.size() - 1];
        for (int t = 0; t < actions.length; t++) {
            actions[t] = (float)
                    ((SAMPLES.get(t + 1).speedMetersPerSecond() - SAMPLES.get(t).speedMetersPerSecond())
                            / CarFollowing.STEP_SECONDS);
        }
        return actions;
    }

    private static float[] constant(float action) {
        float[] actions = new float[SAMPLES.size() - 1];
        Arrays.fill(actions, action);
        return actions;
    }

    private static Learner learner(int explored, int dynamicsSteps, int cloningSteps) {
        return FollowingLearners.fromObservations(
                FollowingLearners.cloning(
                        BehaviouralCloningConfig.driven().withHorizon(0).withSteps(cloningSteps)),
                BcoFromLogsConfig.exploring(explored).withDynamicsSteps(dynamicsSteps));
    }

    private static LearnerState learned(Learner learner, Trajectory shown) {
        Update update = learner.begin(learner.initialState(7), List.of(shown), List.of(), 9);
        boolean more = true;
        while (more) {
            more = update.step();
        }
        return update.state();
    }

    private static double error(Learner learner, LearnerState state) {
        try (LoadedPolicy policy = LoadedPolicy.ofExport(learner.export(state), N, 1)) {
            return OpenLoop.of(policy, List.of(logged(done()))).rmse();
        }
    }

    @Test
    void whatTheDriverDidIsInferredFromRandomDriving() {
        try (Learner learner = learner(3000, 1500, 500)) {
            double before = error(learner, learner.initialState(7));
            double after = error(learner, learned(learner, logged(constant(Float.NaN))));
            assertThat(after).isLessThan(0.5 * before).isLessThan(0.25);
        }
    }

    @Test
    void whatIsLoggedOfActionsChangesNoByte() {
        byte[] expected = null;
        for (float[] actions : List.of(done(), constant(Float.NaN), constant(17))) {
            try (Learner learner = learner(400, 30, 30)) {
                byte[] found = learned(learner, logged(actions)).toBytes();
                assertThat(expected == null ? found : expected).isEqualTo(found);
                expected = found;
            }
        }
    }
}
