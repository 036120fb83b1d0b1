package dev.understudy.learn;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What an update did, in figures by name ({@code steps}, {@code lossBefore}, {@code lossAfter}, {@code validationLoss},
 * and more from each learner).
 */
public record TrainingReport(SortedMap<String, Double> figures) {
    public TrainingReport {
        figures = Collections.unmodifiableSortedMap(new TreeMap<>(figures));
    }
}
