package dev.understudy.app.demo;

import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Promotion;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Holds every decision against the log of promotions: which observations were decided, which of them twice, and whether
 * each decision names the model that was in force. Not thread-safe.
 */
final class DecisionLedger {
    private final Map<String, BitSet> decided = new HashMap<>();
    private final Map<String, List<Promotion>> promotions = new HashMap<>();
    private final List<Decision> waiting = new ArrayList<>();
    private final Map<Decision.Kind, Long> byKind = new HashMap<>();
    private final Map<String, Long> firstDecisionBySha = new HashMap<>();
    private final Measurements latencyMillis = new Measurements();
    private long distinct;
    private long duplicated;
    private long firstDecidedAtMs = Long.MAX_VALUE;
    private long lastDecidedAtMs = Long.MIN_VALUE;

    /** Enters a promotion; a repeated one changes nothing. */
    void promoted(Promotion promotion) {
        if (promotion.promoted()) {
            // An operator and the gate may have chosen the same epoch: the later one counts, once it is known.
            List<Promotion> ofEpoch = promotions.computeIfAbsent(
                    version(promotion.policy(), promotion.epoch()), version -> new ArrayList<>());
            if (!ofEpoch.contains(promotion)) {
                ofEpoch.add(promotion);
            }
        }
    }

    /** Enters a decision. */
    void decided(Decision decision) {
        BitSet sequences = decided.computeIfAbsent(decision.entity() + '\n' + decision.episode(), key -> new BitSet());
        int sequence = Math.toIntExact(decision.sequence());
        if (sequences.get(sequence)) {
            duplicated++;
            return;
        }
        sequences.set(sequence);
        distinct++;
        byKind.merge(decision.kind(), 1L, Long::sum);
        latencyMillis.add((double) (decision.decidedAtMs() - decision.observedAtMs()));
        firstDecidedAtMs = Math.min(firstDecidedAtMs, decision.decidedAtMs());
        lastDecidedAtMs = Math.max(lastDecidedAtMs, decision.decidedAtMs());
        if (!decision.sha256().isEmpty()) {
            firstDecisionBySha.merge(decision.sha256(), decision.decidedAtMs(), Math::min);
        }
        if (!agrees(decision)) {
            waiting.add(decision); // its promotion may be on its way here
        }
    }

    private boolean agrees(Decision decision) {
        if (decision.epoch() == 0) { // none was in force
            return decision.sha256().isEmpty();
        }
        return promotions.getOrDefault(version(decision.policy(), decision.epoch()), List.of()).stream()
                .anyMatch(promotion ->
                        isBy(promotion, decision) && decision.eventTimeMs() >= promotion.effectiveFromMs());
    }

    private static String version(String policy, long epoch) {
        return policy + '@' + epoch;
    }

    /** A fallback for which no model was asked names none, but its epoch all the same. */
    private static boolean isBy(Promotion promotion, Decision decision) {
        return decision.sha256().isEmpty()
                ? decision.kind() != Decision.Kind.POLICY
                : decision.sha256().equals(promotion.sha256());
    }

    /** Returns the number of observations with a decision. */
    long distinct() {
        return distinct;
    }

    /** Returns the number of decisions on observations that had one already. */
    long duplicated() {
        return duplicated;
    }

    /**
     * Returns the number of decisions that name another model than the promotion of their epoch, or answer an
     * observation from before it took effect. To be asked when all promotions are entered.
     */
    long versionMismatches() {
        waiting.removeIf(this::agrees);
        return waiting.size();
    }

    /** Returns how many decisions rest on what. */
    Map<Decision.Kind, Long> byKind() {
        return Map.copyOf(byKind);
    }

    /** Returns the wall clock, milliseconds since 1970, of the first decision by each model, by SHA-256. */
    Map<String, Long> firstDecisionBySha() {
        return Map.copyOf(firstDecisionBySha);
    }

    /** Returns from the observation's Kafka timestamp to its decision, milliseconds. */
    Measurements latencyMillis() {
        return latencyMillis;
    }

    /** Returns decisions per second between the first and the last; 0 if there are fewer than two. */
    double perSecond() {
        return distinct < 2 ? 0 : 1000.0 * distinct / Math.max(1, lastDecidedAtMs - firstDecidedAtMs);
    }
}
