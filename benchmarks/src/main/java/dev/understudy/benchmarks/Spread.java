package dev.understudy.benchmarks;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What several rounds of one measurement gave.
 *
 * @param median the middle one, or the mean of the middle two
 * @param smallest the smallest
 * @param largest the largest
 */
record Spread(double median, double smallest, double largest) {
    /** Returns the spread of at least one value. */
    static Spread of(List<Double> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("expected at least one measured value, got none");
        }
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    /** Returns each value of one measurement over that of its partner, which was measured next to it. */
    static Spread ofRatios(List<Double> values, List<Double> partners) {
        if (values.size() != partners.size()) {
            throw new IllegalArgumentException(
                    "expected pairs, got %d values and %d partners".formatted(values.size(), partners.size()));
        }
        Double[] ratios = new Double[values.size()];
        Arrays.setAll(ratios, i -> values.get(i) / partners.get(i));
        return of(List.of(ratios));
    }

    /** Returns it for a JSON object. */
    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("median", median);
        json.put("min", smallest);
        json.put("max", largest);
        return json;
    }
}
