package dev.understudy.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PromotionRuleTest {
    private static final PromotionRule RULE = PromotionRule.defaults();
    private static final int TRIPS = 20;

    /** What a model does: every trip has two stretches of 6 m unless a factor says otherwise. */
    private static final class Model {
        int trips = TRIPS;
        IntToDoubleFunction errorOfTrip = trip -> 6;
        IntToDoubleFunction nllOfTrip = trip -> 0.5;
        boolean collides;
        long interventions;

        Model errors(IntToDoubleFunction meters) {
            errorOfTrip = meters;
            return this;
        }

        Model error(double meters) {
            return errors(trip -> meters);
        }

        Model nll(double nats) {
            nllOfTrip = trip -> nats;
            return this;
        }

        Model trips(int count) {
            trips = count;
            return this;
        }

        /** Even trips are of setting S, odd ones of L; each car has four trips. */
        Scores scores() {
            List<Scores.Trial> trials = new ArrayList<>();
            List<Scores.Trip> all = new ArrayList<>();
            for (int i = 0; i < trips; i++) {
                String name = "trip-%02d".formatted(i);
                double error = errorOfTrip.applyAsDouble(i);
                for (int j = 0; j < 2; j++) {
                    trials.add(new Scores.Trial(
                            name,
                            List.of("label " + (i % 2 == 0 ? "S" : "L"), "vehicle car-" + i / 4),
                            600,
                            error * error,
                            collides && i == 0,
                            interventions));
                }
                all.add(new Scores.Trip(name, 1500, 1500 * nllOfTrip.applyAsDouble(i)));
            }
            return new Scores(trials, all);
        }
    }

    private static Verdict judge(
            Model candidate, @Nullable Model incumbent, @Nullable Model best, Evidence.Likelihood likelihood) {
        return RULE.judge(
                new Evidence(
                        candidate.scores(),
                        incumbent == null
                                ? null
                                : incumbent.trips(candidate.trips).scores(),
                        best == null ? null : best.trips(candidate.trips).scores(),
                        new Model().trips(candidate.trips).error(8).scores(),
                        likelihood,
                        null),
                ErrorBudget.full());
    }

    private static Verdict judge(Model candidate, @Nullable Model incumbent) {
        return judge(candidate, incumbent, null, Evidence.Likelihood.DECIDES);
    }

    @Test
    void refusesWhatIsOnlyAsGood() {
        Verdict tie = judge(new Model(), new Model());
        assertThat(tie.promoted()).isFalse();
        assertThat(tie.reason()).startsWith("not better than the model in service");
        assertThat(judge(new Model().error(0), new Model().error(0)).promoted())
                .as("both without any error")
                .isFalse();
    }

    @Test
    void promotesWhatDrivesBetterForCertainAndSaysHowMuchAndOnHowManyTrips() {
        Verdict better = judge(new Model().errors(trip -> trip % 2 == 0 ? 5 : 5.2), new Model());
        assertThat(better.promoted()).as(better.reason()).isTrue();
        assertThat(better.best()).isTrue();
        // Pooled: sqrt((5^2 + 5.2^2) / 2) / 6 = 0.8501; typical: sqrt of the geometric mean of 29/40 and 31.04/40.
        assertThat(better.reason()).contains("5.10 m against 6.00 m", "pooled 0.850 [", "typical 0.866 [", "20 trips");
        assertThat(better.figures().get("spacingRatio")).isCloseTo(0.85016, within(1e-4));
        assertThat(better.figures().get("typicalSpacingRatio"))
                .isCloseTo(Math.sqrt(Math.sqrt(29.0 / 40 * 31.04 / 40)), within(1e-9));
        assertThat(better.figures().get("spacingRatioHigh"))
                .isGreaterThan(better.figures().get("spacingRatio"));
        assertThat(better.figures())
                .containsEntry("trips", 20.0)
                .containsEntry("drivenTrips", 20.0)
                .containsEntry("stretches", 40.0)
                .containsKeys("comparisonLevel", "nllDifferenceLowNats", "typicalSpacingRatioLow");
    }

    @Test
    void refusesWhatIsBetterOnTheWholeButNotForCertain() {
        // One trip of twenty goes from 30 m to 3 m, the others are 3 % worse.
        Model incumbent = new Model().errors(trip -> trip == 3 ? 30 : 4);
        Verdict outlier = judge(new Model().errors(trip -> trip == 3 ? 3 : 4.12), incumbent);
        assertThat(outlier.figures().get("spacingRatio")).isLessThan(0.6);
        assertThat(outlier.promoted()).as(outlier.reason()).isFalse();
        Verdict mixed = judge(new Model().errors(trip -> trip % 4 < 2 ? 1 : 8), new Model());
        assertThat(mixed.promoted()).as(mixed.reason()).isFalse();
        assertThat(mixed.reason()).startsWith("not certainly better");
    }

    @Test
    void aRefusalNamesTheMeasureThatDecides() {
        // One trip of twenty goes from 30 m to 3 m, the others from 4 m to 5 m: better pooled, worse on the usual trip.
        Model incumbent = new Model().errors(trip -> trip == 3 ? 30 : 4);
        Verdict usual = judge(new Model().errors(trip -> trip == 3 ? 3 : 5), incumbent);
        assertThat(usual.figures().get("spacingRatio")).isLessThan(1);
        assertThat(usual.reason()).startsWith("strays more in closed loop by the typical error: spacing error 4.");
        Verdict heavy =
                judge(new Model().errors(trip -> trip == 3 ? 30 : 4), new Model().errors(trip -> trip == 3 ? 3 : 5));
        assertThat(heavy.reason()).startsWith("strays more in closed loop by the pooled error: ");
        assertThat(judge(new Model().error(7), new Model()).reason())
                .startsWith("strays more in closed loop by the pooled and the typical error: ");
        assertThat(judge(new Model().errors(trip -> trip == 3 ? 30 : 3.7), incumbent)
                        .reason())
                .startsWith("not better than the model in service by the pooled error: ");
    }

    @Test
    void aComparisonNeedsEightTripsAndAFirstModelTwo() {
        Verdict few = judge(new Model().trips(7).error(3), new Model());
        assertThat(few.promoted()).isFalse();
        assertThat(few.reason()).startsWith("too little evidence: a comparison needs 8 held-out trips driven, got 7");
        assertThat(few.budget()).as("nothing was compared").isEqualTo(ErrorBudget.full());
        assertThat(judge(new Model().trips(8).error(3), new Model()).promoted()).isTrue();
        assertThat(judge(new Model().trips(2), null).promoted()).isTrue();
        assertThat(judge(new Model().trips(1), null).reason()).startsWith("too little evidence");
        assertThat(judge(new Model().trips(0), null).reason()).contains("got 0 and 0");
        assertThat(judge(new Model().trips(0), new Model(), new Model(), Evidence.Likelihood.DECIDES)
                        .reason())
                .startsWith("too little evidence");
    }

    @Test
    void aLikelihoodNeverPromotesAndMayRefuse() {
        Verdict likely = judge(new Model().nll(-1), new Model());
        assertThat(likely.promoted()).isFalse();
        assertThat(likely.figures().get("nllDifferenceHighNats")).isNegative();
        assertThat(judge(new Model().error(6.5).nll(-1), new Model()).reason()).startsWith("strays more");
        Verdict unlikely = judge(new Model().error(5).nll(0.6), new Model());
        assertThat(unlikely.promoted()).isFalse();
        assertThat(unlikely.reason())
                .startsWith("predicts the expert worse: likelihood difference 0.100 [0.100, 0.100]");
        assertThat(judge(new Model().error(5).nll(0.6), new Model(), null, Evidence.Likelihood.REPORTED)
                        .promoted())
                .as("where not both raised it, the closed loop decides alone")
                .isTrue();
    }

    @Test
    void toleratedWorseningsDoNotAddUp() {
        Model best = new Model().error(4);
        Verdict verdict = judge(new Model().error(5), new Model(), best, Evidence.Likelihood.DECIDES);
        assertThat(verdict.promoted()).isFalse();
        assertThat(verdict.reason())
                .startsWith("worse than the best model ever promoted: spacing error 5.00 m against 4.00 m");
        assertThat(verdict.figures()).containsEntry("bestSpacingRmseMeters", 4.0);
        Verdict near = judge(new Model().error(4.1), new Model(), best, Evidence.Likelihood.DECIDES);
        assertThat(near.promoted()).as(near.reason()).isTrue();
        assertThat(near.best()).as("2.5 % worse than the best").isFalse();
        assertThat(judge(new Model().error(4), new Model(), best, Evidence.Likelihood.DECIDES)
                        .best())
                .isTrue();
    }

    @Test
    void refusesWhatIsCertainlyWorseOnASliceThoughBetterOnTheWhole() {
        Verdict verdict = judge(
                new Model().errors(trip -> trip % 2 == 0 ? 3.0 : 6.2 + trip * 0.01),
                new Model().errors(trip -> trip % 2 == 0 ? 6.4 : 6));
        assertThat(verdict.promoted()).isFalse();
        assertThat(verdict.reason())
                .startsWith("worse on slice label L: spacing error")
                .contains("10 trips", "over all");
        assertThat(verdict.figures()).as("slices of fewer trips are not asked").containsEntry("slices", 2.0);
    }

    /** Where nothing is worse anywhere, a refusal for a slice is an accident that must stay rare over all slices. */
    @Test
    void slicesTogetherRiskNoMoreThanTheyMay() {
        Random random = new Random(11);
        PromotionRule quick = new PromotionRule(2, 8, 600, 2, 1.5, 25, 10, 10, 10, 10, 0.25, 2, 0.05, 400);
        int refused = 0;
        for (int trial = 0; trial < 200; trial++) {
            // The mean of the square of exp(u), u even in [-0.6, 0.6], is sinh(1.2) / 1.2 = 1.2579 = 1.1217^2.
            double[] noise = random.doubles(40, -0.6, 0.6).toArray();
            Verdict verdict = quick.judge(
                    new Evidence(
                            new Model()
                                    .trips(40)
                                    .errors(trip -> 6 / 1.1217 * Math.exp(noise[trip]))
                                    .scores(),
                            new Model().trips(40).scores(),
                            null,
                            new Model().trips(40).error(80).scores(),
                            Evidence.Likelihood.REPORTED,
                            null),
                    ErrorBudget.full());
            refused += verdict.promoted() ? 0 : 1;
        }
        assertThat(refused).isLessThanOrEqualTo(20);
    }

    @Test
    void missingEvidenceIsARefusal() {
        assertThat(judge(new Model().error(Double.NaN), new Model()).reason()).startsWith("expected finite errors");
        assertThat(judge(new Model().nll(Double.POSITIVE_INFINITY).error(1), new Model())
                        .reason())
                .startsWith("expected finite errors");
        assertThat(judge(new Model().error(1), new Model().error(Double.NaN)).reason())
                .startsWith("expected a comparison");
        assertThat(judge(new Model().error(1), new Model().nll(Double.NaN)).promoted())
                .isFalse();
        Verdict verdict =
                judge(new Model().error(1), new Model(), new Model().error(Double.NaN), Evidence.Likelihood.DECIDES);
        assertThat(verdict.promoted()).isFalse();
        assertThat(verdict.figures().values()).allMatch(Double::isFinite);
        assertThatThrownBy(() -> new Evidence(
                        new Model().scores(),
                        new Model().trips(3).scores(),
                        null,
                        new Model().scores(),
                        Evidence.Likelihood.DECIDES,
                        null))
                .hasMessageContaining("the model in service on the same 40 trials and 20 trips, got 6 and 3");
    }

    @Test
    void collisionsThatTheBaselineAvoidsAndInterventionsAreRefusals() {
        Model collides = new Model().error(1);
        collides.collides = true;
        Verdict refused = judge(collides, new Model());
        assertThat(refused.reason()).startsWith("collided on 2 of 40 stretches");
        assertThat(refused.figures())
                .containsEntry("candidateCollisions", 2.0)
                .containsEntry("incumbentCollisions", 0.0);
        assertThat(judge(new Model(), collides).figures())
                .containsEntry("candidateCollisions", 0.0)
                .containsEntry("incumbentCollisions", 2.0);
        Model baseline = new Model().error(8);
        baseline.collides = true;
        assertThat(RULE.judge(
                                new Evidence(
                                        collides.scores(),
                                        new Model().scores(),
                                        null,
                                        baseline.scores(),
                                        Evidence.Likelihood.DECIDES,
                                        null),
                                ErrorBudget.full())
                        .promoted())
                .as("where nothing helps any more it is not the candidate's fault")
                .isTrue();
        Model unsafe = new Model().error(1);
        unsafe.interventions = 300;
        assertThat(judge(unsafe, new Model()).reason()).startsWith("the envelope had to step in on 50.0 %");
    }

    @Test
    void theFirstModelHasToClearTheFloors() {
        Verdict first = judge(new Model(), null);
        assertThat(first.promoted()).isTrue();
        assertThat(first.best()).isTrue();
        assertThat(first.reason()).startsWith("first model").contains("on 20 trips");
        assertThat(judge(new Model().error(13), null).reason()).contains("driver model");
        assertThat(judge(new Model().error(30), null).reason()).contains("at most 25.00 m");
        assertThat(judge(new Model().nll(2.5), null).reason()).contains("nats");
        assertThat(judge(new Model().nll(20), null, null, Evidence.Likelihood.REPORTED)
                        .promoted())
                .isTrue();
        assertThat(judge(new Model(), null, new Model().error(4), Evidence.Likelihood.DECIDES)
                        .reason())
                .as("judged like a first model, yet the best is known")
                .startsWith("worse than the best model ever promoted");
    }
}
