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
        PairedBootstrap.Result result = better.draw(1000, 1);
        assertThat(result.effect()).isCloseTo(-0.3, within(0.02));
        assertThat(result.high(0.025)).isNegative();
        assertThat(result.low(0.025)).isLessThan(result.effect());
        assertThat(result.trips()).isEqualTo(40);
        assertThat(better.draw(1000, 1).high(0.025)).isEqualTo(result.high(0.025));
        PairedBootstrap.Result none = same.draw(1000, 1);
        assertThat(none.low(0.025)).isLessThan(none.high(0.025));
        assertThat(none.effect()).isBetween(none.low(0.025), none.high(0.025));
        assertThatThrownBy(() -> PairedBootstrap.ofMeans().draw(10, 1)).hasMessageContaining("got none");
    }

    @Test
    void oneTripSaysNothingCertain() {
        PairedBootstrap bootstrap = PairedBootstrap.ofMeans();
        bootstrap.add("only", -6.0, 3);
        PairedBootstrap.Result result = bootstrap.draw(100, 1);
        assertThat(result.effect()).isEqualTo(-2);
        assertThat(result.low(0.025)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(result.high(0.025)).isEqualTo(Double.POSITIVE_INFINITY);
    }

    @Test
    void theRatioIsThatOfTheRootsOfTheTotals() {
        PairedBootstrap bootstrap = PairedBootstrap.ofRootMeanSquares();
        bootstrap.add("a", 1, 2);
        bootstrap.add("a", 2, 4);
        bootstrap.add("b", 6, 30);
        // (1 + 2 + 6) / (2 + 4 + 30) = 1 / 4, of which the root is 1 / 2.
        assertThat(bootstrap.draw(100, 1).effect()).isCloseTo(Math.log(0.5), within(1e-12));
    }

    @Test
    void identicalTripsLeaveNoDoubt() {
        PairedBootstrap bootstrap = PairedBootstrap.ofRootMeanSquares();
        for (int i = 0; i < 6; i++) {
            bootstrap.add("trip-" + i, 2, 2);
        }
        PairedBootstrap.Result result = bootstrap.draw(100, 1);
        assertThat(result.effect()).isZero();
        assertThat(result.low(0.025)).isZero();
        assertThat(result.high(0.025)).isZero();
    }

    /**
     * Where all trips but one agree exactly, a third of the samples lack that one and cannot tell how far off they are.
     */
    @Test
    void aSingleTripThatDiffersMakesNothingCertain() {
        PairedBootstrap bootstrap = PairedBootstrap.ofMeans();
        for (int i = 0; i < 20; i++) {
            bootstrap.add("trip-" + i, i == 7 ? -10 : 0, 1);
        }
        assertThat(bootstrap.draw(1000, 1).effect()).isEqualTo(-0.5);
        assertThat(bootstrap.draw(1000, 1).low(0.025)).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @Test
    void intervalsOfFewTripsCoverWhatTheySay() {
        assertThat(covered(8, 0)).isBetween(0.87, 0.94);
    }

    /** Percentile intervals of these cover 0.80 (measured), and miss nearly always on the same side. */
    @Test
    void intervalsOfSkewedErrorsCoverWhatTheySay() {
        assertThat(covered(16, 0.4)).isBetween(0.86, 0.94);
    }

    /** Returns how often an interval of 90 % holds the truth, which is 0. */
    private static double covered(int trips, double deviation) {
        Random random = new Random(17);
        int trials = 1000;
        int covered = 0;
        for (int trial = 0; trial < trials; trial++) {
            PairedBootstrap bootstrap =
                    deviation == 0 ? PairedBootstrap.ofMeans() : PairedBootstrap.ofRootMeanSquares();
            for (int trip = 0; trip < trips; trip++) {
                double z = random.nextGaussian();
                // The mean of exp(2 s z) is exp(2 s^2).
                double value = deviation == 0 ? z : Math.exp(2 * deviation * (z - deviation));
                bootstrap.add("trip-" + trip, value, 1);
            }
            PairedBootstrap.Result result = bootstrap.draw(400, trial);
            covered += result.low(0.05) <= 0 && result.high(0.05) >= 0 ? 1 : 0;
        }
        return covered / (double) trials;
    }
}
