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

    /** The figure that says whether the learner held its policy as it was, for want of something; absent if not. */
    public static final String HELD = "held";

    /** Value of {@link #HELD}: no step with an action was ever seen, or next to none. */
    public static final double WITHOUT_ACTIONS = 1;

    /** Value of {@link #HELD}: no step without an action was ever seen. */
    public static final double WITHOUT_DEMONSTRATIONS = 2;

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

    /** Returns why the learner held its policy as it was; null if it did not. */
    public @Nullable String held() {
        double held = figures.getOrDefault(HELD, 0.0);
        if (held == WITHOUT_ACTIONS) {
            return "expected steps with an action, by which to tell what was done between two observations, found none or"
                    + " next to none so far";
        }
        return held == WITHOUT_DEMONSTRATIONS ? "expected steps without an action to imitate, found none so far" : null;
    }
}
