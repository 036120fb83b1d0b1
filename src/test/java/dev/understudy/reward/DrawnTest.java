package dev.understudy.reward;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.Matrix;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class DrawnTest {
    private static final Matrix THREE = new Matrix(3, 2, new float[] {1, 10, 2, 20, 4, 40});

    @Test
    void sharesSayHowOftenEachRowWasDrawn() {
        Drawn drawn = Drawn.of(THREE, 1000, new SplittableRandom(1));
        assertThat(drawn.inputs()).containsExactly(1, 10, 2, 20, 4, 40);
        double mean = 0;
        for (int row = 0; row < 1000; row++) {
            mean += drawn.rows().at(row, 0) / 1000;
        }
        float[] shares = drawn.shares();
        assertThat(shares[0] + shares[1] + shares[2]).isCloseTo(1f, Offset.offset(1e-6f));
        assertThat(shares[0] + 2 * shares[1] + 4 * shares[2]).isCloseTo((float) mean, Offset.offset(1e-5f));
    }

    @Test
    void rowsThatWereNotDrawnAreLeftOut() {
        Drawn drawn = Drawn.of(THREE, 1, new SplittableRandom(1));
        assertThat(drawn.shares()).containsExactly(1f);
        assertThat(drawn.inputs()).isEqualTo(drawn.rows().values());
    }

    @Test
    void pointsBetweenLieOnTheLinesBetweenTheClasses() {
        Matrix generated = new Matrix(4, 2, new float[] {0, 0, 0, 0, 0, 0, 0, 0});
        Drawn drawn = Drawn.of(THREE, 4, new SplittableRandom(1));
        float[] between = drawn.between(generated, 2, new SplittableRandom(2));
        assertThat(between).hasSize(4);
        for (int point = 0; point < 2; point++) {
            assertThat(between[2 * point]).isBetween(0f, drawn.rows().at(2 * point, 0));
            assertThat(between[2 * point + 1]).isCloseTo(10 * between[2 * point], Offset.offset(1e-5f));
        }
    }
}
