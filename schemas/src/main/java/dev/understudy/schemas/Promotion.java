package dev.understudy.schemas;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A verdict of the gate. {@code models.promotions.v1} holds the promotion in force of each policy,
 * {@code models.history.v1} every verdict, refusals too.
 *
 * @param policy name of the policy
 * @param epoch rises with each promotion of the policy, from 1; of a refusal, the epoch that stays in force
 * @param sha256 the model file that was judged, 64 hex digits
 * @param effectiveFromMs the model answers observations with event time from here on, milliseconds since 1970
 * @param previousSha256 the model in force before; empty when there was none
 * @param reason why, in words
 * @param promoted whether it was promoted
 * @param candidateId the candidate that was judged; empty for a rollback
 * @param evidence the measurements that the verdict rests on, by name
 * @param decidedAtMs wall clock of the verdict, milliseconds since 1970
 */
public record Promotion(
        String policy,
        long epoch,
        String sha256,
        long effectiveFromMs,
        String previousSha256,
        String reason,
        boolean promoted,
        String candidateId,
        SortedMap<String, Double> evidence,
        long decidedAtMs) {
    public Promotion {
        evidence = Collections.unmodifiableSortedMap(new TreeMap<>(evidence));
    }

    /**
     * Returns who decides such a thing, and has to sign it: the operator where there is no candidate, else the gate.
     */
    public Role decidedBy() {
        return candidateId.isEmpty() ? Role.OPERATOR : Role.GATE;
    }
}
