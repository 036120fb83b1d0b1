package dev.understudy.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SoftmaxLossTest {
    private static final int ROWS = 5;
    private static final int CHOICES = 7;
    private static final int WIDTH = 3;

    private final Graph graph = new Graph();
    private final Tensor rows = graph.input("rows", ElementType.FLOAT, Shape.of(ROWS, WIDTH));
    private final Tensor choices = graph.input("choices", ElementType.FLOAT, Shape.of(CHOICES, WIDTH));
    private final Tensor weights = graph.input("weights", ElementType.FLOAT, Shape.of(ROWS));
    private final Tensor targets = graph.constant(new long[] {6, 0, 3, 3, 2}, Shape.of(ROWS));

    private static Map<String, float[]> values(double scale) {
        SplittableRandom random = new SplittableRandom(3);
        Map<String, float[]> values = new LinkedHashMap<>();
        values.put("rows", random(ROWS * WIDTH, scale, random));
        values.put("choices", random(CHOICES * WIDTH, scale, random));
        values.put("weights", new float[] {1, 0.5f, 0, 2, 1});
        return values;
    }

    private static float[] random(int size, double scale, SplittableRandom random) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextDouble(-scale, scale);
        }
        return values;
    }

    private Tensor plain() {
        Tensor chosen = targets.oneHot(CHOICES);
        return rows.matMul(choices.transpose(1, 0))
                .logSoftmax(1)
                .mul(chosen)
                .sum(1)
                .neg();
    }

    @Test
    void isTheLossOfTheDefinition() {
        float[] expected = Evaluation.of(plain(), values(2));
        assertThat(Evaluation.of(SoftmaxLoss.of(rows, choices, targets), values(2)))
                .containsExactly(expected, within(1e-5f));
        assertThat(Evaluation.of(SoftmaxLoss.valueOf(rows, choices, targets), values(2)))
                .containsExactly(expected, within(1e-5f));
    }

    @Test
    void hasTheGradientOfTheDefinition() {
        List<Tensor> by = List.of(rows, choices);
        List<Tensor> expected = Gradient.of(plain().mul(weights).sum(), by);
        List<Tensor> found =
                Gradient.of(SoftmaxLoss.of(rows, choices, targets).mul(weights).sum(), by);
        for (int i = 0; i < by.size(); i++) {
            assertThat(Evaluation.of(found.get(i), values(2)))
                    .containsExactly(Evaluation.of(expected.get(i), values(2)), within(1e-5f));
        }
    }

    @Test
    void itsGradientAgreesWithCentralDifferences() {
        Tensor loss = SoftmaxLoss.of(rows, choices, targets).mul(weights).sum();
        List<Tensor> by = List.of(rows, choices);
        List<Tensor> gradients = Gradient.of(loss, by);
        Map<String, float[]> values = values(1);
        for (int i = 0; i < by.size(); i++) {
            float[] gradient = Evaluation.of(gradients.get(i), values);
            float[] x = Objects.requireNonNull(values.get(by.get(i).name()));
            for (int k = 0; k < x.length; k++) {
                float before = x[k];
                x[k] = before + 1e-2f;
                double above = Evaluation.of(loss, values)[0];
                x[k] = before - 1e-2f;
                double below = Evaluation.of(loss, values)[0];
                x[k] = before;
                assertThat((double) gradient[k]).isCloseTo((above - below) / 2e-2, within(2e-3));
            }
        }
    }

    @Test
    void holdsWhereAProbabilityIsTooSmallForAFloat() {
        Map<String, float[]> values = values(1);
        values.put("rows", new float[] {200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        float[] matrix = new float[CHOICES * WIDTH];
        matrix[0] = 1; // choice 0 has logit 200 in row 0, whose target is choice 6 with logit 0
        values.put("choices", matrix);
        assertThat(Evaluation.of(SoftmaxLoss.valueOf(rows, choices, targets), values)[0])
                .isCloseTo(200, within(1e-3f));
        float largest = Evaluation.of(SoftmaxLoss.of(rows, choices, targets), values)[0];
        assertThat(largest).isBetween(87f, 200f);
    }

    @Test
    void namesTargetsThatDoNotFit() {
        assertThatThrownBy(() -> SoftmaxLoss.of(rows, choices, weights))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("SoftmaxLoss: expected INT64 targets [5], got FLOAT [5]");
    }
}
