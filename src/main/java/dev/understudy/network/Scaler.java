package dev.understudy.network;

import dev.understudy.data.Rows;
import dev.understudy.graph.Tensor;
import java.util.Arrays;

/**
 * Standardises observations by a mean and deviation learned from the stream: count, mean and sum of squared deviations
 * per column, merged batch by batch (Chan, Golub and LeVeque, 1983, eq. 2.1). Immutable.
 *
 * <p>While a learner trains, mean and deviation are inputs of its graph; on export they become constants, so a served
 * policy takes raw observations and its scaling never drifts.
 *
 * <p>One absurd reading must not spoil the scale for ever: of a batch of {@value #BOUNDED_ROWS} rows or more, a number
 * far beyond what almost all of its column are counts as one at that bound.
 *
 * @param count number of rows seen
 * @param mean per column
 * @param squares sum of squared deviations from the mean, per column
 */
public record Scaler(double count, double[] mean, double[] squares) {
    /** Columns with a smaller deviation than this are centred only. */
    private static final double SMALLEST_DEVIATION = 1e-4;

    /** Standardised values are clipped to this many deviations, so that one wild reading cannot dominate. */
    private static final float CLIP = 5f;

    private static final int BOUNDED_ROWS = 100;

    /** Share of a column beyond each end of what almost all of it are. */
    private static final double RARE = 0.005;

    /** How many times as wide as that the bound lies beyond it: no reading that a sensor meant (a guess). */
    private static final double FAR = 2;

    /** Returns a scaler that has seen nothing; it leaves observations as they are. */
    public static Scaler empty(int columns) {
        return new Scaler(0.0, new double[columns], new double[columns]);
    }

    /** Reads what {@link #toStatistics} wrote. */
    public static Scaler fromStatistics(double[] statistics) {
        int columns = (statistics.length - 1) / 2;
        double[] mean = new double[columns];
        double[] squares = new double[columns];
        System.arraycopy(statistics, 1, mean, 0, columns);
        System.arraycopy(statistics, 1 + columns, squares, 0, columns);
        return new Scaler(statistics[0], mean, squares);
    }

    /** Returns count, means and squares in one array. */
    public double[] toStatistics() {
        int columns = mean.length;
        double[] statistics = new double[1 + 2 * columns];
        statistics[0] = count;
        System.arraycopy(mean, 0, statistics, 1, columns);
        System.arraycopy(squares, 0, statistics, 1 + columns, columns);
        return statistics;
    }

    /** Returns a scaler that has also seen {@code rows}, {@code [rows, n]}. */
    public Scaler merge(Rows rows) {
        int columns = mean.length;
        if (rows.columns() != columns) {
            throw new IllegalArgumentException("expected %d columns, got %d".formatted(columns, rows.columns()));
        }
        if (rows.rows() == 0) {
            return this;
        }
        double n = rows.rows();
        double[] low = new double[columns];
        double[] high = new double[columns];
        bound(rows, low, high);
        double[] batchMean = new double[columns];
        double[] batchSquares = new double[columns];
        for (int row = 0; row < rows.rows(); row++) {
            for (int c = 0; c < columns; c++) {
                batchMean[c] += Math.max(low[c], Math.min(high[c], rows.at(row, c)));
            }
        }
        for (int c = 0; c < columns; c++) {
            batchMean[c] /= n;
        }
        for (int row = 0; row < rows.rows(); row++) {
            for (int c = 0; c < columns; c++) {
                double deviation = Math.max(low[c], Math.min(high[c], rows.at(row, c))) - batchMean[c];
                batchSquares[c] += deviation * deviation;
            }
        }
        double[] mergedMean = new double[columns];
        double[] mergedSquares = new double[columns];
        double total = count + n;
        for (int c = 0; c < columns; c++) {
            double delta = batchMean[c] - mean[c];
            mergedMean[c] = mean[c] + delta * n / total;
            mergedSquares[c] = squares[c] + batchSquares[c] + delta * delta * count * n / total;
        }
        return new Scaler(total, mergedMean, mergedSquares);
    }

    private static void bound(Rows rows, double[] low, double[] high) {
        Arrays.fill(low, Double.NEGATIVE_INFINITY);
        Arrays.fill(high, Double.POSITIVE_INFINITY);
        int count = rows.rows();
        if (rows.type() != Rows.Type.FLOAT32 || count < BOUNDED_ROWS) {
            return;
        }
        int rare = (int) Math.ceil(RARE * count);
        double[] column = new double[count];
        for (int c = 0; c < low.length; c++) {
            for (int row = 0; row < count; row++) {
                column[row] = rows.at(row, c);
            }
            Arrays.sort(column);
            double width = column[count - 1 - rare] - column[rare];
            if (width > 0) {
                low[c] = column[rare] - FAR * width;
                high[c] = column[count - 1 - rare] + FAR * width;
            }
        }
    }

    /** Returns the mean as floats, {@code [n]}. */
    public float[] shift() {
        float[] shift = new float[mean.length];
        for (int c = 0; c < shift.length; c++) {
            shift[c] = (float) mean[c];
        }
        return shift;
    }

    /** Returns one over the deviation, {@code [n]}; 1 where there is next to none. */
    public float[] scale() {
        float[] scale = new float[mean.length];
        for (int c = 0; c < scale.length; c++) {
            double deviation = count > 1 ? Math.sqrt(squares[c] / count) : 1.0;
            scale[c] = (float) (deviation < SMALLEST_DEVIATION ? 1.0 : 1.0 / deviation);
        }
        return scale;
    }

    /**
     * Returns (observation - shift) * scale, clipped to 5 deviations.
     *
     * @param observation {@code [batch, n]}
     * @param shift {@code [n]}
     * @param scale {@code [n]}
     */
    public static Tensor apply(Tensor observation, Tensor shift, Tensor scale) {
        return observation.sub(shift).mul(scale).clip(-CLIP, CLIP);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Scaler that && Arrays.equals(toStatistics(), that.toStatistics());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(toStatistics());
    }
}
