package dev.understudy.flink;

import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the gate found out about a candidate. NaN stands for what was not measured.
 *
 * @param problem why the intake check did not let the model in; null if it did
 * @param rolledBack whether this very file was taken out of service before
 * @param hasIncumbent whether a model is in service that the candidate was compared with
 * @param notCompared why the candidate was not compared with the model in service; null if it was or there is none
 * @param likelihood whether the likelihood of the expert's actions decides
 * @param trips held-out trips it was tried on
 * @param steps held-out steps it was tried on
 * @param candidateNll mean negative log-likelihood of the expert's actions under the candidate, nats per step
 * @param incumbentNll the same under the model in service
 * @param differenceLow lower end of the bootstrap's interval of candidate minus incumbent, nats per step
 * @param differenceHigh its upper end
 * @param stretches stretches driven in closed loop
 * @param candidateSpacing root mean square spacing error of the candidate with the envelope, m
 * @param incumbentSpacing the same of the model in service
 * @param lawSpacing the same of the intelligent driver model
 * @param candidateCollisions stretches on which the candidate collided, with the envelope
 * @param incumbentCollisions the same of the model in service
 * @param interventions share of steps in which the envelope replaced the candidate's action
 * @param latencyMicros median time to answer one observation
 */
public record GateEvidence(
        @Nullable String problem,
        boolean rolledBack,
        boolean hasIncumbent,
        @Nullable String notCompared,
        Likelihood likelihood,
        int trips,
        long steps,
        double candidateNll,
        double incumbentNll,
        double differenceLow,
        double differenceHigh,
        int stretches,
        double candidateSpacing,
        double incumbentSpacing,
        double lawSpacing,
        int candidateCollisions,
        int incumbentCollisions,
        double interventions,
        double latencyMicros) {

    /** Whether the likelihood of the expert's actions speaks for or against a candidate. */
    public enum Likelihood {
        /** The candidate, and the model in service if there is one, were learned by raising it: it decides. */
        DECIDES,
        /** One of them was learned by what it does in closed loop: the likelihood is measured and decides nothing. */
        IS_TOLD
    }

    /** Returns what is known of a model that was not let in. */
    public static GateEvidence problem(String reason, boolean hasIncumbent) {
        return untried(reason, false, hasIncumbent);
    }

    /** Returns what is known of a model that was in service before and taken out of it. */
    public static GateEvidence rolledBackBefore(boolean hasIncumbent) {
        return untried(null, true, hasIncumbent);
    }

    private static GateEvidence untried(@Nullable String problem, boolean rolledBack, boolean hasIncumbent) {
        double none = Double.NaN;
        return new GateEvidence(
                problem,
                rolledBack,
                hasIncumbent,
                null,
                Likelihood.IS_TOLD,
                0,
                0,
                none,
                none,
                none,
                none,
                0,
                none,
                none,
                none,
                0,
                0,
                none,
                none);
    }

    /** Returns this evidence with the reason why there is nothing on the model in service. */
    GateEvidence withoutIncumbent(String reason) {
        return new GateEvidence(
                problem,
                rolledBack,
                false,
                reason,
                likelihood,
                trips,
                steps,
                candidateNll,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                stretches,
                candidateSpacing,
                Double.NaN,
                lawSpacing,
                candidateCollisions,
                0,
                interventions,
                latencyMicros);
    }

    /** Returns the measurements by name, the unit in the name; what was not measured is absent. */
    public SortedMap<String, Double> figures() {
        SortedMap<String, Double> figures = new TreeMap<>();
        figures.put("trips", (double) trips);
        figures.put("steps", (double) steps);
        figures.put("candidateNllNats", candidateNll);
        figures.put("incumbentNllNats", incumbentNll);
        figures.put("nllDifferenceLowNats", differenceLow);
        figures.put("nllDifferenceHighNats", differenceHigh);
        figures.put("stretches", (double) stretches);
        figures.put("candidateSpacingRmseMeters", candidateSpacing);
        figures.put("incumbentSpacingRmseMeters", incumbentSpacing);
        figures.put("idmSpacingRmseMeters", lawSpacing);
        figures.put("candidateCollisions", (double) candidateCollisions);
        figures.put("incumbentCollisions", (double) incumbentCollisions);
        figures.put("envelopeInterventionShare", interventions);
        figures.put("latencyMicros", latencyMicros);
        figures.values().removeIf(value -> value.isNaN());
        return figures;
    }
}
