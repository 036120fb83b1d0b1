package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.End;
import dev.understudy.environment.Rollout;
import java.util.List;

/**
 * A step (s, a, s') as {@link dev.understudy.reward.ShapedReward} reads it: s, a one-hot or clipped to its range, s',
 * then 1, or 0 if the task ended with the step, then -log pi(a | s). The expert's and the policy's steps go through the
 * same code.
 *
 * @param observationSize n
 * @param actions what can be done
 * @param horizon steps after which an episode is truncated: an expert's that is shorter ended
 */
record ShapedEncoding(int observationSize, ActionSpace actions, int horizon) {
    /** Returns the length of an encoded step. */
    int size() {
        return 2 * observationSize + actions.policyOutputs() + 2;
    }

    /** Returns the expert's steps whose next observation is known, as whole episodes. */
    Rollout expert(List<Trajectory> demonstrations) {
        int steps = demonstrations.stream().mapToInt(ShapedEncoding::steps).sum();
        Rollout.Builder episodes = new Rollout.Builder(observationSize, actions.size(), Math.max(1, steps));
        for (Trajectory trajectory : demonstrations) {
            require(trajectory);
            int length = steps(trajectory);
            if (length > 0) {
                boolean ended = length == trajectory.steps() && length < horizon;
                episodes.append(
                        trajectory.observations().floats(),
                        0,
                        trajectory.actions().values(),
                        new float[length],
                        new float[length],
                        0,
                        length,
                        ended ? End.TERMINATED : End.TRUNCATED);
            }
        }
        return episodes.build();
    }

    private static int steps(Trajectory trajectory) {
        return Math.max(
                0, Math.min(trajectory.steps(), trajectory.observations().rows() - 1));
    }

    private void require(Trajectory trajectory) {
        if (trajectory.observations().columns() != observationSize
                || trajectory.actions().columns() != actions.size()) {
            throw new IllegalArgumentException("expected observations of %d and actions of %d, got %d and %d (trip=%s)"
                    .formatted(
                            observationSize,
                            actions.size(),
                            trajectory.observations().columns(),
                            trajectory.actions().columns(),
                            trajectory.trip()));
        }
        for (float value : trajectory.observations().floats()) {
            if (!Float.isFinite(value)) {
                throw new IllegalArgumentException(
                        "expected finite observations, got %s (trip=%s)".formatted(value, trajectory.trip()));
            }
        }
        for (int step = 0; step < trajectory.steps(); step++) {
            if (!actions.accepts(trajectory.actions().values(), step * actions.size())) {
                throw new IllegalArgumentException("expected an action of %s, got %s (trip=%s step=%d)"
                        .formatted(actions, trajectory.actions().at(step, 0), trajectory.trip(), step));
            }
        }
    }

    /**
     * Returns all steps, {@code [T, size]}.
     *
     * @param logProbabilities log pi(a | s) of each, nats
     */
    Matrix of(Rollout steps, float[] logProbabilities) {
        int n = observationSize;
        float[] values = new float[steps.steps() * size()];
        for (int episode = 0; episode < steps.episodes(); episode++) {
            int end = steps.firstStep(episode + 1);
            for (int row = steps.firstStep(episode); row < end; row++) {
                boolean isLast = row + 1 == end;
                int at = row * size();
                System.arraycopy(steps.observations(), row * n, values, at, n);
                actions.encode(steps.actions(), row * actions.size(), values, at + n);
                int next = at + n + actions.policyOutputs();
                if (isLast) {
                    System.arraycopy(steps.lastObservations(), episode * n, values, next, n);
                } else {
                    System.arraycopy(steps.observations(), (row + 1) * n, values, next, n);
                }
                values[next + n] = isLast && steps.end(episode) == End.TERMINATED ? 0f : 1f;
                values[next + n + 1] = -logProbabilities[row];
            }
        }
        return new Matrix(steps.steps(), size(), values);
    }
}
