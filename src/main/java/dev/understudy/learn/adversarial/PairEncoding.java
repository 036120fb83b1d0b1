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
 * @param judged which parts of it the discriminator sees
 */
record PairEncoding(int observationSize, ActionSpace actions, GailConfig.Judged judged) {
    PairEncoding {
        for (int column : judged.columns()) {
            if (column < 0 || column >= observationSize) {
                throw new IllegalArgumentException("expected judged columns from 0 to %d, got %s"
                        .formatted(observationSize - 1, judged.columns()));
            }
        }
    }

    private int observedSize() {
        return judged.columns().isEmpty() ? observationSize : judged.columns().size();
    }

    /** Returns the length of an encoded pair. */
    int size() {
        return observedSize() + (judged.previousAction() ? 2 : 1) * actions.policyOutputs();
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
                requireFinite(trajectory, step);
                write(trajectory.observations().floats(), trajectory.actions().values(), step, step, values, row);
            }
        }
        return new Matrix(rows, size(), values);
    }

    private void requireFinite(Trajectory trajectory, int step) {
        for (int i = 0; i < observationSize; i++) {
            float value = trajectory.observations().at(step, i);
            if (!Float.isFinite(value)) {
                throw new IllegalArgumentException("expected finite observations, got %s (trip=%s step=%d)"
                        .formatted(value, trajectory.trip(), step));
            }
        }
    }

    /** Returns all pairs of a rollout, {@code [T, size]}. */
    Matrix of(Rollout rollout) {
        float[] values = new float[rollout.steps() * size()];
        for (int row = 0; row < rollout.steps(); row++) {
            write(rollout.observations(), rollout.actions(), row, rollout.times()[row], values, row);
        }
        return new Matrix(rollout.steps(), size(), values);
    }

    /** Writes the pair of row {@code from}, which is step {@code time} of its episode. */
    private void write(float[] observations, float[] done, int from, int time, float[] values, int row) {
        int at = row * size();
        if (judged.columns().isEmpty()) {
            System.arraycopy(observations, from * observationSize, values, at, observationSize);
        } else {
            for (int i = 0; i < judged.columns().size(); i++) {
                values[at + i] =
                        observations[from * observationSize + judged.columns().get(i)];
            }
        }
        int action = at + observedSize();
        writeAction(done, from, values, action);
        if (judged.previousAction()) {
            writeAction(done, time > 0 ? from - 1 : from, values, action + actions.policyOutputs());
        }
    }

    private void writeAction(float[] done, int from, float[] values, int at) {
        if (actions instanceof ActionSpace.Continuous continuous) {
            for (int i = 0; i < actions.size(); i++) {
                float value = done[from * actions.size() + i];
                values[at + i] = Math.max(continuous.low(), Math.min(continuous.high(), value));
            }
        } else {
            values[at + (int) done[from]] = 1f;
        }
    }
}
