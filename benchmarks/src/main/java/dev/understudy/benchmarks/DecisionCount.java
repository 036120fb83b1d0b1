package dev.understudy.benchmarks;

import dev.understudy.schemas.Decision;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Holds decisions against the observations they answer and the one promotion in force. Not thread-safe. */
final class DecisionCount {
    private final String sha256;
    private final Map<String, BitSet> seen = new HashMap<>();
    private final Map<Decision.Kind, Long> kinds = new EnumMap<>(Decision.Kind.class);
    private long distinct;
    private long duplicated;
    private long versionMismatches;

    /**
     * Counts from zero.
     *
     * @param sha256 of the model promoted as epoch 1
     */
    DecisionCount(String sha256) {
        this.sha256 = sha256;
    }

    /** Enters a decision; returns false if its observation had one already. */
    boolean add(Decision decision) {
        BitSet sequences = seen.computeIfAbsent(decision.episode(), trip -> new BitSet());
        int sequence = Math.toIntExact(decision.sequence());
        if (sequences.get(sequence)) {
            duplicated++;
            return false;
        }
        sequences.set(sequence);
        distinct++;
        kinds.merge(decision.kind(), 1L, Long::sum);
        boolean answered = !decision.sha256().isEmpty();
        boolean inForce = decision.epoch() == 1 && decision.sha256().equals(sha256);
        if (answered && !inForce) {
            versionMismatches++;
        }
        return true;
    }

    /** Returns observations that have a decision. */
    long distinct() {
        return distinct;
    }

    /** Returns decisions that rest on a policy's answer, be it within the envelope or not. */
    long answered() {
        return kinds.getOrDefault(Decision.Kind.POLICY, 0L) + kinds.getOrDefault(Decision.Kind.FALLBACK_ENVELOPE, 0L);
    }

    /** Returns the counts for a JSON object. */
    Map<String, Object> toJson(long observations) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("observations", observations);
        json.put("decisions", distinct);
        json.put("lost", observations - distinct);
        json.put("duplicated", duplicated);
        json.put("versionMismatches", versionMismatches);
        json.put("kinds", kinds);
        return json;
    }

    /** Returns whether every observation was decided once, by the model in force. */
    boolean isExact(long observations) {
        return distinct == observations && duplicated == 0 && versionMismatches == 0;
    }
}
