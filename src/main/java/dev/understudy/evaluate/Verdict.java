package dev.understudy.evaluate;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is decided on a candidate.
 *
 * @param promoted whether it goes into service
 * @param reason why, in words with the figures that decided: effect, interval, trips
 * @param figures what was measured, by name with the unit in the name; all finite
 * @param best whether it is the best model ever promoted, so that its file is to be kept for later comparisons
 * @param budget what may be risked on the comparisons after this one
 */
public record Verdict(
        boolean promoted, String reason, SortedMap<String, Double> figures, boolean best, ErrorBudget budget) {
    public Verdict {
        SortedMap<String, Double> finite = new TreeMap<>(figures);
        finite.values().removeIf(value -> !Double.isFinite(value));
        figures = Collections.unmodifiableSortedMap(finite);
    }

    /** Returns the refusal of a candidate on which nothing was measured. */
    public static Verdict refused(String reason, ErrorBudget budget) {
        return new Verdict(false, reason, new TreeMap<>(), false, budget);
    }

    /** Returns this verdict with one more figure. */
    public Verdict with(String name, double value) {
        SortedMap<String, Double> more = new TreeMap<>(figures);
        more.put(name, value);
        return new Verdict(promoted, reason, more, best, budget);
    }

    /** Returns this verdict with more figures. */
    public Verdict with(SortedMap<String, Double> more) {
        SortedMap<String, Double> all = new TreeMap<>(figures);
        all.putAll(more);
        return new Verdict(promoted, reason, all, best, budget);
    }
}
