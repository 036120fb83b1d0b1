package dev.understudy.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ErrorBudgetTest {
    private static final PromotionRule RULE =
            new PromotionRule(2, 8, 1, 100, 100, 100, 0.98, 1.03, 1.03, 100, 1, 2, 0.05, 1000);

    private static List<String> names(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "trip-" + i).toList();
    }

    @Test
    void comparisonsInVainCostAndPromotionsAndNewTripsEarn() {
        ErrorBudget budget = ErrorBudget.full().on(names(0, 16));
        assertThat(budget.wealth()).isEqualTo(0.1);
        // Half of 0.1 is the cost a / (1 - a) of the level a = 0.05 / 1.05.
        assertThat(budget.level()).isCloseTo(0.05 / 1.05, within(1e-12));
        ErrorBudget poorer = budget.after(false);
        assertThat(poorer.wealth()).isCloseTo(0.05, within(1e-12));
        assertThat(poorer.after(true).wealth()).isCloseTo(0.15, within(1e-12));
        assertThat(poorer.on(names(0, 16)).wealth()).as("the same trips").isCloseTo(0.05, within(1e-12));
        assertThat(poorer.after(false).on(names(1, 17)).wealth())
                .as("a new trip")
                .isCloseTo(0.075, within(1e-12));
        assertThat(poorer.on(names(16, 32)).wealth()).as("all new").isEqualTo(0.1);
        assertThat(poorer.after(true).on(names(16, 32)).wealth())
                .as("no less than it was")
                .isCloseTo(0.15, within(1e-12));
    }

    /** A trip that was left out of one comparison is not new in the next. */
    @Test
    void aTripIsNewOnce() {
        ErrorBudget budget = ErrorBudget.full().on(names(0, 16)).after(false);
        ErrorBudget without = budget.on(names(0, 8)).after(false);
        assertThat(without.on(names(0, 16)).wealth()).isEqualTo(without.wealth());
    }

    @Test
    void theLevelNeverPassesItsBoundAndTheWealthStaysBetweenZeroAndOne() {
        ErrorBudget rich = ErrorBudget.full();
        ErrorBudget poor = ErrorBudget.full();
        for (int i = 0; i < 50; i++) {
            rich = rich.after(true);
            poor = poor.after(false);
            assertThat(rich.level()).isLessThanOrEqualTo(ErrorBudget.HIGHEST + 1e-12);
            assertThat(poor.level()).isPositive();
        }
        assertThat(rich.wealth()).isEqualTo(1);
        assertThatThrownBy(() -> ErrorBudget.full().withWealth(Double.NaN)).hasMessageContaining("got NaN");
    }

    /**
     * The same trips judge sixty candidates one after the other, each of them worse by as much as is just not
     * tolerated; one trip in two windows is new. Without a budget, at 5 % each, about three would be promoted.
     */
    @Test
    void ofCandidatesThatAreAllWorseHardlyAnyIsPromotedHoweverOftenItIsTried() {
        Outcome outcome = simulate(50, 60, 0, 1.03, 1.03, 7);
        double allowed = ErrorBudget.SHARE * (1 + outcome.promotions + outcome.fresh / 2);
        assertThat(outcome.worse).isEqualTo(outcome.promotions).isLessThanOrEqualTo(allowed);
    }

    /** Half of the candidates are a tenth better, half are worse by as much as is just not tolerated. */
    @Test
    void ofThePromotionsAtMostATenthIsOfAWorseCandidate() {
        Outcome outcome = simulate(20, 60, 0.5, 0.9, 1.03, 3);
        assertThat(outcome.promotions).as("it still promotes").isGreaterThan(20);
        assertThat(outcome.worse / outcome.promotions).isLessThanOrEqualTo(ErrorBudget.SHARE);
    }

    /** Counts per stream. */
    private record Outcome(double promotions, double worse, double fresh) {}

    private static Outcome simulate(
            int streams, int windows, double newPerWindow, double better, double worse, long seed) {
        Random random = new Random(seed);
        double promotions = 0;
        double worsePromotions = 0;
        double fresh = 0;
        for (int stream = 0; stream < streams; stream++) {
            ErrorBudget budget = ErrorBudget.full();
            double first = 0;
            Set<String> seen = new HashSet<>();
            for (int window = 0; window < windows; window++) {
                first += newPerWindow;
                double truth = random.nextBoolean() ? better : worse;
                List<Scores.Trial> candidate = new ArrayList<>();
                List<Scores.Trial> incumbent = new ArrayList<>();
                for (String trip : names((int) first, (int) first + 24)) {
                    fresh += seen.add(trip) && window > 0 ? 1 : 0;
                    // Errors beside which the sensors' noise is nothing, so that both measures have this ratio.
                    double ratio = truth * Math.exp(0.1 * random.nextGaussian() - 0.1 * 0.1);
                    candidate.add(new Scores.Trial(trip, List.of(), 600, 900 * ratio * ratio, false, 0));
                    incumbent.add(new Scores.Trial(trip, List.of(), 600, 900, false, 0));
                }
                Verdict verdict = RULE.judge(
                        new Evidence(
                                new Scores(candidate, List.of(new Scores.Trip("all", 1, 0))),
                                new Scores(incumbent, List.of(new Scores.Trip("all", 1, 0))),
                                null,
                                new Scores(incumbent, List.of(new Scores.Trip("all", 1, 0))),
                                Evidence.Likelihood.REPORTED,
                                null),
                        budget);
                budget = verdict.budget();
                promotions += verdict.promoted() ? 1 : 0;
                worsePromotions += verdict.promoted() && truth > 1 ? 1 : 0;
            }
        }
        return new Outcome(promotions / streams, worsePromotions / streams, fresh / streams);
    }
}
