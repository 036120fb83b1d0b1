package dev.understudy.model;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Rows;
import java.util.SplittableRandom;

/**
 * Observations that a model is tried on, made from its golden ones. The same golden observations and seed give the same
 * rows on every machine and in every version, so that what a model answers to them can be kept without them.
 *
 * <p>Three quarters of the rows mix numbers of two golden rows, and go a little beyond; in one quarter some numbers are
 * far outside, for the parts of a network that clip. Rows of bytes are golden rows as they are: a context of a
 * conversation is not a mixture of two.
 */
public final class ProbeRows {
    private static final int FAR_EVERY = 4;
    private static final double FAR = 10;

    private ProbeRows() {}

    /**
     * Returns rows of the type and width of the golden ones.
     *
     * @param golden at least one row
     */
    public static Rows of(Rows golden, int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Rows rows = golden.type().room(count, golden.columns());
        for (int row = 0; row < count; row++) {
            int one = random.nextInt(golden.rows());
            if (golden instanceof ByteRows) {
                golden.copy(one, 1, rows, row);
            } else {
                mix(golden, one, random.nextInt(golden.rows()), row % FAR_EVERY == 0, random, rows, row);
            }
        }
        return rows;
    }

    private static void mix(Rows golden, int one, int other, boolean far, SplittableRandom random, Rows rows, int row) {
        int columns = golden.columns();
        float[] target = rows.floats();
        for (int c = 0; c < columns; c++) {
            float a = golden.at(one, c);
            float b = golden.at(other, c);
            double share = random.nextDouble() * 1.5 - 0.25;
            double noise = random.nextDouble() - 0.5;
            boolean isFar = random.nextInt(FAR_EVERY) == 0 && far;
            double width = Math.max(Math.abs(b - a), 0.1 * Math.max(1e-3, Math.abs(a)));
            double value = a + share * (b - a) + noise * width * (isFar ? 2 * FAR : 0.2);
            target[row * columns + c] = Math.max(-Float.MAX_VALUE / 4, Math.min(Float.MAX_VALUE / 4, (float) value));
        }
    }
}
