package dev.understudy.evaluate;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides on a candidate by its evidence alone. Missing evidence counts against the candidate.
 *
 * <p>The first model has to clear absolute floors. So does a candidate that cannot be compared with the model in
 * service, because the file of that model is gone or was made for another observation: otherwise nothing could ever
 * replace it. Each later one has to drive better than the model in service on the same held-out trips. Two measures
 * decide what is better, each with a paired bootstrap over trips:
 *
 * <ul>
 *   <li>the pooled error, root mean square over all steps, which is what matters but depends on a few trips;
 *   <li>the typical error, the geometric mean over trips of root mean squares on top of the sensors' noise, in which
 *       every trip has one vote and none can outvote the others.
 * </ul>
 *
 * <p>Both have to be lower by a margin, and certainly not higher than {@code worse} for the typical error and
 * {@code mostWorse} for the pooled one, whose few heavy trips would otherwise decide everything. The
 * {@link ErrorBudget} sets how certain: the same trips judge again and again, so each comparison gets only a part of
 * the risk. The candidate also may not be worse than the best model ever promoted, beyond {@code worse}, so that
 * tolerated worsenings do not add up; nor be certainly worse on any slice, all slices together risking
 * {@code sliceRisk}; nor make the expert's actions certainly less likely, if both were learned by raising that
 * likelihood. A likelihood never promotes: it does not show how well a policy drives.
 *
 * @param firstTrips fewest trips driven of a first model
 * @param trips fewest trips driven in a comparison, of a slice too
 * @param steps fewest held-out steps
 * @param maxNll floor for the first model: highest mean negative log-likelihood, nats per step
 * @param maxRatioToBaseline floor for the first model: highest pooled error relative to the baseline's
 * @param maxError floor for the first model: highest pooled error, m
 * @param better both errors have to be at most this share of those of the model in service
 * @param worse an error above this share of another's is worse
 * @param mostWorse a pooled error above this share of another's is out of the question
 * @param worseNll a mean difference above this, certain by the bootstrap, is worse, nats per step
 * @param maxInterventions highest share of steps in which the envelope may have to step in
 * @param noise error that sensors alone account for, m
 * @param sliceRisk chance that a candidate that is worse nowhere is refused for any of its slices
 * @param draws bootstrap samples
 */
