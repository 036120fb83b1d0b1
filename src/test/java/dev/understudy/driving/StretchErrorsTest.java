package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StretchErrorsTest {
    @Test
    void theMedianIsOfRootsAndOfTwoInTheMiddleTheirMean() {
        assertThat(StretchErrors.medianRoot(new double[] {100, 4, 9})).isEqualTo(3);
        // Roots 1, 2, 3, 10: (2 + 3) / 2; the root of the middle of the squares would be sqrt(6.5) = 2.55.
        assertThat(StretchErrors.medianRoot(new double[] {100, 4, 9, 1})).isEqualTo(2.5);
        assertThat(StretchErrors.medianRoot(new double[0])).isNaN();
    }

    @Test
    void theWorstTenthIsRoundedUp() {
        // One of ten: 41 of 9 * 1 + 41 = 50.
        double[] ten = new double[10];
        Arrays.fill(ten, 1);
        ten[3] = 41;
        assertThat(StretchErrors.worstTenthShare(ten)).isCloseTo(0.82, within(1e-12));
        // Two of eleven: 41 + 1 of 51.
        double[] eleven = Arrays.copyOf(ten, 11);
        eleven[10] = 1;
        assertThat(StretchErrors.worstTenthShare(eleven)).isCloseTo(42.0 / 51, within(1e-12));
        assertThat(StretchErrors.worstTenthShare(new double[] {7})).isEqualTo(1);
        assertThat(StretchErrors.worstTenthShare(new double[] {0, 0})).isNaN();
        assertThat(StretchErrors.worstTenthShare(new double[0])).isNaN();
    }

    @Test
    void everyRunCountsAlikeHoweverManyStretchesItHas() {
        // Run a: sqrt((4 + 4 + 1 + 7) / 4) = 2; run b: sqrt(36) = 6; their mean is 4, all stretches' root is
        // sqrt(52 / 5) = 3.2.
        StretchErrors.Mean mean =
                StretchErrors.overRuns(new double[] {4, 4, 36, 1, 7}, new String[] {"a", "a", "b", "a", "a"});
        assertThat(mean.mean()).isEqualTo(4);
        assertThat(mean.count()).isEqualTo(2);
        // Two drawn with replacement of {2, 6}: 2 and 6 with chance 1/4 each, 4 with 1/2, so both tails of 2.5 % lie at
        // the ends.
        assertThat(mean.low()).isEqualTo(2);
        assertThat(mean.high()).isEqualTo(6);
    }

    @Test
    void theIntervalIsThatOfTheMeanOfManyRuns() {
        // A hundred runs of 1 and a hundred of 3: the mean is 2, its standard error 1 / sqrt(200) = 0.0707, so the
        // interval is 2 +- 1.96 * 0.0707 = 1.861 to 2.139.
        double[] squares = new double[200];
        String[] runs = new String[200];
        for (int i = 0; i < 200; i++) {
            squares[i] = i % 2 == 0 ? 1 : 9;
            runs[i] = "run " + i;
        }
        StretchErrors.Mean mean = StretchErrors.overRuns(squares, runs);
        assertThat(mean.mean()).isEqualTo(2);
        assertThat(mean.low()).isCloseTo(1.861, within(0.02));
        assertThat(mean.high()).isCloseTo(2.139, within(0.02));
        assertThat(StretchErrors.overRuns(squares, runs)).isEqualTo(mean);
    }

    @Test
    void oneRunHasNoIntervalAndNoneHasNoMean() {
        StretchErrors.Mean one = StretchErrors.overRuns(new double[] {9, 9}, new String[] {"a", "a"});
        assertThat(one.mean()).isEqualTo(3);
        assertThat(one.low()).isNaN();
        assertThat(one.high()).isNaN();
        assertThat(StretchErrors.overRuns(new double[0], new String[0]).mean()).isNaN();
    }
}
