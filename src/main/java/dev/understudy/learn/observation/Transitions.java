package dev.understudy.learn.observation;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import java.util.Arrays;
import java.util.List;

/**
 * Steps (s, a, s') of any origin, one per row. Arrays are not copied.
 *
 * @param observations s, {@code [T, n]}
 * @param changes s' - s, {@code [T, n]}
 * @param actions a, {@code [T, k]}; NaN where it is not known
 */
public record Transitions(Matrix observations, Matrix changes, Matrix actions) {
    public Transitions {
        if (observations.rows() != changes.rows()
                || observations.rows() != actions.rows()
                || observations.columns() != changes.columns()) {
            throw new IllegalArgumentException("expected as many changes of the same width and actions, got %s, %s, %s"
                    .formatted(observations, changes, actions));
        }
    }

    /** Returns no transitions. */
    static Transitions none(int observationSize, int actionSize) {
        return new Transitions(
                new Matrix(0, observationSize, new float[0]),
                new Matrix(0, observationSize, new float[0]),
                new Matrix(0, actionSize, new float[0]));
    }

    /**
     * Returns the steps of trajectories whose next observation is known, which the last step's may not be.
     *
     * @param actionSize k; actions of trajectories of another width count as not known
     * @throws IllegalArgumentException if a trajectory has observations of another size
     */
    public static Transitions of(List<Trajectory> trajectories, int observationSize, int actionSize) {
        int rows = trajectories.stream().mapToInt(Transitions::steps).sum();
        float[] observations = new float[rows * observationSize];
        float[] changes = new float[rows * observationSize];
        float[] actions = new float[rows * actionSize];
        Arrays.fill(actions, Float.NaN);
        int row = 0;
        for (Trajectory trajectory : trajectories) {
            int steps = steps(trajectory);
            if (trajectory.observations().columns() != observationSize) {
                throw new IllegalArgumentException("expected observations of %d, got %d (trip=%s)"
                        .formatted(observationSize, trajectory.observations().columns(), trajectory.trip()));
            }
            float[] seen = trajectory.observations().floats();
            System.arraycopy(seen, 0, observations, row * observationSize, steps * observationSize);
            for (int i = 0; i < steps * observationSize; i++) {
                changes[row * observationSize + i] = seen[i + observationSize] - seen[i];
            }
            if (trajectory.actions().columns() == actionSize) {
                System.arraycopy(trajectory.actions().values(), 0, actions, row * actionSize, steps * actionSize);
            }
            row += steps;
        }
        return new Transitions(
                new Matrix(rows, observationSize, observations),
                new Matrix(rows, observationSize, changes),
                new Matrix(rows, actionSize, actions));
    }

    /** Returns how many steps of a trajectory have a next observation. */
    static int steps(Trajectory trajectory) {
        return Math.max(0, trajectory.observations().rows() - 1);
    }

    /** Returns T. */
    public int rows() {
        return observations.rows();
    }

    /** Returns these and, after them, others of the same sizes. */
    Transitions and(Transitions others) {
        return new Transitions(
                joined(observations, others.observations),
                joined(changes, others.changes),
                joined(actions, others.actions));
    }

    private static Matrix joined(Matrix first, Matrix second) {
        float[] values = Arrays.copyOf(first.values(), first.values().length + second.values().length);
        System.arraycopy(second.values(), 0, values, first.values().length, second.values().length);
        return new Matrix(first.rows() + second.rows(), first.columns(), values);
    }

    /** Returns the last {@code most} of them, or all if there are fewer. */
    Transitions newest(int most) {
        int dropped = Math.max(0, rows() - most);
        return new Transitions(from(observations, dropped), from(changes, dropped), from(actions, dropped));
    }

    private static Matrix from(Matrix matrix, int row) {
        return new Matrix(
                matrix.rows() - row,
                matrix.columns(),
                Arrays.copyOfRange(matrix.values(), row * matrix.columns(), matrix.values().length));
    }

    /** Returns the same with the first numbers of each observation alone. */
    Transitions reading(int first) {
        return first == observations.columns()
                ? this
                : new Transitions(columns(observations, first), columns(changes, first), actions);
    }

    private static Matrix columns(Matrix matrix, int first) {
        float[] values = new float[matrix.rows() * first];
        for (int row = 0; row < matrix.rows(); row++) {
            System.arraycopy(matrix.values(), row * matrix.columns(), values, row * first, first);
        }
        return new Matrix(matrix.rows(), first, values);
    }

    /** Returns those whose action is known. */
    Transitions withActions() {
        int n = observations.columns();
        int k = actions.columns();
        float[] seen = new float[observations.values().length];
        float[] moved = new float[seen.length];
        float[] done = new float[actions.values().length];
        int rows = 0;
        for (int row = 0; row < rows(); row++) {
            if (!Float.isNaN(actions.at(row, 0))) {
                System.arraycopy(observations.values(), row * n, seen, rows * n, n);
                System.arraycopy(changes.values(), row * n, moved, rows * n, n);
                System.arraycopy(actions.values(), row * k, done, rows * k, k);
                rows++;
            }
        }
        return new Transitions(
                new Matrix(rows, n, Arrays.copyOf(seen, rows * n)),
                new Matrix(rows, n, Arrays.copyOf(moved, rows * n)),
                new Matrix(rows, k, Arrays.copyOf(done, rows * k)));
    }

    /** Returns each row's s beside its s' - s, {@code [T, 2n]}: what the inverse dynamics read. */
    Matrix pairs() {
        int n = observations.columns();
        float[] pairs = new float[rows() * 2 * n];
        for (int row = 0; row < rows(); row++) {
            System.arraycopy(observations.values(), row * n, pairs, row * 2 * n, n);
            System.arraycopy(changes.values(), row * n, pairs, row * 2 * n + n, n);
        }
        return new Matrix(rows(), 2 * n, pairs);
    }
}
