package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.data.Matrix;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PastStepsTest {
    /** Returns steps that are numbered from a number on, with a second column that is its negative. */
    private static Matrix numbered(int from, int count) {
        float[] values = new float[2 * count];
        for (int i = 0; i < count; i++) {
            values[2 * i] = from + i;
            values[2 * i + 1] = -(from + i);
        }
        return new Matrix(count, 2, values);
    }

    /** Of 1,000 steps in ten batches, 100 are kept: of each batch 10 on average, deviation 3 x sqrt(1/400) over 400. */
    @Test
    void everyStepHasTheSameChanceToBeKept() {
        double[] ofBatch = new double[10];
        int trials = 400;
        for (int trial = 0; trial < trials; trial++) {
            PastSteps past = new PastSteps(100, 2);
            SplittableRandom random = new SplittableRandom(trial);
            for (int batch = 0; batch < 10; batch++) {
                past.add(numbered(100 * batch, 100), random);
            }
            assertThat(past.rows()).hasSize(200);
            for (int row = 0; row < 100; row++) {
                assertThat(past.rows()[2 * row + 1]).isEqualTo(-past.rows()[2 * row]);
                ofBatch[(int) past.rows()[2 * row] / 100]++;
            }
        }
        for (double kept : ofBatch) {
            assertThat(kept / trials).isCloseTo(10, within(0.75));
        }
    }

    @Test
    void aMixtureHasTheStepsThenAsManyOfThePast() {
        PastSteps past = new PastSteps(50, 2);
        SplittableRandom random = new SplittableRandom(1);
        Matrix now = numbered(1000, 3);
        assertThat(past.mixed(now, random)).isSameAs(now);
        past.add(numbered(0, 20), random);
        Matrix mixed = past.mixed(now, random);
        assertThat(mixed.rows()).isEqualTo(6);
        for (int row = 0; row < 3; row++) {
            assertThat(mixed.at(row, 0)).isEqualTo(1000 + row);
            assertThat(mixed.at(row + 3, 0)).isBetween(0f, 19f);
        }
    }

    @Test
    void goesOnFromWhatItWas() {
        PastSteps whole = new PastSteps(10, 2);
        whole.add(numbered(0, 25), new SplittableRandom(1));
        PastSteps restored = new PastSteps(10, 2);
        restored.restore(whole.rows(), whole.seen());
        whole.add(numbered(25, 25), new SplittableRandom(2));
        restored.add(numbered(25, 25), new SplittableRandom(2));
        assertThat(restored.rows()).isEqualTo(whole.rows());
        assertThat(restored.seen()).isEqualTo(50);
        assertThatThrownBy(() -> restored.restore(new float[4], 25))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected 10 past steps of 2 numbers, got 4");
    }
}
