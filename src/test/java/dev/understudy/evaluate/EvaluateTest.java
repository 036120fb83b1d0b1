package dev.understudy.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class EvaluateTest {
    @Test
    void openLoopFiguresAreThoseWorkedOutByHand() {
        OpenLoop sum = new OpenLoop();
        // Errors 1 and -2, deviation e^0 = 1: root of (1 + 4) / 2; likelihood (0.5 + 2) / 2 + 0.9189.
        sum.add(new float[] {2, 1, Float.NaN}, new float[] {1, 3, 7}, new float[] {0, 0, 0}, 1);
        assertThat(sum.report().steps()).isEqualTo(2);
        assertThat(sum.report().rmse()).isCloseTo(Math.sqrt(2.5), within(1e-9));
        assertThat(sum.report().negativeLogLikelihood()).isCloseTo(1.25 + 0.918938533, within(1e-8));
        sum.add(new float[] {0}, new float[] {0}, new float[0], 1);
        assertThat(sum.report().negativeLogLikelihood()).isNaN();
        assertThat(new OpenLoop().report().rmse()).isNaN();
        // A deviation of e^1 and an error of e: 0.5 + 1 + 0.9189.
        assertThat(OpenLoop.gaussianNegativeLogLikelihood(Math.E, 1)).isCloseTo(2.418938533, within(1e-8));
    }

    @Test
    void comparesOnlyStepsThatAllAnswered() {
        float[] first = {1, Float.NaN, 3};
        float[] second = {1, 2, 3};
        OpenLoop.onSameSteps(1, first, second);
        assertThat(second).containsExactly(1, Float.NaN, 3);
    }

    @Test
    void thePrequentialScoreForgetsAtTheEndOfAWindowAndFadesInBetween() {
        PrequentialScore score = new PrequentialScore(0.5);
        score.add(3);
        score.add(Double.NaN);
        score.add(4);
        // Window: sqrt((9 + 16) / 2). Faded: (16 + 0.5 * 9) / 1.5.
        assertThat(score.count()).isEqualTo(2);
        assertThat(score.window()).isCloseTo(Math.sqrt(12.5), within(1e-12));
        assertThat(score.faded()).isCloseTo(Math.sqrt(20.5 / 1.5), within(1e-12));
        PrequentialScore restored = PrequentialScore.fromBytes(score.toBytes());
        assertThat(restored.close()).isCloseTo(Math.sqrt(12.5), within(1e-12));
        assertThat(restored.window()).isNaN();
        restored.add(1);
        assertThat(restored.window()).isEqualTo(1);
        assertThat(restored.faded()).isCloseTo(Math.sqrt((1 + 0.5 * 20.5) / 1.75), within(1e-12));
        assertThatThrownBy(() -> PrequentialScore.fromBytes(new byte[3])).hasMessageContaining("got 3 bytes");
    }
}
