package dev.understudy.schemas;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A report of the learning or the promotion job on one window.
 *
 * @param policy name of the policy
 * @param kind what is reported
 * @param windowStartMs start of the window in event time, inclusive, milliseconds since 1970
 * @param windowEndMs end of the window in event time, exclusive
 * @param candidateId the candidate it is about; empty when there is none
 * @param sha256 the model file it is about; empty when there is none
 * @param figures measurements by name; the unit is in the name
 * @param counts records by what became of them
 * @param remark in words, what figures cannot say; may be empty
 * @param createdAtMs wall clock, milliseconds since 1970
 */
public record TrainingRecord(
        String policy,
        Kind kind,
        long windowStartMs,
        long windowEndMs,
        String candidateId,
        String sha256,
        SortedMap<String, Double> figures,
        SortedMap<String, Long> counts,
        String remark,
        long createdAtMs) {

    /** What is reported. */
    public enum Kind {
        /** What an update did. */
        TRAINING,
        /** The error on a window before it was learned. */
        PREQUENTIAL,
        /** A candidate against the model in force. */
        EVALUATION
    }

    public TrainingRecord {
        figures = Collections.unmodifiableSortedMap(new TreeMap<>(figures));
        counts = Collections.unmodifiableSortedMap(new TreeMap<>(counts));
    }
}