public record PromotionRule(
        int firstTrips,
        int trips,
        long steps,
        double maxNll,
        double maxRatioToBaseline,
        double maxError,
        double better,
        double worse,
        double mostWorse,
        double worseNll,
        double maxInterventions,
        double noise,
        double sliceRisk,
        int draws)
        implements Rule {
    /** Probability beyond each end of the reported intervals, which are of 95 %. */
    private static final double REPORTED_TAIL = 0.025;

    private static final long SEED = 1;

    /**
     * Returns the defaults. Two trips for a first model, so that it does not depend on one. Eight in a comparison: if
     * all of them favour one side, that is 99 % certain (sign test, 2 / 2^8); measured, one in five promotions with
     * fewer trips was worse on unseen runs. A likelihood of 2 nats is that of a Gaussian of 1.8 m/s^2, which any
     * learner beats; at 1.5 times the driver model's error in closed loop a policy no longer follows; sensors alone
     * make 2 m of spacing error within a minute (measured: a car's logged speed, integrated, against its logged gap).
     * The margins are those that promotions are to be judged by, 3 and 10 %; the rest are guesses.
     */
    public static PromotionRule defaults() {
        return new PromotionRule(2, 8, 600, 2.0, 1.5, 25, 0.97, 1.03, 1.1, 0.02, 0.25, 2, 0.05, 4000);
    }

    @Override
    public Verdict judge(Evidence evidence, ErrorBudget budget) {
        return new Judgement(evidence, budget).verdict();
    }

    /** One candidate being judged: figures are noted as they are found. */
    private final class Judgement {
        private final Evidence evidence;
        private final ErrorBudget before;
        private final Scores candidate;
        private final @Nullable Comparison toBest;
        private final SortedMap<String, Double> figures = new TreeMap<>();

        Judgement(Evidence evidence, ErrorBudget before) {
            this.evidence = evidence;
            this.before = before;
            candidate = evidence.candidate();
            Scores best = evidence.best();
            toBest = best == null || candidate.trials().isEmpty()
                    ? null
                    : new Comparison(candidate.trials(), best.trials());
        }

        Verdict verdict() {
            note();
            String fault = fault();
            if (fault != null) {
                return refuse(fault);
            }
            Scores incumbent = evidence.incumbent();
            return incumbent == null ? againstFloors() : against(incumbent);
        }

        private void note() {
            figures.put("trips", (double) candidate.trips().size());
            figures.put("steps", (double) candidate.steps());
            figures.put("drivenTrips", (double) candidate.drivenTrips());
            figures.put("stretches", (double) candidate.trials().size());
            figures.put("candidateNllNats", candidate.negativeLogLikelihood());
            figures.put("candidateSpacingRmseMeters", candidate.rootMeanSquare());
            figures.put("idmSpacingRmseMeters", evidence.baseline().rootMeanSquare());
            figures.put("candidateCollisions", (double) failures(candidate));
            figures.put("envelopeInterventionShare", candidate.interventionShare());
            Scores best = evidence.best();
            if (best != null) {
                figures.put("bestSpacingRmseMeters", best.rootMeanSquare());
            }
            Scores incumbent = evidence.incumbent();
            if (incumbent != null) {
                figures.put("incumbentNllNats", incumbent.negativeLogLikelihood());
                figures.put("incumbentSpacingRmseMeters", incumbent.rootMeanSquare());
                figures.put("incumbentCollisions", (double) failures(incumbent));
            }
        }

        /** Returns the objection to a candidate, first or not; null if there is none. */
        private @Nullable String fault() {
            if (candidate.drivenTrips() < firstTrips || candidate.steps() < steps) {
                return "too little evidence: expected at least %d held-out trips driven and %d steps, got %d and %d"
                        .formatted(firstTrips, steps, candidate.drivenTrips(), candidate.steps());
            }
            double nll = candidate.negativeLogLikelihood();
            double error = candidate.rootMeanSquare();
            boolean silent = evidence.likelihood() == Evidence.Likelihood.REPORTED && Double.isNaN(nll);
            if (!(Double.isFinite(nll) || silent) || !Double.isFinite(error)) {
                return "expected finite errors, got a likelihood of %s nats and a spacing error of %s m"
                        .formatted(nll, error);
            }
            int avoidable = avoidableFailures();
            if (avoidable > 0) {
                return "collided on %d of %d stretches with the envelope in the loop, where the driver model does not"
                        .formatted(avoidable, candidate.trials().size());
            }
            if (!(candidate.interventionShare() <= maxInterventions)) {
                return "the envelope had to step in on %.1f %% of the steps, more than %.1f %%"
                        .formatted(100 * candidate.interventionShare(), 100 * maxInterventions);
            }
            return null;
        }

        /** Returns failures on trials that the baseline passes: a log may begin in a state where every driver fails. */
        private int avoidableFailures() {
            int count = 0;
            for (int i = 0; i < candidate.trials().size(); i++) {
                boolean failed = candidate.trials().get(i).failed();
                count += failed && !evidence.baseline().trials().get(i).failed() ? 1 : 0;
            }
            return count;
        }

        private Verdict againstFloors() {
            double nll = candidate.negativeLogLikelihood();
            double error = candidate.rootMeanSquare();
            double baseline = evidence.baseline().rootMeanSquare();
            if (evidence.likelihood() == Evidence.Likelihood.DECIDES && nll > maxNll) {
                return refuse(
                        "expected at most %.3f nats per step of the first model, got %.3f".formatted(maxNll, nll));
            }
            if (error > maxError) {
                return refuse("expected a spacing error of at most %.2f m of the first model, got %.2f m"
                        .formatted(maxError, error));
            }
            if (!(error <= maxRatioToBaseline * baseline)) {
                return refuse("expected a spacing error of at most %.2f of the driver model's %.2f m, got %.2f m"
                        .formatted(maxRatioToBaseline, baseline, error));
            }
            if (toBest != null && !(toBest.worst() <= Math.log(worse))) {
                return refuse("worse than the best model ever promoted: " + toBest.text());
            }
            String reason = "%s: %.3f nats per step, spacing error %.2f m (driver model %.2f m) on %d trips"
                    .formatted(
                            evidence.notCompared() == null
                                    ? "first model"
                                    : "judged like a first model (" + evidence.notCompared() + ")",
                            nll,
                            error,
                            baseline,
                            candidate.drivenTrips());
            return new Verdict(true, reason, figures, toBest == null || toBest.worst() <= 0, before);
        }

        private Verdict against(Scores incumbent) {
            if (!Double.isFinite(incumbent.rootMeanSquare())) {
                return refuse("expected a comparison with the model in service, got a spacing error of %s m of it"
                        .formatted(incumbent.rootMeanSquare()));
            }
            if (candidate.drivenTrips() < trips) {
                return refuse("too little evidence: a comparison needs %d held-out trips driven, got %d"
                        .formatted(trips, candidate.drivenTrips()));
            }
            ErrorBudget budget = before.on(
                    candidate.trials().stream().map(Scores.Trial::trip).toList());
            Comparison all = new Comparison(candidate.trials(), incumbent.trials());
            String objection = objection(all, incumbent, budget.level());
            if (objection != null) {
                return new Verdict(false, objection, figures, false, budget.after(false));
            }
            return new Verdict(
                    true,
                    "strays less in closed loop by " + measures(true, true) + ": " + all.text(),
                    figures,
                    toBest == null || toBest.worst() <= 0,
                    budget.after(true));
        }

        /** Returns the objection to a candidate beside the model in service; null if there is none. */
        private @Nullable String objection(Comparison all, Scores incumbent, double level) {
            PairedBootstrap.Result likelihood = likelihood(incumbent);
            figures.put("nllDifferenceLowNats", likelihood.low(REPORTED_TAIL));
            figures.put("nllDifferenceHighNats", likelihood.high(REPORTED_TAIL));
            all.note(figures);
            figures.put("comparisonLevel", level);
            String text = all.text();
            if (!(all.worst() <= Math.log(better))) {
                return (all.worst() > Math.log(worse)
                                ? "strays more in closed loop by " + all.above(Math.log(worse))
                                : "not better than the model in service by " + all.above(Math.log(better)))
                        + ": " + text;
            }
            double typical = Math.exp(all.typical.high(level));
            double pooled = Math.exp(all.pooled.high(level));
            if (!(typical <= worse && pooled <= mostWorse)) {
                return "not certainly better by %s: %s; at the level %.4f of this comparison it may be typical %.3f and pooled %.3f of it, more than %.2f and %.2f"
                        .formatted(
                                measures(!(pooled <= mostWorse), !(typical <= worse)),
                                text,
                                level,
                                typical,
                                pooled,
                                worse,
                                mostWorse);
            }
            String slice = worseSlice(incumbent);
            if (slice != null) {
                return slice + "; over all " + text;
            }
            if (toBest != null && !(toBest.worst() <= Math.log(worse))) {
                return "worse than the best model ever promoted: " + toBest.text();
            }
            if (evidence.likelihood() == Evidence.Likelihood.DECIDES && !(likelihood.low(REPORTED_TAIL) <= worseNll)) {
                return "predicts the expert worse: likelihood difference %.3f [%.3f, %.3f] nats per step of %d trips; %s"
                        .formatted(
                                likelihood.effect(),
                                likelihood.low(REPORTED_TAIL),
                                likelihood.high(REPORTED_TAIL),
                                likelihood.trips(),
                                text);
            }
            return null;
        }

        private PairedBootstrap.Result likelihood(Scores incumbent) {
            PairedBootstrap bootstrap = PairedBootstrap.ofMeans();
            for (int i = 0; i < candidate.trips().size(); i++) {
                Scores.Trip trip = candidate.trips().get(i);
                double other = incumbent.trips().get(i).negativeLogLikelihood();
                bootstrap.add(trip.name(), trip.negativeLogLikelihood() - other, (double) trip.steps());
            }
            return bootstrap.draw(draws, SEED);
        }

        /** Returns the slice on which the candidate is certainly worse, in words; null if there is none. */
        private @Nullable String worseSlice(Scores incumbent) {
            Map<String, List<Integer>> slices = new TreeMap<>();
            for (int i = 0; i < candidate.trials().size(); i++) {
                for (String slice : candidate.trials().get(i).slices()) {
                    slices.computeIfAbsent(slice, any -> new ArrayList<>()).add(i);
                }
            }
            slices.values().removeIf(rows -> {
                long sliceTrips = rows.stream()
                        .map(row -> candidate.trials().get(row).trip())
                        .distinct()
                        .count();
                return sliceTrips < trips || sliceTrips == candidate.drivenTrips();
            });
            figures.put("slices", (double) slices.size());
            // Bonferroni, over slices and the two measures.
            double tail = sliceRisk / (2 * slices.size());
            for (Map.Entry<String, List<Integer>> slice : slices.entrySet()) {
                Comparison comparison = new Comparison(
                        slice.getValue().stream().map(candidate.trials()::get).toList(),
                        slice.getValue().stream().map(incumbent.trials()::get).toList());
                if (comparison.certainlyAbove(0, tail)) {
                    return "worse on slice %s: %s".formatted(slice.getKey(), comparison.text(tail));
                }
            }
            return null;
        }

        private Verdict refuse(String reason) {
            return new Verdict(false, reason, figures, false, before);
        }
    }

    /** Names measures of the spacing error. */
    private static String measures(boolean pooled, boolean typical) {
        return pooled && typical
                ? "the pooled and the typical error"
                : pooled ? "the pooled error" : "the typical error";
    }

    private static int failures(Scores scores) {
        return (int) scores.trials().stream().filter(Scores.Trial::failed).count();
    }

    /** Two policies on the same trials. Effects are logarithms of ratios, below 0 where the first is better. */
    private final class Comparison {
        private final PairedBootstrap.Result pooled;
        private final PairedBootstrap.Result typical;
        private final double error;
        private final double otherError;

        Comparison(List<Scores.Trial> trials, List<Scores.Trial> others) {
            SortedMap<String, double[]> squares = new TreeMap<>();
            for (int i = 0; i < trials.size(); i++) {
                Scores.Trial trial = trials.get(i);
                double[] sums = squares.computeIfAbsent(trial.trip(), any -> new double[3]);
                sums[0] += trial.meanSquare() * trial.steps();
                sums[1] += others.get(i).meanSquare() * trial.steps();
                sums[2] += trial.steps();
            }
            double floor = noise * noise;
            PairedBootstrap ofAll = PairedBootstrap.ofRootMeanSquares();
            PairedBootstrap ofEach = PairedBootstrap.ofMeans();
            squares.forEach((trip, sums) -> {
                ofAll.add(trip, sums[0], sums[1]);
                ofEach.add(trip, Math.log((sums[0] / sums[2] + floor) / (sums[1] / sums[2] + floor)) / 2, 1);
            });
            pooled = ofAll.draw(draws, SEED);
            typical = ofEach.draw(draws, SEED);
            error = new Scores(trials, List.of()).rootMeanSquare();
            otherError = new Scores(others, List.of()).rootMeanSquare();
        }

        /** Returns the higher effect of the two measures. */
        double worst() {
            return Math.max(pooled.effect(), typical.effect());
        }

        /** Names the measures whose effect is not at most that. */
        String above(double effect) {
            return measures(!(pooled.effect() <= effect), !(typical.effect() <= effect));
        }

        boolean certainlyAbove(double effect, double tail) {
            return pooled.low(tail) > effect || typical.low(tail) > effect;
        }

        void note(SortedMap<String, Double> figures) {
            note("spacingRatio", pooled, figures);
            note("typicalSpacingRatio", typical, figures);
        }

        private static void note(String name, PairedBootstrap.Result result, SortedMap<String, Double> figures) {
            figures.put(name, Math.exp(result.effect()));
            figures.put(name + "Low", Math.exp(result.low(REPORTED_TAIL)));
            figures.put(name + "High", Math.exp(result.high(REPORTED_TAIL)));
        }

        String text() {
            return text(REPORTED_TAIL);
        }

        String text(double tail) {
            return "spacing error %.2f m against %.2f m: pooled %.3f [%.3f, %.3f], typical %.3f [%.3f, %.3f] of it (%.4g %% intervals, %d trips)"
                    .formatted(
                            error,
                            otherError,
                            Math.exp(pooled.effect()),
                            Math.exp(pooled.low(tail)),
                            Math.exp(pooled.high(tail)),
                            Math.exp(typical.effect()),
                            Math.exp(typical.low(tail)),
                            Math.exp(typical.high(tail)),
                            100 * (1 - 2 * tail),
                            pooled.trips());
        }
    }
}
