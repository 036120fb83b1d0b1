package dev.understudy.evaluate;

import org.jspecify.annotations.Nullable;

/**
 * The evidence on a candidate. All scores are of the same held-out material.
 *
 * @param candidate what the candidate did
 * @param incumbent what the model in service did; null if there is none or it could not be tried
 * @param best what the best model ever promoted did; null if that is the model in service, or could not be tried
 * @param baseline what the baseline did, with the same envelope
 * @param likelihood whether the likelihood of the expert's actions decides
 * @param notCompared why the candidate is not compared with the model in service although there is one; null otherwise
 */
public record Evidence(
        Scores candidate,
        @Nullable Scores incumbent,
        @Nullable Scores best,
        Scores baseline,
        Likelihood likelihood,
        @Nullable String notCompared) {

    /** Whether the likelihood of the expert's actions decides on a candidate. */
    public enum Likelihood {
        /** The candidate, and the model in service if there is one, were learned by raising it: it decides too. */
        DECIDES,
        /** One of them was learned by what it does in closed loop: the likelihood is measured and decides nothing. */
        REPORTED
    }

    public Evidence {
        check("the model in service", candidate, incumbent);
        check("the best model", candidate, best);
        check("the baseline", candidate, baseline);
    }

    private static void check(String whose, Scores candidate, @Nullable Scores other) {
        if (other == null) {
            return;
        }
        if (other.trials().size() != candidate.trials().size()
                || other.trips().size() != candidate.trips().size()) {
            throw new IllegalArgumentException("expected scores of %s on the same %d trials and %d trips, got %d and %d"
                    .formatted(
                            whose,
                            candidate.trials().size(),
                            candidate.trips().size(),
                            other.trials().size(),
                            other.trips().size()));
        }
        if (other.returns().size() != candidate.returns().size()) {
            throw new IllegalArgumentException("expected returns of %s from the same %d starts, got %d"
                    .formatted(
                            whose, candidate.returns().size(), other.returns().size()));
        }
    }
}
