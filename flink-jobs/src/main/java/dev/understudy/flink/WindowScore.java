package dev.understudy.flink;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.driving.FollowingLaw;
import dev.understudy.driving.Persistence;
import dev.understudy.evaluate.OpenLoop;
import dev.understudy.policy.Policy;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The test before the training: how well a window's actions were foreseen by a policy that has not seen them, and by
 * baselines on the same steps.
 */
final class WindowScore {
    /** Root mean square error of the policy, m/s^2; absent where there was no policy yet. */
    static final String POLICY = "policy";
    /** The same of the expert going on as before. */
    static final String PERSISTENCE = "persistence";
    /** The same of the intelligent driver model. */
    static final String IDM = "idm";
    /** Number of steps scored. */
    static final String STEPS = "steps";

    private WindowScore() {}

    /**
     * Returns the errors on those steps of a window that were in no window before it.
     *
     * @param policy the policy in service; null if there is none
     */
    static SortedMap<String, Double> of(WindowBatch batch, @Nullable Policy policy, FollowingLaw law) {
        OpenLoop policyErrors = new OpenLoop();
        OpenLoop persistenceErrors = new OpenLoop();
        OpenLoop lawErrors = new OpenLoop();
        float[] noDeviation = new float[0];
        for (Trajectory trajectory : batch.trajectories()) {
            Matrix actions = trajectory.actions();
            int k = actions.columns();
            float[] persistence = Persistence.answers(actions.values());
            long stale = Math.max(
                    0, (batch.freshFromMs() - trajectory.startMs() + trajectory.stepMs() - 1) / trajectory.stepMs());
            Arrays.fill(persistence, 0, (int) Math.min(stale * k, persistence.length), Float.NaN);
            float[] idm = OpenLoop.answers(law, trajectory);
            float[] answers = policy == null ? idm.clone() : OpenLoop.answers(policy, trajectory);
            OpenLoop.onSameSteps(k, persistence, idm, answers);
            persistenceErrors.add(persistence, actions.values(), noDeviation, k);
            lawErrors.add(idm, actions.values(), noDeviation, k);
            policyErrors.add(answers, actions.values(), noDeviation, k);
        }
        SortedMap<String, Double> scores = new TreeMap<>();
        scores.put(PERSISTENCE, persistenceErrors.report().rmse());
        scores.put(IDM, lawErrors.report().rmse());
        scores.put(STEPS, (double) lawErrors.report().steps());
        if (policy != null) {
            scores.put(POLICY, policyErrors.report().rmse());
        }
        return scores;
    }
}
