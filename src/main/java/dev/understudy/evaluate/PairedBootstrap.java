package dev.understudy.evaluate;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleBinaryOperator;

/**
 * Compares two policies on the same trips by a paired bootstrap over whole trips: Efron and Tibshirani (1993), An
 * Introduction to the Bootstrap, ch. 13 (percentile interval), with trips as the units that are drawn, because steps of
 * one trip are not independent. Of few trips a percentile interval is too short; it is widened to the length of
 * Student's by Hesterberg (2015), The American Statistician 69, 371, sec. 5.3 (expanded percentile interval).
 *
 * <p>Each trip adds two numbers, and what is compared is a function of the two totals: their ratio is a mean over
 * steps, and its logarithm that of a ratio of errors.
 */
public final class PairedBootstrap {
    /**
     * What came out.
     *
     * @param effect the function of the totals over all trips
     * @param low lower end of the interval; negative infinity of a single trip
     * @param high upper end of the interval; infinity of a single trip
     * @param trips number of trips
     */
    public record Result(double effect, double low, double high, int trips) {}

    private final Map<String, double[]> trips = new LinkedHashMap<>();
    private final DoubleBinaryOperator effect;

    /**
     * Creates a comparison of nothing yet.
     *
     * @param effect what is compared, of the total of the first and that of the second numbers
     */
    public PairedBootstrap(DoubleBinaryOperator effect) {
        this.effect = effect;
    }

    /** Creates a comparison by a mean: each trip adds a sum of differences and the number of steps in it. */
    public static PairedBootstrap ofMeans() {
        return new PairedBootstrap((sum, count) -> sum / count);
    }

    /** Creates a comparison by the logarithm of a ratio: each trip adds the candidate's and the other's error. */
    public static PairedBootstrap ofLogRatios() {
        return new PairedBootstrap((candidate, other) -> Math.log(candidate / other));
    }

    /** Adds two numbers of a trip to what was added of it before. */
    public void add(String trip, double first, double second) {
        double[] sums = trips.computeIfAbsent(trip, any -> new double[2]);
        sums[0] += first;
        sums[1] += second;
    }

    /** Returns the number of trips. */
    public int trips() {
        return trips.size();
    }

    /**
     * Draws trips with replacement and returns the effect with its interval.
     *
     * @param draws number of bootstrap samples, such as 2000
     * @param confidence of the interval, such as 0.95: half of what is left lies beyond each end
     * @param seed what the draws follow from
     * @throws IllegalStateException if nothing was added
     */
    public Result result(int draws, double confidence, long seed) {
        if (trips.isEmpty()) {
            throw new IllegalStateException("expected at least one trip to compare on, got none");
        }
        double[][] sums = trips.values().toArray(double[][]::new);
        int n = sums.length;
        double first = 0;
        double second = 0;
        for (double[] sum : sums) {
            first += sum[0];
            second += sum[1];
        }
        double whole = effect.applyAsDouble(first, second);
        if (n == 1) {
            return new Result(whole, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, 1);
        }
        SplittableRandom random = new SplittableRandom(seed);
        double[] effects = new double[draws];
        for (int draw = 0; draw < draws; draw++) {
            double drawnFirst = 0;
            double drawnSecond = 0;
            for (int i = 0; i < n; i++) {
                double[] drawn = sums[random.nextInt(n)];
                drawnFirst += drawn[0];
                drawnSecond += drawn[1];
            }
            effects[draw] = effect.applyAsDouble(drawnFirst, drawnSecond);
        }
        Arrays.sort(effects);
        double tail = StudentT.expandedTail((1 - confidence) / 2, n);
        return new Result(whole, quantile(effects, tail), quantile(effects, 1 - tail), n);
    }

    private static double quantile(double[] sorted, double share) {
        return sorted[(int) Math.max(0, Math.min(sorted.length - 1L, Math.round(share * (sorted.length - 1))))];
    }
}
