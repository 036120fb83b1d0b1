package dev.understudy.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.Activation;
import dev.understudy.network.ParameterLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DistributionTest {
    private static GaussianPolicy gaussian(GaussianPolicy.Deviation deviation, GaussianPolicy.Bounds bounds) {
        return new GaussianPolicy(2, 1, List.of(8), Activation.TANH, deviation, bounds, -2f, 3f);
    }

    private static float[] initial(StochasticPolicy policy, ParameterLayout layout) {
        float[] theta = new float[layout.size()];
        policy.initialise(theta, layout, new SplittableRandom(5));
        return theta;
    }

    private static ParameterLayout layout(StochasticPolicy policy) {
        ParameterLayout.Builder builder = ParameterLayout.builder();
        policy.declare(builder);
        return builder.build();
    }

    /** Compiles log-probability, entropy, mode and action of a policy at its first parameters. */
    private static Program program(StochasticPolicy policy, ElementType action, Shape actionShape) {
        Graph graph = new Graph();
        ParameterLayout layout = layout(policy);
        Tensor observation = graph.input("observation", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 2));
        Tensor done = graph.input("done", action, actionShape);
        Distribution distribution = policy.distribution(
                layout.constants(graph, initial(policy, layout)),
                observation,
                graph.constant(new float[2], Shape.of(2)),
                graph.constant(new float[] {1f, 1f}, Shape.of(2)));
        return Program.builder(graph)
                .output("logProbability", distribution.logProbability(done))
                .output("entropy", distribution.entropy())
                .output("mode", distribution.mode())
                .output("action", distribution.action())
                .build();
    }

    /** Where the network says nothing, the policy does what the law does: 0.5 x + 2 y, kept between -2 and 3. */
    @Test
    void aPolicyWithALawAddsItsNetworkToTheLaw() {
        GaussianPolicy lawful = new GaussianPolicy(
                2,
                1,
                List.of(8),
                Activation.TANH,
                GaussianPolicy.Deviation.STATE_INDEPENDENT,
                GaussianPolicy.Bounds.CLIPPED,
                -2f,
                3f,
                List.of(0.5f, 2f));
        GaussianPolicy without = gaussian(GaussianPolicy.Deviation.STATE_INDEPENDENT, GaussianPolicy.Bounds.CLIPPED);
        Feeds feeds = new Feeds()
                .floats("observation", new float[] {1f, 0.25f, -9f, 0f, 0f, 4f})
                .floats("done", new float[] {0f, 0f, 0f});
        float[] laws = {1f, -2f, 3f};
        try (Program with = program(lawful, ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 1));
                Program plain = program(without, ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 1));
                var sum = with.run(feeds);
                var network = plain.run(feeds)) {
            for (int row = 0; row < laws.length; row++) {
                assertThat(sum.floats("mode")[row]).isCloseTo(laws[row] + network.floats("mode")[row], within(1e-6f));
            }
        }
        assertThatThrownBy(() -> new GaussianPolicy(
                        2,
                        1,
                        List.of(8),
                        Activation.TANH,
                        GaussianPolicy.Deviation.STATE_INDEPENDENT,
                        GaussianPolicy.Bounds.CLIPPED,
                        -2f,
                        3f,
                        List.of(1f)))
                .hasMessageContaining("2 x 1 weights or none, got 1");
    }

    @Test
    void everyGaussianDensityIntegratesToOne() {
        for (GaussianPolicy.Deviation deviation : GaussianPolicy.Deviation.values()) {
            for (GaussianPolicy.Bounds bounds : GaussianPolicy.Bounds.values()) {
                boolean squashed = bounds == GaussianPolicy.Bounds.SQUASHED;
                double low = squashed ? -2 : -12;
                double high = squashed ? 3 : 12;
                int points = 4000;
                double width = (high - low) / points;
                float[] actions = new float[points];
                float[] observations = new float[2 * points];
                for (int i = 0; i < points; i++) {
                    actions[i] = (float) (low + (i + 0.5) * width);
                    observations[2 * i] = 0.7f;
                    observations[2 * i + 1] = -1.3f;
                }
                try (Program program =
                                program(gaussian(deviation, bounds), ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 1));
                        var result = program.run(
                                new Feeds().floats("observation", observations).floats("done", actions))) {
                    double mass = 0;
                    for (float logProbability : result.floats("logProbability")) {
                        mass += Math.exp(logProbability) * width;
                    }
                    assertThat(mass).as("%s %s", deviation, bounds).isCloseTo(1.0, within(2e-3));
                }
            }
        }
    }

    @Test
    void standardGaussianHasItsKnownDensityAndEntropy() {
        // At the first parameters logStd = 0, so log p(mean) = -log(2 pi) / 2 and the entropy is (1 + log 2 pi) / 2.
        GaussianPolicy policy = gaussian(GaussianPolicy.Deviation.STATE_INDEPENDENT, GaussianPolicy.Bounds.CLIPPED);
        try (Program program = program(policy, ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 1))) {
            float mode;
            try (var result =
                    program.run(new Feeds().floats("observation", 0f, 0f).floats("done", 0f))) {
                mode = result.floats("mode")[0];
            }
            try (var result =
                    program.run(new Feeds().floats("observation", 0f, 0f).floats("done", mode))) {
                assertThat(result.floats("logProbability")[0]).isCloseTo(-0.918939f, within(1e-5f));
                assertThat(result.floats("entropy")[0]).isCloseTo(1.418939f, within(1e-5f));
            }
        }
    }

    @Test
    void categoricalProbabilitiesSumToOneAndTheModeIsTheLikeliest() {
        CategoricalPolicy policy = new CategoricalPolicy(2, 3, List.of(8), Activation.RELU);
        try (Program program = program(policy, ElementType.INT64, Shape.of(Shape.UNKNOWN));
                var result = program.run(new Feeds()
                        .floats("observation", 1f, 2f, 1f, 2f, 1f, 2f)
                        .longs("done", 0, 1, 2))) {
            float[] logs = result.floats("logProbability");
            double sum = 0;
            double entropy = 0;
            int likeliest = 0;
            for (int i = 0; i < logs.length; i++) {
                sum += Math.exp(logs[i]);
                entropy -= Math.exp(logs[i]) * logs[i];
                likeliest = logs[i] > logs[likeliest] ? i : likeliest;
            }
            assertThat(sum).isCloseTo(1.0, within(1e-5));
            assertThat(result.floats("entropy")[0]).isCloseTo((float) entropy, within(1e-5f));
            assertThat(result.longs("mode")[0]).isEqualTo(likeliest);
        }
    }
}
