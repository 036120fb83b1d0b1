package dev.understudy.evaluate;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Compares two policies on the same trips by a paired bootstrap over whole trips, because steps of one trip are not
 * independent: bootstrap-t, Efron and Tibshirani (1993), An Introduction to the Bootstrap, sec. 12.5. Each sample's
 * effect is divided by its own standard error. So intervals of few trips are long enough, and those of skewed errors
 * are not too short on one side, as percentile intervals are.
 *
 * <p>Each trip adds two numbers, and the effect is a function of their totals. Its standard error is that of its linear
 * part (the delta method).
 */
public final class PairedBootstrap {
    private enum Effect {
        /** First total over second. */
        MEAN {
            @Override
            double of(double first, double second) {
                return first / second;
            }

            @Override
            double part(double first, double second, double meanFirst, double meanSecond) {
                return (first - meanFirst / meanSecond * second) / meanSecond;
            }
        },
        /** Logarithm of the root of first total over second. */
        LOG_ROOT_RATIO {
            @Override
            double of(double first, double second) {
                return Math.log(first / second) / 2;
            }

            @Override
            double part(double first, double second, double meanFirst, double meanSecond) {
                return (first / meanFirst - second / meanSecond) / 2;
            }
        };

        abstract double of(double first, double second);

        /** Returns how much a trip moves the effect, times the number of trips, to first order. */
        abstract double part(double first, double second, double meanFirst, double meanSecond);
    }

    private final Map<String, double[]> trips = new LinkedHashMap<>();
    private final Effect effect;

    private PairedBootstrap(Effect effect) {
        this.effect = effect;
    }

    /** Creates a comparison by a mean: each trip adds a sum of differences and the number of steps in it. */
    public static PairedBootstrap ofMeans() {
        return new PairedBootstrap(Effect.MEAN);
    }

    /**
     * Creates a comparison by the logarithm of a ratio of root mean squares: each trip adds the candidate's and the
     * other's sum of squares.
     */
    public static PairedBootstrap ofRootMeanSquares() {
        return new PairedBootstrap(Effect.LOG_ROOT_RATIO);
    }

    /** Adds two numbers of a trip to what was added of it before. */
    public void add(String trip, double first, double second) {
        double[] sums = trips.computeIfAbsent(trip, any -> new double[2]);
        sums[0] += first;
        sums[1] += second;
    }

    /**
     * Draws trips with replacement.
     *
     * @param draws number of bootstrap samples, such as 4000
     * @param seed what the draws follow from
     * @throws IllegalStateException if nothing was added
     */
    public Result draw(int draws, long seed) {
        if (trips.isEmpty()) {
            throw new IllegalStateException("expected at least one trip to compare on, got none");
        }
        double[][] sums = trips.values().toArray(double[][]::new);
        int n = sums.length;
        Estimate whole = new Estimate(sums);
        double[][] drawn = new double[n][];
        double[] deviations = new double[draws];
        SplittableRandom random = new SplittableRandom(seed);
        for (int draw = 0; draw < draws; draw++) {
            for (int i = 0; i < n; i++) {
                drawn[i] = sums[random.nextInt(n)];
            }
            Estimate sample = new Estimate(drawn);
            double deviation = sample.effect - whole.effect;
            // A sample of only one trip, or of equal trips, has no standard error: its deviation counts as unbounded.
            deviations[draw] = deviation == 0 ? 0 : deviation / sample.error;
        }
        Arrays.sort(deviations);
        return new Result(whole.effect, n == 1 ? Double.POSITIVE_INFINITY : whole.error, deviations, n);
    }

    /** The effect over some trips and its standard error. */
    private final class Estimate {
        final double effect;
        final double error;

        Estimate(double[][] sums) {
            int n = sums.length;
            double first = 0;
            double second = 0;
            for (double[] sum : sums) {
                first += sum[0];
                second += sum[1];
            }
            effect = PairedBootstrap.this.effect.of(first, second);
            double squares = 0;
            for (double[] sum : sums) {
                double part = PairedBootstrap.this.effect.part(sum[0], sum[1], first / n, second / n);
                squares += part * part;
            }
            error = Math.sqrt(squares / (n * (n - 1.0)));
        }
    }

    /** The result: the effect and its bounds. */
    public static final class Result {
        private final double effect;
        private final double error;
        private final double[] deviations;
        private final int trips;

        private Result(double effect, double error, double[] deviations, int trips) {
            this.effect = effect;
            this.error = error;
            this.deviations = deviations;
            this.trips = trips;
        }

        /** Returns the effect over all trips; NaN where it is not defined, as of a total of 0. */
        public double effect() {
            return effect;
        }

        /** Returns the number of trips. */
        public int trips() {
            return trips;
        }

        /**
         * Returns the lower bound: the effect is above it except with probability {@code tail}; negative infinity for a
         * single trip, or if the samples give no bound.
         *
         * @param tail above 0 to 0.5, such as 0.025 of an interval of 95 %
         */
        public double low(double tail) {
            return end(1 - tail);
        }

        /** Returns the upper bound: the effect is below it except with probability {@code tail}; see {@link #low}. */
        public double high(double tail) {
            return end(tail);
        }

        private double end(double share) {
            double deviation = deviations[(int) Math.round(share * (deviations.length - 1))];
            if (error == Double.POSITIVE_INFINITY) {
                return share < 0.5 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
            }
            return error == 0 ? effect : effect - deviation * error;
        }
    }
}
