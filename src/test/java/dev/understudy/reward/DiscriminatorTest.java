package dev.understudy.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.Matrix;
import dev.understudy.reward.DiscriminatorOptions.Normalisation;
import dev.understudy.reward.DiscriminatorOptions.Throttle;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class DiscriminatorTest {
    private static final DiscriminatorOptions DEFAULTS = DiscriminatorOptions.defaults();

    @Test
    void lossIsTwoLogTwoWhenTheDiscriminatorKnowsNothing() {
        try (Discriminator discriminator = new Discriminator(2, DEFAULTS, 1)) {
            Discriminator.Report report = discriminator.update(cloud(100, 1), cloud(300, -1), new SplittableRandom(1));
            assertThat(report.loss()).isCloseTo(2 * Math.log(2), Offset.offset(1e-6));
            assertThat(report.entropy()).isCloseTo(Math.log(2), Offset.offset(1e-6));
        }
    }

    @Test
    void learnsToTellTheClassesApart() {
        try (Discriminator discriminator = new Discriminator(2, DEFAULTS, 1)) {
            Discriminator.Report report = updated(discriminator, 60);
            assertThat(report.accuracy()).isGreaterThan(0.95);
            assertThat(discriminator.logits(cloud(1, 1))[0]).isPositive();
            assertThat(discriminator.logits(cloud(1, -1))[0]).isNegative();
        }
    }

    @Test
    void gradientPenaltyKeepsTheSlopeNearItsTarget() {
        try (Discriminator free = new Discriminator(2, DEFAULTS.withPenalty(1e-6, 1), 1);
                Discriminator held = new Discriminator(2, DEFAULTS.withPenalty(10, 1), 1)) {
            assertThat(updated(held, 100).penalty())
                    .isLessThan(0.1)
                    .isLessThan(updated(free, 100).penalty());
        }
    }

    @Test
    void weightOfThePenaltyRisesAndIsRemembered() {
        DiscriminatorOptions options = DEFAULTS.withPenalty(1, 0, 10);
        try (Discriminator first = new Discriminator(2, options, 1);
                Discriminator second = new Discriminator(2, options, 99)) {
            assertThat(first.memory().vectors().get("ramp")).containsExactly(0.1f);
            updated(first, 4);
            assertThat(first.memory().vectors())
                    .hasEntrySatisfying("ramp", ramp -> assertThat(ramp[0]).isCloseTo(0.5f, Offset.offset(1e-6f)));
            second.restore(first.memory());
            updated(first, 20);
            updated(second, 20);
            assertThat(first.memory().vectors().get("ramp")).containsExactly(1f);
            assertThat(second.theta()).isEqualTo(first.theta());
        }
    }

    /** With every layer's largest singular value at 1 and tanh between, z cannot change faster than its input. */
    @Test
    void spectralNormalisationBoundsTheSlope() {
        try (Discriminator discriminator =
                new Discriminator(2, DEFAULTS.withNormalisation(Normalisation.SPECTRAL), 1)) {
            updated(discriminator, 200);
            float[] scale = discriminator.scaler().scale();
            Matrix left = new Matrix(1, 2, new float[] {-0.3f / scale[0], 0});
            Matrix right = new Matrix(1, 2, new float[] {0.3f / scale[0], 0});
            double rise = discriminator.logits(right)[0] - discriminator.logits(left)[0];
            assertThat(rise).isBetween(0.05, 0.6 * 1.05);
        }
    }

    @Test
    void throttleStopsTheLearningOnceTheClassesAreTold() {
        try (Discriminator discriminator = new Discriminator(2, DEFAULTS.withThrottle(new Throttle(0.9, 0.5)), 1)) {
            updated(discriminator, 100);
            assertThat(discriminator.memory().stopped()).isTrue();
            float[] before = discriminator.theta();
            updated(discriminator, 5);
            assertThat(discriminator.theta()).isEqualTo(before);
        }
    }

    @Test
    void goesOnFromItsMemoryToTheSameBits() {
        try (Discriminator first = new Discriminator(2, DEFAULTS, 1);
                Discriminator second = new Discriminator(2, DEFAULTS, 99)) {
            updated(first, 5);
            second.restore(first.memory());
            updated(first, 5);
            updated(second, 5);
            assertThat(second.theta()).isEqualTo(first.theta());
            assertThat(second.scaler()).isEqualTo(first.scaler());
        }
    }

    @Test
    void wantsInputsOfBothClasses() {
        try (Discriminator discriminator = new Discriminator(2, DEFAULTS, 1)) {
            assertThatThrownBy(() ->
                            discriminator.update(new Matrix(0, 2, new float[0]), cloud(3, 1), new SplittableRandom(1)))
                    .hasMessage("expected inputs of both classes, got 0 of the expert and 3 generated");
        }
    }

    private static Discriminator.Report updated(Discriminator discriminator, int updates) {
        SplittableRandom random = new SplittableRandom(3);
        Discriminator.Report report = discriminator.update(cloud(200, 1), cloud(200, -1), random);
        for (int i = 1; i < updates; i++) {
            report = discriminator.update(cloud(200, 1), cloud(200, -1), random);
        }
        return report;
    }

    /** Points around (side, 0). */
    private static Matrix cloud(int rows, int side) {
        SplittableRandom random = new SplittableRandom(rows + side);
        float[] values = new float[2 * rows];
        for (int row = 0; row < rows; row++) {
            values[2 * row] = side + (float) (0.3 * random.nextGaussian());
            values[2 * row + 1] = (float) random.nextGaussian();
        }
        return new Matrix(rows, 2, values);
    }
}
