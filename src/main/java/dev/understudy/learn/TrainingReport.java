package dev.understudy.learn;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What an update did, in figures by name ({@code steps}, {@code lossBefore}, {@code lossAfter}, {@code validationLoss},
 * and more from each learner). {@code diverged} is 1 if the update diverged and was given up.
 */
public record TrainingReport(SortedMap<String, Double> figures) {
    /** The figure that says whether the update was given up. */
    public static final String DIVERGED = "diverged";

    public TrainingReport {
        figures = Collections.unmodifiableSortedMap(new TreeMap<>(figures));
    }

    /**
     * Returns why the result of the update must not be used: it diverged, or a figure is not finite; null if it may.
     */
    public @Nullable String problem() {
        if (figures.getOrDefault(DIVERGED, 0.0) != 0) {
            return "the update diverged: " + figures;
        }
        for (Map.Entry<String, Double> figure : figures.entrySet()) {
            if (!Double.isFinite(figure.getValue())) {
                return "expected finite figures of the update, got %s = %s"
                        .formatted(figure.getKey(), figure.getValue());
            }
        }
        return null;
    }
}
