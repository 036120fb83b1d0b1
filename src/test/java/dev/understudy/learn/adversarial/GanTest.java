package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.Matrix;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GanTest {
    private static final int MODES = 8;
    private static final double RADIUS = 2;
    private static final double DEVIATION = 0.1;

    /** A generated point counts for a mode if it lies within 4 deviations of it. */
    @ParameterizedTest
    @EnumSource(Gan.GeneratorLoss.class)
    void findsAllModesOfARingOfGaussians(Gan.GeneratorLoss loss) {
        SplittableRandom random = new SplittableRandom(5);
        Matrix data = ring(4000, random);
        try (Gan gan = new Gan(2, Gan.Options.defaults().withLoss(loss), 1)) {
            for (int step = 0; step < 3000; step++) {
                gan.step(data, random);
            }
            int[] counts = counts(gan.generate(2000, new SplittableRandom(9)));
            int near = 0;
            for (int count : counts) {
                near += count;
                assertThat(count).isGreaterThan(2000 / MODES / 4);
            }
            assertThat(near).isGreaterThan(1600);
        }
    }

    private static Matrix ring(int rows, SplittableRandom random) {
        float[] points = new float[2 * rows];
        for (int row = 0; row < rows; row++) {
            double angle = 2 * Math.PI * (row % MODES) / MODES;
            points[2 * row] = (float) (RADIUS * Math.cos(angle) + DEVIATION * random.nextGaussian());
            points[2 * row + 1] = (float) (RADIUS * Math.sin(angle) + DEVIATION * random.nextGaussian());
        }
        return new Matrix(rows, 2, points);
    }

    private static int[] counts(Matrix points) {
        int[] counts = new int[MODES];
        for (int row = 0; row < points.rows(); row++) {
            for (int mode = 0; mode < MODES; mode++) {
                double angle = 2 * Math.PI * mode / MODES;
                double x = points.at(row, 0) - RADIUS * Math.cos(angle);
                double y = points.at(row, 1) - RADIUS * Math.sin(angle);
                counts[mode] += Math.hypot(x, y) < 4 * DEVIATION ? 1 : 0;
            }
        }
        return counts;
    }
}
