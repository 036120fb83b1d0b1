package dev.understudy.learn.observation;

import java.util.Arrays;

/**
 * How well what was fitted explains what came since: the mean of -log p, nats, with an interval of 95 % from the means
 * of {@link #BLOCKS} blocks of successive rows, as successive rows are alike.
 *
 * @param rows how many
 * @param mean over all of them
 * @param low end of the interval
 * @param high other end
 */
record Drift(int rows, double mean, double low, double high) {
    /** Blocks that rows are divided into. */
    static final int BLOCKS = 20;

    /** Of Student's t with {@code BLOCKS - 1} degrees of freedom. */
    private static final double QUANTILE = 2.093;

    /** Stands for what was not tested. */
    static final Drift NONE = new Drift(0, 0, 0, 0);

    /**
     * Returns it of some rows.
     *
     * @param logProbabilities log p of each row in the order of time, at least {@link #BLOCKS} of them
     */
    static Drift of(float[] logProbabilities) {
        int rows = logProbabilities.length;
        double[] means = new double[BLOCKS];
        double sum = 0;
        for (int block = 0; block < BLOCKS; block++) {
            int from = (int) ((long) block * rows / BLOCKS);
            int to = (int) ((long) (block + 1) * rows / BLOCKS);
            double ofBlock = 0;
            for (int row = from; row < to; row++) {
                ofBlock -= logProbabilities[row];
            }
            sum += ofBlock;
            means[block] = ofBlock / (to - from);
        }
        double mean = Arrays.stream(means).average().orElse(Double.NaN);
        double squares =
                Arrays.stream(means).map(each -> (each - mean) * (each - mean)).sum();
        double reach = QUANTILE * Math.sqrt(squares / (BLOCKS - 1) / BLOCKS);
        return new Drift(rows, sum / rows, mean - reach, mean + reach);
    }

    /** Returns whether it is certainly worse than a loss by more than a margin, nats. */
    boolean isCertainlyAbove(double loss, double margin) {
        return rows > 0 && low > loss + margin;
    }
}
