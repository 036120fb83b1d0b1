package dev.understudy.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.data.Trajectory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainedFiguresTest {
    @Test
    void goldenRowsAreSpreadEvenlyOverTheSteps() {
        Rows golden = TrainedFigures.goldenObservations(List.of(trajectory(0, 40), trajectory(40, 24)));
        assertThat(golden.rows()).isEqualTo(16);
        for (int row = 0; row < 16; row++) {
            assertThat(golden.at(row, 0)).isEqualTo(4f * row);
            assertThat(golden.at(row, 1)).isEqualTo(-4f * row);
        }
    }

    @Test
    void fewerStepsGiveFewerRows() {
        assertThat(TrainedFigures.goldenObservations(List.of(trajectory(0, 3))).rows())
                .isEqualTo(3);
        assertThatThrownBy(() -> TrainedFigures.goldenObservations(List.of()))
                .hasMessageContaining("expected trajectories with at least one step");
    }

    @Test
    void figuresAreJsonAlsoWhereTheyAreNotFinite() {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("loss", 0.5);
        figures.put("a \"name\"", Double.NaN);
        assertThat(TrainedFigures.json(figures)).isEqualTo("{\"loss\":0.5,\"a \\\"name\\\"\":null}");
    }

    /** Observation i is (first + i, -(first + i)). */
    private static Trajectory trajectory(int first, int steps) {
        float[] observations = new float[2 * steps];
        for (int i = 0; i < steps; i++) {
            observations[2 * i] = first + i;
            observations[2 * i + 1] = -(first + i);
        }
        return new Trajectory(
                "trip", "car", 0, 100, new Matrix(steps, 2, observations), new Matrix(steps, 1, new float[steps]));
    }
}
