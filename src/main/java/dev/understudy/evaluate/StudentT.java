package dev.understudy.evaluate;

/** Student's distribution, as far as intervals of few trips need it. */
final class StudentT {
    private static final int STEPS = 400;

    private StudentT() {}

    /**
     * Returns the share of bootstrap samples to leave beyond each end of an interval, so that it is as long as
     * Student's would be: Phi(-t sqrt(n / (n - 1))) with t beyond which that tail lies with n - 1 degrees of freedom
     * (Hesterberg 2015, sec. 5.3). Always below {@code tail}.
     *
     * @param tail share of the distribution beyond each end, above 0 to 0.5
     * @param n number of independent units, at least 2
     */
    static double expandedTail(double tail, int n) {
        if (!(tail > 0 && tail <= 0.5) || n < 2) {
            throw new IllegalArgumentException(
                    "expected a tail above 0 to 0.5 and at least 2 units, got %s and %d".formatted(tail, n));
        }
        return normalTail(quantile(tail, n - 1) * Math.sqrt(n / (n - 1.0)));
    }

    /** Returns t with P(T > t) = tail, found by halving. */
    static double quantile(double tail, int degrees) {
        double low = 0;
        double high = 1;
        while (tail(high, degrees) > tail) {
            high *= 2;
        }
        for (int i = 0; i < 60; i++) {
            double middle = (low + high) / 2;
            if (tail(middle, degrees) > tail) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (low + high) / 2;
    }

    /**
     * Returns P(T > t) for t from 0 up. With t = sqrt(nu) tan x the density is proportional to cos(x)^(nu - 1) on (0,
     * pi / 2), which is summed by Simpson's rule.
     */
    static double tail(double t, int degrees) {
        double x = Math.atan(t / Math.sqrt(degrees));
        return 0.5 * integral(x, Math.PI / 2, degrees - 1) / integral(0, Math.PI / 2, degrees - 1);
    }

    private static double integral(double from, double to, int power) {
        double h = (to - from) / STEPS;
        double sum = 0;
        for (int i = 0; i <= STEPS; i++) {
            int weight = i == 0 || i == STEPS ? 1 : i % 2 == 1 ? 4 : 2;
            sum += weight * Math.pow(Math.max(0, Math.cos(from + i * h)), power);
        }
        return sum * h / 3;
    }

    /** Returns P(Z > z) of the normal distribution for z from 0 up, by Simpson's rule on (z, z + 12). */
    static double normalTail(double z) {
        double h = 12.0 / STEPS;
        double sum = 0;
        for (int i = 0; i <= STEPS; i++) {
            int weight = i == 0 || i == STEPS ? 1 : i % 2 == 1 ? 4 : 2;
            double x = z + i * h;
            sum += weight * Math.exp(-x * x / 2);
        }
        return sum * h / 3 / Math.sqrt(2 * Math.PI);
    }
}
