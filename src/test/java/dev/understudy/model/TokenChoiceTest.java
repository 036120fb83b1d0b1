package dev.understudy.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TokenChoiceTest {
    /** Probabilities 0.5, 0.3, 0.15, 0.05 at temperature 1. */
    private static final float[] LOGITS = {
        (float) Math.log(0.3), (float) Math.log(0.5), (float) Math.log(0.05), (float) Math.log(0.15)
    };

    private static double[] shares(double temperature, double nucleus) {
        TokenChoice choice = new TokenChoice(4, new Decoding(temperature, nucleus, 0, 1, Set.of()));
        SplittableRandom random = new SplittableRandom(4);
        double[] shares = new double[4];
        for (int i = 0; i < 20_000; i++) {
            shares[choice.next(LOGITS.clone(), 0, new int[1], 0, random)] += 1.0 / 20_000;
        }
        return shares;
    }

    @Test
    void drawsByProbability() {
        assertThat(shares(1, 1)).containsExactly(new double[] {0.3, 0.5, 0.05, 0.15}, within(0.012));
    }

    /** At temperature 0.5 probabilities are squared: 0.09, 0.25, 0.0025 and 0.0225 of 0.365. */
    @Test
    void aLowTemperatureFavoursTheLikely() {
        assertThat(shares(0.5, 1)).containsExactly(new double[] {0.2466, 0.6849, 0.0068, 0.0616}, within(0.012));
        assertThat(shares(0, 1)).containsExactly(new double[] {0, 1, 0, 0}, within(1e-9));
    }

    /** The likeliest two reach 0.8 at once, and 0.5 is reached by one. */
    @Test
    void theNucleusHoldsTheFewestTokensThatReachIt() {
        assertThat(shares(1, 0.75)).containsExactly(new double[] {0.375, 0.625, 0, 0}, within(0.012));
        assertThat(shares(1, 0.4)).containsExactly(new double[] {0, 1, 0, 0}, within(1e-9));
    }

    @Test
    void itsExponentialIsThatOfTheLibrary() {
        for (float x = 0; x > -10; x -= 0.00371f) {
            assertThat((double) TokenChoice.exponential(x)).isCloseTo(Math.exp(x), within(5e-6 * Math.exp(x)));
        }
    }

    /** A nucleus among many equal tokens: the lower numbers first, and as many as it takes. */
    @Test
    void ofEqualTokensTheNucleusHoldsTheLowerNumbers() {
        int vocabulary = 1_000;
        TokenChoice choice = new TokenChoice(vocabulary, new Decoding(1, 0.25, 0, 1, Set.of()));
        SplittableRandom random = new SplittableRandom(4);
        int greatest = 0;
        for (int i = 0; i < 5_000; i++) {
            greatest = Math.max(greatest, choice.next(new float[vocabulary], 0, new int[1], 0, random));
        }
        assertThat(greatest).isBetween(240, 250);
    }

    @Test
    void neverSaysWhatHasNoFiniteLogit() {
        TokenChoice choice = new TokenChoice(7, new Decoding(1, 1, 0, 1, Set.of()));
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 1_000; i++) {
            float negativeNan = Float.intBitsToFloat(0xffc00000);
            float[] logits = {Float.NaN, 1, Float.NEGATIVE_INFINITY, 2, Float.POSITIVE_INFINITY, negativeNan, -30};
            assertThat(choice.next(logits, 0, new int[1], 0, random)).isIn(1, 3);
        }
    }

    @Test
    void leavesOutWhatWouldRepeatARun() {
        TokenChoice choice = new TokenChoice(4, new Decoding(0, 1, 2, 5, Set.of()));
        SplittableRandom random = new SplittableRandom(1);
        // After "2 1 2", token 1 would say "2 1" again.
        assertThat(choice.next(LOGITS.clone(), 0, new int[] {2, 1, 2, 0, 0}, 3, random))
                .isZero();
        assertThat(choice.next(LOGITS.clone(), 0, new int[] {2, 1, 3, 0, 0}, 3, random))
                .isEqualTo(1);
    }

    @Test
    void refusesLogitsOfWhichNoneIsFinite() {
        TokenChoice choice = new TokenChoice(2, Decoding.greedy(Set.of()));
        assertThatThrownBy(() ->
                        choice.next(new float[] {Float.NaN, Float.NaN}, 0, new int[1], 0, new SplittableRandom(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("expected a token that may be chosen, got no finite logit");
    }
}
