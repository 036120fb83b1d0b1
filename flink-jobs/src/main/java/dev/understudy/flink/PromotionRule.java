package dev.understudy.flink;

import java.io.Serializable;

/**
 * Decides on a candidate by its evidence alone. What is missing speaks against the candidate.
 *
 * <p>The first model has to clear absolute floors, and so has one where the model in service cannot be compared with,
 * because its file is gone or was made for another observation: else nothing could ever take its place. Each later one
 * must not be worse than the model in service in any respect, beyond a tolerance, and better in one: the expert's
 * actions are more likely under it (the whole interval of the paired bootstrap is below zero) or it strays less in
 * closed loop.
 *
 * <p>The likelihood speaks only where both were learned by raising it. Where one was not, as by an adversarial
 * algorithm, the closed loop decides alone, in both directions: else a cloned model would win by its likelihood what
 * the other won by its driving, and the two would take turns.
 *
 * @param minTrips fewest held-out trips
 * @param minSteps fewest held-out steps
 * @param minStretches fewest stretches in closed loop
 * @param maxNll floor for the first model: highest mean negative log-likelihood, nats per step
 * @param maxSpacingRatio floor for the first model: highest spacing error relative to the intelligent driver model's
 * @param maxSpacing floor for the first model: highest spacing error, m
 * @param betterSpacing a spacing error of at most this share of the incumbent's is better
 * @param worseSpacing a spacing error above this share of the incumbent's is worse
 * @param worseNll a mean difference above this, certain by the bootstrap, is worse, nats per step
 * @param maxInterventions highest share of steps in which the envelope may have to step in
 */
public record PromotionRule(
        int minTrips,
        long minSteps,
        int minStretches,
        double maxNll,
        double maxSpacingRatio,
        double maxSpacing,
        double betterSpacing,
        double worseSpacing,
        double worseNll,
        double maxInterventions)
        implements Serializable {
    /** Fewest trips from which the bootstrap's interval means something (a guess: one has no width at all). */
    static final int TRIPS_FOR_CERTAINTY = 3;

    /** What the rule says. */
    public sealed interface Verdict {
        /** Returns why, in words with the figures that decided. */
        String reason();

        /** Returns whether the candidate goes into service. */
        boolean promoted();
    }

    /** The candidate goes into service. */
    public record Promote(String reason) implements Verdict {
        @Override
        public boolean promoted() {
            return true;
        }
    }

    /** The candidate does not go into service. */
    public record Refuse(String reason) implements Verdict {
        @Override
        public boolean promoted() {
            return false;
        }
    }

    /**
     * Returns the defaults, guesses but for the first: one stretch in closed loop is the least that can show a
     * collision. A likelihood of 2 nats is that of a Gaussian of 1.8 m/s^2, which any learner beats; half as bad again
     * as the driver model in closed loop is where a policy stops following.
     */
    public static PromotionRule defaults() {
        return new PromotionRule(1, 600, 1, 2.0, 1.5, 25, 0.97, 1.1, 0.02, 0.25);
    }

    /** Returns the verdict on a candidate. */
    public Verdict judge(GateEvidence evidence) {
        if (evidence.problem() != null) {
            return new Refuse(evidence.problem());
        }
        if (evidence.rolledBack()) {
            return new Refuse("this model was rolled back and is not chosen again by itself");
        }
        if (evidence.trips() < minTrips || evidence.steps() < minSteps || evidence.stretches() < minStretches) {
            return new Refuse(
                    "too little evidence: expected at least %d held-out trips, %d steps and %d stretches, got %d, %d and %d"
                            .formatted(
                                    minTrips,
                                    minSteps,
                                    minStretches,
                                    evidence.trips(),
                                    evidence.steps(),
                                    evidence.stretches()));
        }
        if (!Double.isFinite(evidence.candidateNll()) || !Double.isFinite(evidence.candidateSpacing())) {
            return new Refuse("expected finite errors, got a likelihood of %s nats and a spacing error of %s m"
                    .formatted(evidence.candidateNll(), evidence.candidateSpacing()));
        }
        if (evidence.candidateCollisions() > 0) {
            return new Refuse("collided on %d of %d stretches with the envelope in the loop"
                    .formatted(evidence.candidateCollisions(), evidence.stretches()));
        }
        if (!(evidence.interventions() <= maxInterventions)) {
            return new Refuse("the envelope had to step in on %.1f %% of the steps, more than %.1f %%"
                    .formatted(100 * evidence.interventions(), 100 * maxInterventions));
        }
        return evidence.hasIncumbent() ? againstIncumbent(evidence) : againstFloors(evidence);
    }

    private static boolean byLikelihood(GateEvidence evidence) {
        return evidence.likelihood() == GateEvidence.Likelihood.DECIDES;
    }

    private Verdict againstFloors(GateEvidence evidence) {
        if (byLikelihood(evidence) && evidence.candidateNll() > maxNll) {
            return new Refuse("expected at most %.3f nats per step of the first model, got %.3f"
                    .formatted(maxNll, evidence.candidateNll()));
        }
        if (evidence.candidateSpacing() > maxSpacing) {
            return new Refuse("expected a spacing error of at most %.2f m of the first model, got %.2f m"
                    .formatted(maxSpacing, evidence.candidateSpacing()));
        }
        if (!(evidence.candidateSpacing() <= maxSpacingRatio * evidence.lawSpacing())) {
            return new Refuse("expected a spacing error of at most %.2f of the driver model's %.2f m, got %.2f m"
                    .formatted(maxSpacingRatio, evidence.lawSpacing(), evidence.candidateSpacing()));
        }
        return new Promote("%s: %.3f nats per step, spacing error %.2f m (driver model %.2f m)"
                .formatted(
                        evidence.notCompared() == null
                                ? "first model"
                                : "judged like a first model (" + evidence.notCompared() + ")",
                        evidence.candidateNll(),
                        evidence.candidateSpacing(),
                        evidence.lawSpacing()));
    }

    private Verdict againstIncumbent(GateEvidence evidence) {
        if (Double.isNaN(evidence.incumbentSpacing())
                || Double.isNaN(evidence.differenceLow())
                || Double.isNaN(evidence.differenceHigh())) {
            return new Refuse("expected a comparison with the model in service, got none");
        }
        double spacingRatio = evidence.candidateSpacing() / evidence.incumbentSpacing();
        boolean byLikelihood = byLikelihood(evidence);
        String figures = "spacing error %.2f m against %.2f m, likelihood difference [%.3f, %.3f] nats per step%s"
                .formatted(
                        evidence.candidateSpacing(),
                        evidence.incumbentSpacing(),
                        evidence.differenceLow(),
                        evidence.differenceHigh(),
                        byLikelihood ? "" : ", which decides nothing here");
        if (spacingRatio > worseSpacing) {
            return new Refuse("strays more in closed loop: " + figures);
        }
        if (byLikelihood && evidence.differenceLow() > worseNll) {
            return new Refuse("foresees the expert worse: " + figures);
        }
        boolean certain = evidence.trips() >= TRIPS_FOR_CERTAINTY;
        if (byLikelihood && certain && evidence.differenceHigh() < 0) {
            return new Promote("foresees the expert better: " + figures);
        }
        if (spacingRatio <= betterSpacing) {
            return new Promote("strays less in closed loop: " + figures);
        }
        if (byLikelihood && !certain) {
            return new Refuse(
                    "too little evidence: %d held-out trips, of which a likelihood needs %d, and not better in closed loop: %s"
                            .formatted(evidence.trips(), TRIPS_FOR_CERTAINTY, figures));
        }
        return new Refuse("not better than the model in service: " + figures);
    }
}
