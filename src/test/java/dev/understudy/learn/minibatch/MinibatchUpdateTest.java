package dev.understudy.learn.minibatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Shape;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.network.ParameterLayout;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

@SuppressWarnings("NullAway.Init")
class MinibatchUpdateTest {
    private static final MinibatchConfig CONFIG = new MinibatchConfig(2, 3, 100, 2_000, 0.1, 4, 0.5, 10, 0);

    private static StepProgram program;

    @BeforeAll
    static void compile() {
        program = new StepProgram(
                ParameterLayout.builder().add("x", 1).build(), CONFIG.gradientNorm(), (graph, weights) -> {
                    var distance =
                            ParameterLayout.of(weights, "x").sub(graph.input("target", ElementType.FLOAT, Shape.of(1)));
                    return distance.mul(distance).sum();
                });
    }

    @AfterAll
    static void close() {
        program.close();
    }

    private static LearnerState begun() {
        LearnerState state = StepProgram.starting(new float[] {0});
        SortedMap<String, float[]> vectors = new TreeMap<>(state.vectors());
        vectors.put("kept", new float[] {7});
        return new LearnerState(vectors, state.statistics(), state.counters());
    }

    private static MinibatchUpdate update(LearnerState state, IntFunction<Float> target) {
        return new MinibatchUpdate(
                program, CONFIG, state, 10, number -> new Feeds().floats("target", target.apply(number)));
    }

    @Test
    void descendsAndKeepsWhatALearnerKeepsBesides() {
        MinibatchUpdate update = update(begun(), number -> 3f);
        int steps = 1;
        while (update.step()) {
            steps++;
        }
        assertThat(steps).as("3 passes over 5 batches are fewer").isEqualTo(100);
        assertThat(update.state().vector(StepProgram.THETA)[0]).isCloseTo(3, within(0.1f));
        assertThat(update.state().vector("kept")).containsExactly(7);
        assertThat(update.report().figures().get("lossBefore")).isEqualTo(9);
        assertThat(MinibatchUpdate.isUnderWay(update.state())).isFalse();
    }

    @Test
    void theRateRisesAndFalls() {
        assertThat(CONFIG.learningRate(0, 100)).isCloseTo(0.025, within(1e-12));
        assertThat(CONFIG.learningRate(50, 100)).isCloseTo(0.075, within(1e-12));
        assertThat(CONFIG.steps(1000)).isEqualTo(1500);
        assertThat(CONFIG.steps(100_000)).isEqualTo(2_000);
        assertThat(CONFIG.withPasses(1).steps(9)).isEqualTo(5);
    }

    @Test
    void goesBackToWhereItBeganWhenTheLossIsNoNumber() {
        MinibatchUpdate update = update(begun(), number -> number < 5 ? 3f : Float.NaN);
        while (update.step()) {
            // the next
        }
        assertThat(update.state().vector(StepProgram.THETA)).containsExactly(0);
        assertThat(update.report().figures().get(TrainingReport.DIVERGED)).isEqualTo(1);
        assertThat(update.state().isFinite()).isTrue();
    }
}
