package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.Rollout;
import java.util.List;

/**
 * A pair (o, a) as the discriminator sees it: the observation, then the action, one-hot where it is a choice and
 * clipped to its range where it is a number. The expert's and the policy's pairs go through the same code, so that no
 * difference of format gives either away.
 *
 * @param observationSize n
 * @param actions what can be done
 */
record PairEncoding(int observationSize, ActionSpace actions) {
    /** Returns the length of an encoded pair. */
    int size() {
        return observationSize + actions.policyOutputs();
    }

    /** Returns all pairs of the demonstrations, {@code [pairs, size]}. */
    Matrix of(List<Trajectory> demonstrations) {
        int rows = demonstrations.stream().mapToInt(Trajectory::steps).sum();
        float[] values = new float[rows * size()];
        int row = 0;
        for (Trajectory trajectory : demonstrations) {
            if (trajectory.observations().columns() != observationSize
                    || trajectory.actions().columns() != actions.size()) {
                throw new IllegalArgumentException(
                        "expected observations of %d and actions of %d, got %d and %d (trip=%s)"
                                .formatted(
                                        observationSize,
                                        actions.size(),
                                        trajectory.observations().columns(),
                                        trajectory.actions().columns(),
                                        trajectory.trip()));
            }
            for (int step = 0; step < trajectory.steps(); step++, row++) {
                if (!actions.accepts(trajectory.actions().values(), step * actions.size())) {
                    throw new IllegalArgumentException("expected an action of %s, got %s (trip=%s step=%d)"
                            .formatted(actions, trajectory.actions().at(step, 0), trajectory.trip(), step));
                }
                write(trajectory.observations().values(), trajectory.actions().values(), step, values, row);
                for (int i = row * size(); i < row * size() + observationSize; i++) {
                    if (!Float.isFinite(values[i])) {
                        throw new IllegalArgumentException("expected finite observations, got %s (trip=%s step=%d)"
                                .formatted(values[i], trajectory.trip(), step));
                    }
                }
            }
        }
        return new Matrix(rows, size(), values);
    }

    /** Returns all pairs of a rollout, {@code [T, size]}. */
    Matrix of(Rollout rollout) {
        float[] values = new float[rollout.steps() * size()];
        for (int row = 0; row < rollout.steps(); row++) {
            write(rollout.observations(), rollout.actions(), row, values, row);
        }
        return new Matrix(rollout.steps(), size(), values);
    }

    private void write(float[] observations, float[] done, int from, float[] values, int row) {
        int at = row * size();
        System.arraycopy(observations, from * observationSize, values, at, observationSize);
        int action = at + observationSize;
        if (actions instanceof ActionSpace.Continuous continuous) {
            for (int i = 0; i < actions.size(); i++) {
                float value = done[from * actions.size() + i];
                values[action + i] = Math.max(continuous.low(), Math.min(continuous.high(), value));
            }
        } else {
            values[action + (int) done[from]] = 1f;
        }
    }
}
