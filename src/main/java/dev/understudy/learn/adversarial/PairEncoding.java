package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.Rollout;
import dev.understudy.learn.adversarial.GailConfig.Judged.Beside;
import java.util.List;

/**
 * A step as the discriminator sees it: the observation, then the action, one-hot where it is a choice and clipped to
 * its range where it is a number; or the observation, then how it changes. The expert's and the policy's steps go
 * through the same code, so that no difference of format gives either away.
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

    private boolean seesActions() {
        return judged.beside() != Beside.CHANGE;
    }

    /** Returns the length of an encoded step. */
    int size() {
        return observedSize()
                + switch (judged.beside()) {
                    case ACTION -> actions.policyOutputs();
                    case ACTION_AND_PREVIOUS -> 2 * actions.policyOutputs();
                    case CHANGE -> observedSize();
                };
    }

    /** Returns all steps of the demonstrations that are whole, {@code [steps, size]}. */
    Matrix of(List<Trajectory> demonstrations) {
        int rows = demonstrations.stream().mapToInt(this::steps).sum();
        float[] values = new float[rows * size()];
        int row = 0;
        for (Trajectory trajectory : demonstrations) {
            requireFits(trajectory);
            float[] observations = trajectory.observations().floats();
            for (int step = 0; step < steps(trajectory); step++, row++) {
                if (seesActions()) {
                    requireAction(trajectory, step);
                }
                requireFinite(trajectory, step);
                writeObserved(observations, step, values, row);
                if (seesActions()) {
                    writeActions(trajectory.actions().values(), step, step, values, row);
                } else {
                    requireFinite(trajectory, step + 1);
                    writeChange(observations, step, observations, step + 1, values, row);
                }
            }
        }
        return new Matrix(rows, size(), values);
    }

    /** Returns how many steps of a trajectory can be encoded: a change needs the observation after it. */
    private int steps(Trajectory trajectory) {
        return seesActions()
                ? trajectory.steps()
                : Math.max(0, trajectory.observations().rows() - 1);
    }

    private void requireFits(Trajectory trajectory) {
        boolean actionsFit = !seesActions() || trajectory.actions().columns() == actions.size();
        if (trajectory.observations().columns() != observationSize || !actionsFit) {
            throw new IllegalArgumentException("expected observations of %d and actions of %d, got %d and %d (trip=%s)"
                    .formatted(
                            observationSize,
                            actions.size(),
                            trajectory.observations().columns(),
                            trajectory.actions().columns(),
                            trajectory.trip()));
        }
    }

    private void requireAction(Trajectory trajectory, int step) {
        if (!actions.accepts(trajectory.actions().values(), step * actions.size())) {
            throw new IllegalArgumentException("expected an action of %s, got %s (trip=%s step=%d)"
                    .formatted(actions, trajectory.actions().at(step, 0), trajectory.trip(), step));
        }
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

    /** Returns all steps of a rollout, {@code [T, size]}. */
    Matrix of(Rollout rollout) {
        float[] values = new float[rollout.steps() * size()];
        float[] observations = rollout.observations();
        for (int episode = 0; episode < rollout.episodes(); episode++) {
            for (int row = rollout.firstStep(episode); row < rollout.firstStep(episode + 1); row++) {
                writeObserved(observations, row, values, row);
                if (seesActions()) {
                    writeActions(rollout.actions(), row, rollout.times()[row], values, row);
                } else if (row + 1 < rollout.firstStep(episode + 1)) {
                    writeChange(observations, row, observations, row + 1, values, row);
                } else {
                    writeChange(observations, row, rollout.lastObservations(), episode, values, row);
                }
            }
        }
        return new Matrix(rollout.steps(), size(), values);
    }

    private void writeObserved(float[] observations, int from, float[] values, int row) {
        int at = row * size();
        for (int i = 0; i < observedSize(); i++) {
            values[at + i] = observations[from * observationSize + column(i)];
        }
    }

    private int column(int i) {
        return judged.columns().isEmpty() ? i : judged.columns().get(i);
    }

    private void writeChange(float[] before, int from, float[] after, int to, float[] values, int row) {
        int at = row * size() + observedSize();
        for (int i = 0; i < observedSize(); i++) {
            values[at + i] = after[to * observationSize + column(i)] - before[from * observationSize + column(i)];
        }
    }

    /** Writes the action of row {@code from}, which is step {@code time} of its episode. */
    private void writeActions(float[] done, int from, int time, float[] values, int row) {
        int at = row * size() + observedSize();
        actions.encode(done, from * actions.size(), values, at);
        if (judged.beside() == Beside.ACTION_AND_PREVIOUS) {
            int before = time > 0 ? from - 1 : from;
            actions.encode(done, before * actions.size(), values, at + actions.policyOutputs());
        }
    }
}
