package dev.understudy.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OptimiserTest {
    /** A program that takes one step of the optimiser along a gradient that is fed. */
    private static Program descent(Optimiser optimiser, int size) {
        Graph graph = new Graph();
        Tensor theta = graph.input("theta", ElementType.FLOAT, Shape.of(size));
        Tensor gradient = graph.input("gradient", ElementType.FLOAT, Shape.of(size));
        Tensor rate = graph.input("rate", ElementType.FLOAT, Shape.of(1));
        Map<String, Tensor> memory = new LinkedHashMap<>();
        for (Optimiser.Memory vector : optimiser.memory(size)) {
            memory.put(vector.name(), graph.input(vector.name(), ElementType.FLOAT, Shape.of(vector.initial().length)));
        }
        Optimiser.Step step = optimiser.step(theta, gradient, rate, memory);
        Program.Builder builder = Program.builder(graph).state("theta", theta, step.theta());
        memory.forEach((name, tensor) -> builder.state(
                name, tensor, java.util.Objects.requireNonNull(step.memory().get(name))));
        Program program = builder.build();
        optimiser.memory(size).forEach(vector -> program.setState(vector.name(), vector.initial()));
        return program;
    }

    private static void step(Program program, float... gradient) {
        program.run(new Feeds().floats("rate", 0.1f).floats("gradient", gradient))
                .close();
    }

    @Test
    void adamFollowsItsRecursion() {
        try (Program program = descent(Adam.defaults(), 2)) {
            program.setState("theta", new float[] {1f, -2f});
            double[] theta = {1, -2};
            double[] m = new double[2];
            double[] v = new double[2];
            double[][] gradients = {{0.5, -3}, {0.1, 2}, {-4, 0}};
            for (int t = 1; t <= gradients.length; t++) {
                step(program, (float) gradients[t - 1][0], (float) gradients[t - 1][1]);
                for (int i = 0; i < 2; i++) {
                    m[i] = 0.9 * m[i] + 0.1 * gradients[t - 1][i];
                    v[i] = 0.999 * v[i] + 0.001 * gradients[t - 1][i] * gradients[t - 1][i];
                    double mHat = m[i] / (1 - Math.pow(0.9, t));
                    double vHat = v[i] / (1 - Math.pow(0.999, t));
                    theta[i] -= 0.1 * mHat / (Math.sqrt(vHat) + 1e-8);
                }
                assertThat(program.state("theta")[0]).isCloseTo((float) theta[0], within(1e-4f));
                assertThat(program.state("theta")[1]).isCloseTo((float) theta[1], within(1e-4f));
            }
        }
    }

    @Test
    void momentumAddsUp() {
        try (Program program = descent(new Sgd(0.5f), 1)) {
            program.setState("theta", new float[] {0f});
            step(program, 1f); // velocity 1
            step(program, 1f); // velocity 1.5
            assertThat(program.state("theta")[0]).isCloseTo(-0.25f, within(1e-6f));
        }
    }

    @Test
    void onlyGradientsThatAreTooLongAreShortened() {
        Graph graph = new Graph();
        Tensor gradient = graph.input("gradient", ElementType.FLOAT, Shape.of(2));
        try (Program program = Program.builder(graph)
                .output("clipped", Optimiser.clipNorm(gradient, 1f))
                .build()) {
            try (var result = program.run(new Feeds().floats("gradient", 3f, 4f))) {
                assertThat(result.floats("clipped")).containsExactly(new float[] {0.6f, 0.8f}, within(1e-6f));
            }
            try (var result = program.run(new Feeds().floats("gradient", 0.3f, 0.4f))) {
                assertThat(result.floats("clipped")).containsExactly(new float[] {0.3f, 0.4f}, within(1e-6f));
            }
            try (var result = program.run(new Feeds().floats("gradient", 0f, 0f))) {
                assertThat(result.floats("clipped")).containsExactly(0f, 0f);
            }
        }
    }
}
