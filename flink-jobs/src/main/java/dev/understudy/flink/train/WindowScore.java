package dev.understudy.flink.train;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Baseline;
import dev.understudy.domain.PolicySpec;
import dev.understudy.environment.ActionSpace;
import dev.understudy.evaluate.OpenLoop;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.ServedPolicy;
import dev.understudy.policy.Policy;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The test before the training: how well a policy that has not seen a window's actions predicts them, and how well
 * baselines do on the same steps.
 */
public final class WindowScore {
    /**
     * Root mean square error of the policy, in the unit of actions, or bits per byte where actions are texts; absent
     * where there was no policy yet.
     */
    public static final String POLICY = "policy";
    /** Number of steps scored. What else there is are the same errors of baselines. */
    public static final String STEPS = "steps";

    private static final Logger LOG = LoggerFactory.getLogger(WindowScore.class);

    private WindowScore() {}

    /**
     * Returns the errors on those steps of a window that were in no window before it.
     *
     * @param model the policy in service, which is closed; null if there is none. One that was refused or cannot be run
     *     is left out
     * @param parameters those of the baselines that it is scored beside
     */
    static SortedMap<String, Double> of(
            WindowBatch batch, @Nullable IntakeOutcome model, PolicySpec<?> spec, Map<String, String> parameters) {
        SortedMap<String, Baseline> baselines = spec.baselines(parameters);
        return model == null
                ? of(batch, null, baselines)
                : model.fold(
                        accepted -> of(batch, accepted, spec, baselines),
                        rejected -> without(batch, rejected.reason(), baselines));
    }

    private static SortedMap<String, Double> of(
            WindowBatch batch,
            IntakeOutcome.Accepted accepted,
            PolicySpec<?> spec,
            SortedMap<String, Baseline> baselines) {
        try (ServedPolicy policy = accepted.policy()) {
            return spec.actions() instanceof ActionSpace.Text texts
                    ? ofTexts(batch, policy, texts)
                    : of(batch, policy, baselines);
        } catch (IllegalStateException | IllegalArgumentException e) {
            return without(batch, String.valueOf(e.getMessage()), baselines);
        }
    }

    private static SortedMap<String, Double> without(
            WindowBatch batch, String reason, SortedMap<String, Baseline> baselines) {
        LOG.warn("scored window [{}, {}) without the policy: {}", batch.startMs(), batch.endMs(), reason);
        return of(batch, null, baselines);
    }

    /** Returns the bits per byte of the texts of a window, one byte added for the end of each. */
    private static SortedMap<String, Double> ofTexts(WindowBatch batch, Policy policy, ActionSpace.Text texts) {
        double nats = 0;
        long bytes = 0;
        long steps = 0;
        for (Trajectory trajectory : batch.trajectories()) {
            float[] actions = trajectory.actions().values();
            double[] logProbabilities = new double[trajectory.steps()];
            policy.logProbabilities(trajectory.observations(), actions, trajectory.steps(), logProbabilities);
            nats -= Arrays.stream(logProbabilities).sum();
            bytes += texts.bytes(actions, trajectory.steps());
            steps += trajectory.steps();
        }
        SortedMap<String, Double> scores = new TreeMap<>();
        scores.put(POLICY, nats / Math.log(2) / bytes);
        scores.put(STEPS, (double) steps);
        return scores;
    }

    /**
     * Returns the same of a policy that is loaded.
     *
     * @param policy null if there is none
     */
    public static SortedMap<String, Double> of(
            WindowBatch batch, @Nullable Policy policy, SortedMap<String, Baseline> baselines) {
        Map<String, OpenLoop> errors = new TreeMap<>();
        float[] noDeviation = new float[0];
        for (Trajectory trajectory : batch.trajectories()) {
            Matrix actions = trajectory.actions();
            int k = actions.columns();
            Map<String, float[]> answers = new TreeMap<>();
            baselines.forEach((name, baseline) -> answers.put(name, baseline.answers(trajectory)));
            if (policy != null) {
                answers.put(POLICY, OpenLoop.answers(policy, trajectory));
            }
            // Steps without a clock are as old as the first of them: all in the window before, or none.
            long early = Math.max(0, batch.freshFromMs() - trajectory.startMs());
            long stale = trajectory.stepMs() > 0
                    ? (early + trajectory.stepMs() - 1) / trajectory.stepMs()
                    : early > 0 ? trajectory.steps() : 0;
            answers.values().forEach(each -> Arrays.fill(each, 0, (int) Math.min(stale * k, each.length), Float.NaN));
            OpenLoop.onSameSteps(k, answers.values().toArray(float[][]::new));
            answers.forEach((name, each) ->
                    errors.computeIfAbsent(name, any -> new OpenLoop()).add(each, actions.values(), noDeviation, k));
        }
        SortedMap<String, Double> scores = new TreeMap<>();
        errors.forEach((name, sum) -> {
            if (sum.report().steps() > 0) { // of steps without an action nothing can be said
                scores.put(name, sum.report().rmse());
                scores.put(STEPS, (double) sum.report().steps());
            }
        });
        return scores;
    }
}
