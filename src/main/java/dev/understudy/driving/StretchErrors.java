package dev.understudy.driving;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Summaries of the errors of single stretches, and how much of them comes from a few stretches. */
final class StretchErrors {
    private static final int DRAWS = 2000;
    private static final double TAIL = 0.025;
    private static final long SEED = 1;

    private StretchErrors() {}

    /**
     * A mean and its interval.
     *
     * @param mean the mean; NaN over nothing
     * @param low lower end; NaN for fewer than two
     * @param high upper end; NaN for fewer than two
     * @param count how many it is the mean of
     */
    record Mean(double mean, double low, double high, int count) {}

    /** Returns the median of the roots of these mean squares; NaN of none. */
    static double medianRoot(double[] meanSquares) {
        double[] sorted = meanSquares.clone();
        Arrays.sort(sorted);
        int count = sorted.length;
        return count == 0 ? Double.NaN : (Math.sqrt(sorted[(count - 1) / 2]) + Math.sqrt(sorted[count / 2])) / 2;
    }

    /** Returns the share of the sum that the largest tenth makes, their number rounded up; NaN if the sum is zero. */
    static double worstTenthShare(double[] meanSquares) {
        double[] sorted = meanSquares.clone();
        Arrays.sort(sorted);
        int worst = (sorted.length + 9) / 10;
        double ofWorst =
                Arrays.stream(sorted, sorted.length - worst, sorted.length).sum();
        return ofWorst / Arrays.stream(sorted).sum();
    }

    /**
     * Returns the mean over runs of the root of each run's mean square, with its 95 % interval by the percentile
     * bootstrap over runs.
     *
     * @param meanSquares of the stretches
     * @param runs the run of each
     */
    static Mean overRuns(double[] meanSquares, String[] runs) {
        TreeMap<String, double[]> sums = new TreeMap<>();
        for (int i = 0; i < runs.length; i++) {
            double[] sum = sums.computeIfAbsent(runs[i], any -> new double[2]);
            sum[0] += meanSquares[i];
            sum[1]++;
        }
        double[] roots = sums.values().stream()
                .mapToDouble(sum -> Math.sqrt(sum[0] / sum[1]))
                .toArray();
        double mean = Arrays.stream(roots).average().orElse(Double.NaN);
        if (roots.length < 2) {
            return new Mean(mean, Double.NaN, Double.NaN, roots.length);
        }
        SplittableRandom random = new SplittableRandom(SEED);
        double[] means = new double[DRAWS];
        for (int draw = 0; draw < DRAWS; draw++) {
            double sum = 0;
            for (int i = 0; i < roots.length; i++) {
                sum += roots[random.nextInt(roots.length)];
            }
            means[draw] = sum / roots.length;
        }
        Arrays.sort(means);
        int tail = (int) (TAIL * DRAWS);
        return new Mean(mean, means[tail], means[DRAWS - 1 - tail], roots.length);
    }
}
