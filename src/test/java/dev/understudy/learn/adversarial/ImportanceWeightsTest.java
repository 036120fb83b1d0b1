package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.Matrix;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ImportanceWeightsTest {
    private static final float LOG_TWO = (float) Math.log(2);

    /** Ratios 1, 2, 1/2, 8; clipped to 4: sum 7.5, so weights are ratio x 4 / 7.5. Share: 11.5^2 / (4 x 69.25). */
    @Test
    void areRatiosOfDensitiesClippedToAMeanOfOne() {
        ImportanceWeights found =
                ImportanceWeights.of(new float[] {0, LOG_TWO, -LOG_TWO, 3 * LOG_TWO}, new float[4], 4);
        Offset<Float> exact = Offset.offset(1e-5f);
        assertThat(found.ratios()).containsExactly(new float[] {1, 2, 0.5f, 8}, exact);
        assertThat(found.weights()).containsExactly(new float[] {4 / 7.5f, 8 / 7.5f, 2 / 7.5f, 16 / 7.5f}, exact);
        assertThat(found.effectiveShare()).isCloseTo(132.25 / 277, Offset.offset(1e-6));
    }

    @Test
    void aPolicyThatWouldNeverHaveDoneItHasNoEffectiveSteps() {
        float[] never = {Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY};
        assertThat(ImportanceWeights.of(never, new float[2], 10).effectiveShare())
                .isZero();
    }

    @Test
    void aResampleHoldsEachRowAsOftenAsItsWeightSaysGiveOrTakeOne() {
        ImportanceWeights weights = ImportanceWeights.of(
                new float[] {0, LOG_TWO, -LOG_TWO, LOG_TWO}, new float[4], 10); // weights 8/11, 16/11, 4/11, 16/11
        int[] counts = new int[4];
        int times = 11_000;
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < times; i++) {
            Matrix drawn = weights.resample(new Matrix(4, 1, new float[] {0, 1, 2, 3}), random);
            for (float row : drawn.values()) {
                counts[(int) row]++;
            }
        }
        for (int row = 0; row < 4; row++) {
            assertThat((double) counts[row] / times).isCloseTo(weights.weights()[row], Offset.offset(0.03));
        }
    }

    @Test
    void withWeightsAlikeAResampleIsTheRowsThemselves() {
        Matrix rows = new Matrix(3, 2, new float[] {1, 2, 3, 4, 5, 6});
        ImportanceWeights alike = ImportanceWeights.of(new float[3], new float[3], 10);
        assertThat(alike.resample(rows, new SplittableRandom(5))).isEqualTo(rows);
    }
}
