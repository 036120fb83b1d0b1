package dev.understudy.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PairedBootstrapTest {
    @Test
    void findsAClearDifferenceAndNoneWhereThereIsNone() {
        PairedBootstrap better = PairedBootstrap.ofMeans();
        PairedBootstrap same = PairedBootstrap.ofMeans();
        Random random = new Random(5);
        for (int trip = 0; trip < 40; trip++) {
            for (int step = 0; step < 50; step++) {
                double noise = random.nextDouble() - 0.5;
                better.add("trip-" + trip, noise - 0.3, 1);
                same.add("trip-" + trip, noise, 1);
            }
        }
        PairedBootstrap.Result result = better.result(1000, 0.95, 1);
        assertThat(result.effect()).isCloseTo(-0.3, within(0.02));
        assertThat(result.high()).isNegative();
        assertThat(result.low()).isLessThan(result.effect());
        assertThat(result.trips()).isEqualTo(40);
        assertThat(better.result(1000, 0.95, 1)).isEqualTo(result);
        PairedBootstrap.Result none = same.result(1000, 0.95, 1);
        assertThat(none.low()).isLessThan(none.high());
        assertThat(none.effect()).isBetween(none.low(), none.high());
        assertThatThrownBy(() -> PairedBootstrap.ofMeans().result(10, 0.9, 1)).hasMessageContaining("got none");
    }

    @Test
    void oneTripSaysNothingCertain() {
        PairedBootstrap bootstrap = PairedBootstrap.ofMeans();
        bootstrap.add("only", -6.0, 3);
        assertThat(bootstrap.result(100, 0.95, 1))
                .isEqualTo(new PairedBootstrap.Result(-2, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, 1));
    }

    @Test
    void ratiosAreThoseOfTheTotals() {
        PairedBootstrap bootstrap = PairedBootstrap.ofLogRatios();
        bootstrap.add("a", 1, 2);
        bootstrap.add("a", 2, 4);
        bootstrap.add("b", 6, 3);
        PairedBootstrap.Result result = bootstrap.result(1000, 0.5, 1);
        assertThat(result.effect()).isCloseTo(Math.log(9.0 / 9.0), within(1e-12));
        assertThat(bootstrap.result(1000, 0.999, 1).low()).isCloseTo(Math.log(0.5), within(1e-12));
        assertThat(bootstrap.result(1000, 0.999, 1).high()).isCloseTo(Math.log(2), within(1e-12));
    }

    @Test
    void identicalTripsLeaveNoDoubt() {
        PairedBootstrap bootstrap = PairedBootstrap.ofLogRatios();
        for (int i = 0; i < 6; i++) {
            bootstrap.add("trip-" + i, 2, 2);
        }
        assertThat(bootstrap.result(100, 0.95, 1)).isEqualTo(new PairedBootstrap.Result(0, 0, 0, 6));
    }

    /**
     * Of seven trips a plain percentile interval of 90 % covers about 82 % (measured here: without widening, fails).
     */
    @Test
    void intervalsOfFewTripsCoverWhatTheySay() {
        Random random = new Random(17);
        int trials = 1000;
        int covered = 0;
        for (int trial = 0; trial < trials; trial++) {
            PairedBootstrap bootstrap = PairedBootstrap.ofMeans();
            for (int trip = 0; trip < 7; trip++) {
                bootstrap.add("trip-" + trip, random.nextGaussian(), 1);
            }
            PairedBootstrap.Result result = bootstrap.result(400, 0.9, trial);
            covered += result.low() <= 0 && result.high() >= 0 ? 1 : 0;
        }
        assertThat(covered / (double) trials).isBetween(0.87, 0.94);
    }

    @Test
    void studentsQuantilesAreThoseOfTheTables() {
        assertThat(StudentT.quantile(0.025, 5)).isCloseTo(2.5706, within(1e-3));
        assertThat(StudentT.quantile(0.05, 1)).isCloseTo(6.3138, within(1e-2));
        assertThat(StudentT.quantile(0.005, 30)).isCloseTo(2.75, within(1e-3));
        assertThat(StudentT.normalTail(1.959964)).isCloseTo(0.025, within(1e-6));
        // t = 2.5706, times sqrt(6 / 5) = 2.8160, of which the normal tail is 0.00243.
        assertThat(StudentT.expandedTail(0.025, 6)).isCloseTo(0.00243, within(1e-4));
    }
}
