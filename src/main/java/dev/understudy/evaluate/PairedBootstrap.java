package dev.understudy.evaluate;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Compares two policies on the same steps by a paired bootstrap over whole trips: Efron and Tibshirani (1993), An
 * Introduction to the Bootstrap, ch. 13 (percentile interval), with trips as the units that are drawn, because steps of
 * one trip are not independent.
 */
public final class PairedBootstrap {
    /**
     * What came out.
     *
     * @param meanDifference mean over steps of candidate minus incumbent
     * @param low lower end of the interval
     * @param high upper end of the interval
     * @param trips number of trips
     */
    public record Result(double meanDifference, double low, double high, int trips) {}

    private static final class Sum {
        private double total;
        private double count;
    }

    private final Map<String, Sum> trips = new LinkedHashMap<>();

    /** Creates a comparison of nothing yet. */
    public PairedBootstrap() {}

    /** Adds one step's losses (or any number of which the mean is to be compared) under both policies. */
    public void add(String trip, double candidate, double incumbent) {
        add(trip, candidate - incumbent, 1L);
    }

    /** Adds {@code steps} steps of one trip at once, by the sum of their differences, candidate minus incumbent. */
    public void add(String trip, double sumOfDifferences, long steps) {
        Sum sum = trips.computeIfAbsent(trip, any -> new Sum());
        sum.total += sumOfDifferences;
        sum.count += steps;
    }

    /**
     * Draws trips with replacement and returns the mean difference with its interval.
     *
     * @param draws number of bootstrap samples, such as 1000
     * @param confidence such as 0.95
     * @param seed what the draws follow from
     * @throws IllegalStateException if nothing was added
     */
    public Result result(int draws, double confidence, long seed) {
        if (trips.isEmpty()) {
            throw new IllegalStateException("expected at least one trip to compare on, got none");
        }
        Sum[] sums = trips.values().toArray(Sum[]::new);
        SplittableRandom random = new SplittableRandom(seed);
        double[] means = new double[draws];
        for (int draw = 0; draw < draws; draw++) {
            double total = 0;
            double count = 0;
            for (int i = 0; i < sums.length; i++) {
                Sum drawn = sums[random.nextInt(sums.length)];
                total += drawn.total;
                count += drawn.count;
            }
            means[draw] = total / count;
        }
        Arrays.sort(means);
        double tail = (1 - confidence) / 2;
        double total = Arrays.stream(sums).mapToDouble(sum -> sum.total).sum();
        double count = Arrays.stream(sums).mapToDouble(sum -> sum.count).sum();
        return new Result(total / count, quantile(means, tail), quantile(means, 1 - tail), sums.length);
    }

    private static double quantile(double[] sorted, double share) {
        return sorted[(int) Math.max(0, Math.min(sorted.length - 1L, Math.round(share * (sorted.length - 1))))];
    }
}
