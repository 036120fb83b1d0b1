package dev.understudy.schemas;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Manifest of a model that asks to be promoted.
 *
 * @param id a function of (policy, parent, window, seed, code version, algorithm): a repeated publication is the same
 *     candidate
 * @param policy name of the policy
 * @param parentSha256 the model that training started from, 64 hex digits; empty for the first
 * @param sha256 the model file, 64 hex digits
 * @param sizeBytes size of the model file
 * @param windowStartMs start of the window in event time, inclusive, milliseconds since 1970
 * @param windowEndMs end of the window in event time, exclusive
 * @param windowClosedAtMs wall clock when the watermark passed the end of the window
 * @param seed seed of every random draw in training
 * @param codeVersion version of the code that trained it
 * @param fingerprint fingerprint of the feature schema, hex
 * @param figures the training report by name
 * @param trainMillis duration of training
 * @param createdAtMs wall clock when the model was complete
 * @param algorithm what learned it, such as {@code bc} or {@code gail}
 */
public record Candidate(
        String id,
        String policy,
        String parentSha256,
        String sha256,
        long sizeBytes,
        long windowStartMs,
        long windowEndMs,
        long windowClosedAtMs,
        long seed,
        String codeVersion,
        String fingerprint,
        Map<String, Double> figures,
        long trainMillis,
        long createdAtMs,
        String algorithm) {
    public Candidate {
        figures = Collections.unmodifiableSortedMap(new TreeMap<>(figures));
    }
}
