package dev.understudy.app.demo;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Measured values, of which quantiles are wanted; NaN is no value. Not thread-safe. */
final class Measurements {
    private double[] values = new double[64];
    private int size;

    /** Adds one value. */
    void add(double value) {
        if (Double.isNaN(value)) {
            return;
        }
        if (size == values.length) {
            values = Arrays.copyOf(values, 2 * size);
        }
        values[size++] = value;
    }

    /** Returns how many there are. */
    int size() {
        return size;
    }

    /** Returns the sum. */
    double sum() {
        return Arrays.stream(values, 0, size).sum();
    }

    /**
     * Returns the smallest value that at least the given share of all values does not exceed (the nearest-rank
     * quantile).
     *
     * @param share over 0, at most 1
     * @return null if there is no value
     */
    @Nullable
    Double quantile(double share) {
        if (size == 0) {
            return null;
        }
        double[] sorted = Arrays.copyOf(values, size);
        Arrays.sort(sorted);
        return sorted[(int) Math.ceil(share * size) - 1];
    }

    /** Returns {@code p50} and {@code p99}, null where there is no value. */
    Map<String, @Nullable Double> quantiles() {
        Map<String, @Nullable Double> quantiles = new LinkedHashMap<>();
        quantiles.put("p50", quantile(0.5));
        quantiles.put("p99", quantile(0.99));
        return quantiles;
    }
}
