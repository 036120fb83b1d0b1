package dev.understudy.dialogue;

import dev.understudy.data.Rows;
import dev.understudy.domain.Baseline;
import dev.understudy.domain.Domain;
import dev.understudy.domain.PolicySpec;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeLimits;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the policies have in common that read the newest turns of a conversation at once and choose a text: an
 * observation of {@link DialogueContext#BYTES} bytes, cloning alone, no clock.
 */
interface ContextPolicySpec extends PolicySpec<Turn> {
    /** Most observations that are answered at once. */
    int MOST_ROWS = 64;

    /** Longest that an answer may take (a guess). */
    Duration LATENCY = Duration.ofMillis(100);

    /**
     * Returns a new learner by cloning.
     *
     * @param passes how often a window is gone through; 0 for the policy's own number
     */
    Learner cloning(int passes);

    @Override
    default Domain<Turn> domain() {
        return Turn.DOMAIN;
    }

    @Override
    default int observationSize() {
        return DialogueContext.BYTES;
    }

    @Override
    default Rows.Type observationType() {
        return Rows.Type.UINT8;
    }

    /** Returns 0: turns have no clock, and follow each other by their numbers. */
    @Override
    default long stepMs() {
        return 0;
    }

    @Override
    default List<String> algorithms() {
        return List.of(Algorithms.CLONING);
    }

    @Override
    default Learner learner(String algorithm, int length) {
        if (!algorithms().contains(algorithm)) {
            throw new IllegalArgumentException(
                    "expected one of the algorithms %s of %s, got %s".formatted(algorithms(), name(), algorithm));
        }
        return cloning(length);
    }

    /** Returns none: what it is held against is fitted to conversations, by {@code evaluate}. */
    @Override
    default SortedMap<String, Baseline> baselines(Map<String, String> parameters) {
        return new TreeMap<>();
    }

    @Override
    default IntakeCheck intakeCheck(String policy, IntakeLimits limits) {
        return PolicySpec.super.intakeCheck(policy, limits.ofSteps(MOST_ROWS, LATENCY));
    }
}
