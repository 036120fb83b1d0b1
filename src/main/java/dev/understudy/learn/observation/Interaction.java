package dev.understudy.learn.observation;

import dev.understudy.data.Matrix;
import dev.understudy.learn.LearnerState;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A bounded sample of all transitions with an action that were ever seen, each with the same chance to be in it (Vitter
 * 1985, Algorithm R). Arrays are not copied.
 *
 * @param kept the sample
 * @param seen how many there were
 */
record Interaction(Transitions kept, long seen) {
    private static final String OBSERVATIONS = "interaction.observations";
    private static final String CHANGES = "interaction.changes";
    private static final String ACTIONS = "interaction.actions";
    private static final String SEEN = "interaction.seen";

    /** Returns no interaction. */
    static Interaction none(int observationSize, int actionSize) {
        return new Interaction(Transitions.none(observationSize, actionSize), 0);
    }

    /** Returns what {@link #addTo} added; none if there is none. */
    static Interaction of(LearnerState state, int observationSize, int actionSize) {
        float[] observations = state.vectors().get(OBSERVATIONS);
        if (observations == null) {
            return none(observationSize, actionSize);
        }
        return new Interaction(
                new Transitions(
                        matrix(observations, observationSize),
                        matrix(state.vector(CHANGES), observationSize),
                        matrix(state.vector(ACTIONS), actionSize)),
                state.counter(SEEN));
    }

    private static Matrix matrix(float[] values, int columns) {
        return new Matrix(values.length / columns, columns, values);
    }

    /** Adds it to a memory. */
    void addTo(Nested memory) {
        memory.put(OBSERVATIONS, kept.observations().values())
                .put(CHANGES, kept.changes().values())
                .put(ACTIONS, kept.actions().values())
                .put(SEEN, seen);
    }

    /**
     * Returns the sample of these and others.
     *
     * @param most transitions kept, at most
     */
    Interaction and(Transitions others, int most, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int before = kept.rows();
        int rows = Math.min(most, before + others.rows());
        int[] from = new int[rows];
        Arrays.setAll(from, row -> row < before ? row : -1);
        int filled = before;
        long count = seen;
        for (int row = 0; row < others.rows(); row++) {
            count++;
            long at = filled < most ? filled++ : random.nextLong(count);
            if (at < most) {
                from[(int) at] = before + row;
            }
        }
        return new Interaction(
                new Transitions(
                        chosen(kept.observations(), others.observations(), from),
                        chosen(kept.changes(), others.changes(), from),
                        chosen(kept.actions(), others.actions(), from)),
                count);
    }

    /** Returns rows of two matrices, those of the second numbered after those of the first. */
    private static Matrix chosen(Matrix first, Matrix second, int[] from) {
        int columns = first.columns();
        float[] values = new float[from.length * columns];
        for (int row = 0; row < from.length; row++) {
            Matrix source = from[row] < first.rows() ? first : second;
            int at = from[row] < first.rows() ? from[row] : from[row] - first.rows();
            System.arraycopy(source.values(), at * columns, values, row * columns, columns);
        }
        return new Matrix(from.length, columns, values);
    }
}
