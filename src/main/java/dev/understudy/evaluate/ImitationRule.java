package dev.understudy.evaluate;

import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides on tasks where nothing is driven against a log: by how likely a candidate makes the expert's actions on
 * held-out episodes, and, if the task has an environment, by its returns.
 *
 * <p>The first model has to make the actions more likely than the baseline does, with returns that are no lower. The
 * same holds if the candidate cannot be compared with the model in service. Each later one has to be certainly better
 * than the model in service by one of the two measures and certainly worse by none, with a paired bootstrap over
 * episodes or starts. The {@link ErrorBudget} sets how certain; each measure has half of it. It may not be certainly
 * worse than the best model ever promoted either, so that worsenings too small to be seen do not add up.
 *
 * <p>Where a model was not learned by raising the likelihood, and there are returns, those decide alone
 * ({@link Evidence.Likelihood#REPORTED}).
 *
 * @param firstEpisodes fewest held-out episodes for a first model
 * @param episodes fewest held-out episodes in a comparison
 * @param steps fewest held-out steps
 * @param draws bootstrap samples
 */
public record ImitationRule(int firstEpisodes, int episodes, long steps, int draws) implements Rule {
    /** Probability beyond each end of the reported intervals, which are of 95 %. */
    private static final double REPORTED_TAIL = 0.025;

    private static final long SEED = 1;

    /** Returns the defaults: as many episodes as {@link PromotionRule#defaults} has trips, 100 steps (a guess). */
    public static ImitationRule defaults() {
        return new ImitationRule(2, 8, 100, 4000);
    }

    @Override
    public Verdict judge(Evidence evidence, ErrorBudget budget) {
        return new Judgement(evidence, budget).verdict();
    }

    /** Two policies on the same material. */
    private final class Comparison {
        /** Difference of -log p, nats per step: below 0 where the first is better. */
        private final PairedBootstrap.Result likelihood;
        /** Difference of returns: above 0 where the first is better; null where there is no environment. */
        private final PairedBootstrap.@Nullable Result returns;

        private final boolean likelihoodDecides;

        Comparison(Scores scores, Scores others, boolean likelihoodDecides) {
            this.likelihoodDecides = likelihoodDecides;
            PairedBootstrap ofSteps = PairedBootstrap.ofMeans();
            for (int i = 0; i < scores.trips().size(); i++) {
                Scores.Trip trip = scores.trips().get(i);
                double other = others.trips().get(i).negativeLogLikelihood();
                ofSteps.add(trip.name(), trip.negativeLogLikelihood() - other, (double) trip.steps());
            }
            likelihood = ofSteps.draw(draws, SEED);
            PairedBootstrap ofStarts = PairedBootstrap.ofMeans();
            for (int i = 0; i < scores.returns().size(); i++) {
                ofStarts.add(
                        "start " + i, scores.returns().get(i) - others.returns().get(i), 1);
            }
            returns = scores.returns().isEmpty() ? null : ofStarts.draw(draws, SEED);
        }

        boolean certainlyBetter(double tail) {
            return (likelihoodDecides && likelihood.high(tail) < 0) || (returns != null && returns.low(tail) > 0);
        }

        boolean certainlyWorse() {
            return (likelihoodDecides && likelihood.low(REPORTED_TAIL) > 0)
                    || (returns != null && returns.high(REPORTED_TAIL) < 0);
        }

        void note(SortedMap<String, Double> figures) {
            figures.put("nllDifferenceLowNats", likelihood.low(REPORTED_TAIL));
            figures.put("nllDifferenceHighNats", likelihood.high(REPORTED_TAIL));
            if (returns != null) {
                figures.put("returnDifferenceLow", returns.low(REPORTED_TAIL));
                figures.put("returnDifferenceHigh", returns.high(REPORTED_TAIL));
            }
        }

        String text() {
            String text = "likelihood difference " + text(likelihood) + " nats per step of " + likelihood.trips()
                    + " episodes";
            return returns == null
                    ? text
                    : text + ", return difference " + text(returns) + " of " + returns.trips() + " starts";
        }

        private static String text(PairedBootstrap.Result result) {
            return String.format(
                    Locale.ROOT,
                    "%.3f [%.3f, %.3f]",
                    result.effect(),
                    result.low(REPORTED_TAIL),
                    result.high(REPORTED_TAIL));
        }
    }

    /** One candidate being judged. */
    private final class Judgement {
        private final Evidence evidence;
        private final ErrorBudget before;
        private final Scores candidate;
        private final boolean likelihoodDecides;
        private final SortedMap<String, Double> figures = new TreeMap<>();

        Judgement(Evidence evidence, ErrorBudget before) {
            this.evidence = evidence;
            this.before = before;
            candidate = evidence.candidate();
            likelihoodDecides = candidate.returns().isEmpty() || evidence.likelihood() == Evidence.Likelihood.DECIDES;
        }

        Verdict verdict() {
            figures.put("trips", (double) candidate.trips().size());
            figures.put("steps", (double) candidate.steps());
            note("candidate", candidate);
            note("baseline", evidence.baseline());
            Scores incumbent = evidence.incumbent();
            if (incumbent != null) {
                note("incumbent", incumbent);
            }
            String fault = fault();
            if (fault != null) {
                return refuse(fault, before);
            }
            return incumbent == null ? againstFloors() : against(incumbent);
        }

        private void note(String whose, Scores scores) {
            figures.put(whose + "NllNats", scores.negativeLogLikelihood());
            figures.put(whose + "Return", scores.meanReturn());
        }

        /** Returns the objection to a candidate, first or not; null if there is none. */
        private @Nullable String fault() {
            if (candidate.trips().size() < firstEpisodes || candidate.steps() < steps) {
                return "too little evidence: expected at least %d held-out episodes and %d steps, got %d and %d"
                        .formatted(firstEpisodes, steps, candidate.trips().size(), candidate.steps());
            }
            double nll = candidate.negativeLogLikelihood();
            return Double.isFinite(nll) ? null : "expected a finite likelihood, got %s nats per step".formatted(nll);
        }

        private Verdict againstFloors() {
            Scores baseline = evidence.baseline();
            double nll = candidate.negativeLogLikelihood();
            if (likelihoodDecides && !(nll < baseline.negativeLogLikelihood())) {
                return refuse(
                        "expected less than the baseline's %.3f nats per step, got %.3f"
                                .formatted(baseline.negativeLogLikelihood(), nll),
                        before);
            }
            if (candidate.meanReturn() < baseline.meanReturn()) {
                return refuse(
                        "expected a return of at least the baseline's %.1f, got %.1f"
                                .formatted(baseline.meanReturn(), candidate.meanReturn()),
                        before);
            }
            String worse = worseThanBest();
            if (worse != null) {
                return refuse(worse, before);
            }
            String first = evidence.notCompared() == null
                    ? "first model"
                    : "judged like a first model (" + evidence.notCompared() + ")";
            String reason = "%s: %.3f nats per step (baseline %.3f) on %d episodes%s"
                    .formatted(
                            first,
                            nll,
                            baseline.negativeLogLikelihood(),
                            candidate.trips().size(),
                            candidate.returns().isEmpty()
                                    ? ""
                                    : ", return %.1f (baseline %.1f)"
                                            .formatted(candidate.meanReturn(), baseline.meanReturn()));
            return new Verdict(true, reason, figures, isBest(), before);
        }

        private Verdict against(Scores incumbent) {
            if (candidate.trips().size() < episodes) {
                return refuse(
                        "too little evidence: a comparison needs %d held-out episodes, got %d"
                                .formatted(episodes, candidate.trips().size()),
                        before);
            }
            List<String> names =
                    candidate.trips().stream().map(Scores.Trip::name).toList();
            ErrorBudget budget = before.on(names);
            Comparison comparison = new Comparison(candidate, incumbent, likelihoodDecides);
            comparison.note(figures);
            figures.put("comparisonLevel", budget.level());
            String objection = null;
            if (comparison.certainlyWorse()) {
                objection = "worse than the model in service";
            } else if (!comparison.certainlyBetter(budget.level() / 2)) {
                objection = "not certainly better than the model in service";
            } else {
                objection = worseThanBest();
            }
            if (objection != null) {
                return refuse(objection + ": " + comparison.text(), budget.after(false));
            }
            return new Verdict(
                    true,
                    "better than the model in service: " + comparison.text(),
                    figures,
                    isBest(),
                    budget.after(true));
        }

        private @Nullable String worseThanBest() {
            Scores best = evidence.best();
            return best != null && new Comparison(candidate, best, likelihoodDecides).certainlyWorse()
                    ? "worse than the best model ever promoted"
                    : null;
        }

        private boolean isBest() {
            Scores best = evidence.best();
            return best == null
                    || ((!likelihoodDecides || candidate.negativeLogLikelihood() <= best.negativeLogLikelihood())
                            && !(candidate.meanReturn() < best.meanReturn()));
        }

        private Verdict refuse(String reason, ErrorBudget after) {
            return new Verdict(false, reason, figures, false, after);
        }
    }
}
