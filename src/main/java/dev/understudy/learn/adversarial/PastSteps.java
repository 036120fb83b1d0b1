package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * A sample of all steps that a policy ever took, each with the same chance to be in it: Vitter (1985), Algorithm R. It
 * shows a discriminator where earlier versions of the policy went, long after the policy goes there no more.
 */
final class PastSteps {
    private final int capacity;
    private final int columns;
    private float[] rows;
    private long seen;

    /**
     * Creates an empty sample.
     *
     * @param capacity most steps kept, at least 1
     * @param columns length of an encoded step
     */
    PastSteps(int capacity, int columns) {
        this.capacity = capacity;
        this.columns = columns;
        this.rows = new float[0];
    }

    /** Goes on from what {@link #rows} and {@link #seen} returned. */
    void restore(float[] kept, long seenBefore) {
        if (kept.length != columns * Math.min(capacity, seenBefore)) {
            throw new IllegalArgumentException("expected %d past steps of %d numbers, got %d numbers"
                    .formatted(Math.min(capacity, seenBefore), columns, kept.length));
        }
        rows = kept.clone();
        seen = seenBefore;
    }

    /** Returns the steps kept, {@code [kept, columns]}, one after the other. */
    float[] rows() {
        return rows;
    }

    /** Returns how many steps were ever added. */
    long seen() {
        return seen;
    }

    private int kept() {
        return rows.length / columns;
    }

    /** Adds steps, {@code [n, columns]}. */
    void add(Matrix steps, RandomGenerator random) {
        int before = kept();
        int after = Math.min(capacity, before + steps.rows());
        float[] now = Arrays.copyOf(rows, after * columns);
        for (int row = 0; row < steps.rows(); row++) {
            seen++;
            long place = before < capacity ? before++ : random.nextLong(seen);
            if (place < capacity) {
                System.arraycopy(steps.values(), row * columns, now, (int) place * columns, columns);
            }
        }
        rows = now;
    }

    /** Returns steps followed by as many past ones, drawn with replacement; the steps alone if nothing is past. */
    Matrix mixed(Matrix steps, RandomGenerator random) {
        if (rows.length == 0) {
            return steps;
        }
        int count = steps.rows();
        float[] both = Arrays.copyOf(steps.values(), 2 * count * columns);
        draw(both, count, 2 * count, random);
        return new Matrix(2 * count, columns, both);
    }

    /** Returns past steps, drawn with replacement, {@code [count, columns]}; there have to be some. */
    Matrix drawn(int count, RandomGenerator random) {
        float[] drawn = new float[count * columns];
        draw(drawn, 0, count, random);
        return new Matrix(count, columns, drawn);
    }

    private void draw(float[] into, int from, int to, RandomGenerator random) {
        for (int row = from; row < to; row++) {
            System.arraycopy(rows, random.nextInt(kept()) * columns, into, row * columns, columns);
        }
    }
}
