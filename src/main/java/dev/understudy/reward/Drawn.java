package dev.understudy.reward;

import dev.understudy.data.Matrix;
import java.util.random.RandomGenerator;

/**
 * The expert's inputs of one step of a discriminator: rows drawn with replacement, as many as there are generated ones,
 * and the same in fewer rows. A sum over the draws takes each different row once, weighted by how often it was drawn,
 * and there are far fewer demonstrated pairs than generated ones.
 *
 * @param rows as they were drawn, {@code [n, columns]}
 * @param inputs what is summed over, {@code [k, columns]}
 * @param shares the weight of each, {@code [k]}, 1 in all
 */
record Drawn(Matrix rows, float[] inputs, float[] shares) {
    /** Draws {@code count} rows. */
    static Drawn of(Matrix from, int count, RandomGenerator random) {
        int columns = from.columns();
        float[] values = new float[count * columns];
        int[] counts = new int[from.rows()];
        int different = 0;
        for (int row = 0; row < count; row++) {
            int drawn = random.nextInt(from.rows());
            System.arraycopy(from.values(), drawn * columns, values, row * columns, columns);
            different += counts[drawn]++ == 0 ? 1 : 0;
        }
        float[] inputs = new float[different * columns];
        float[] shares = new float[different];
        int kept = 0;
        for (int row = 0; row < from.rows(); row++) {
            if (counts[row] > 0) {
                System.arraycopy(from.values(), row * columns, inputs, kept * columns, columns);
                shares[kept] = (float) counts[row] / count;
                kept++;
            }
        }
        return new Drawn(new Matrix(count, columns, values), inputs, shares);
    }

    /** Returns points on the lines from evenly spread generated inputs to the drawn rows, {@code [points, columns]}. */
    float[] between(Matrix generated, int most, RandomGenerator random) {
        int columns = generated.columns();
        int points = Math.min(most, generated.rows());
        float[] between = new float[points * columns];
        for (int point = 0; point < points; point++) {
            int row = (int) ((long) point * generated.rows() / points);
            float share = random.nextFloat();
            for (int column = 0; column < columns; column++) {
                float from = generated.at(row, column);
                between[point * columns + column] = from + share * (rows.at(row, column) - from);
            }
        }
        return between;
    }
}
