package dev.understudy.ingest;

import java.util.Arrays;

/** Samples a second of trips: the extremes of all, and the median of the first {@link #MOST}. */
final class Rates {
    private static final int MOST = 100_000;

    private double[] hz = new double[16];
    private int size;
    private double slowestHz = Double.POSITIVE_INFINITY;
    private double fastestHz;

    void add(double rateHz) {
        slowestHz = Math.min(slowestHz, rateHz);
        fastestHz = Math.max(fastestHz, rateHz);
        if (size < MOST) {
            if (size == hz.length) {
                hz = Arrays.copyOf(hz, 2 * size);
            }
            hz[size++] = rateHz;
        }
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Returns the median; NaN if there is none. */
    double medianHz() {
        double[] sorted = Arrays.copyOf(hz, size);
        Arrays.sort(sorted);
        return size == 0 ? Double.NaN : sorted[size / 2];
    }

    double slowestHz() {
        return isEmpty() ? Double.NaN : slowestHz;
    }

    double fastestHz() {
        return isEmpty() ? Double.NaN : fastestHz;
    }
}
