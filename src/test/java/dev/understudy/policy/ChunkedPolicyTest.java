package dev.understudy.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.Activation;
import dev.understudy.network.ParameterLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ChunkedPolicyTest {
    private static final GaussianPolicy GAUSSIAN = new GaussianPolicy(
            2,
            1,
            List.of(4),
            Activation.TANH,
            GaussianPolicy.Deviation.STATE_INDEPENDENT,
            GaussianPolicy.Bounds.CLIPPED,
            -0.5f,
            0.5f);
    private static final CategoricalPolicy CHOICES = new CategoricalPolicy(2, 2, List.of(4), Activation.TANH);
    private static final float[] OBSERVATIONS = {0.3f, -0.7f, 1.1f, 0.2f};

    private static ParameterLayout layout(StochasticPolicy policy) {
        ParameterLayout.Builder builder = ParameterLayout.builder();
        policy.declare(builder);
        return builder.build();
    }

    /** Gives the likelihood of two chunks, its gradient, and what a model gives. */
    private static Program program(ChunkedPolicy policy) {
        Graph graph = new Graph();
        ParameterLayout layout = layout(policy);
        Tensor theta = graph.input("theta", ElementType.FLOAT, Shape.of(layout.size()));
        Tensor observation = graph.input("observation", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 2));
        Tensor done = graph.input("done", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, policy.actionSize()));
        Distribution distribution = policy.distribution(
                layout.unpack(theta),
                observation,
                graph.constant(new float[2], Shape.of(2)),
                graph.constant(new float[] {1f, 1f}, Shape.of(2)));
        Tensor likelihood = distribution.logProbability(done);
        Program.Builder builder = Program.builder(graph)
                .output("likelihood", likelihood)
                .output("entropy", distribution.entropy())
                .output("divergence", distribution.divergenceFrom(distribution.parameters()))
                .output(
                        "gradient",
                        Gradient.of(likelihood.sum(), List.of(theta)).get(0));
        distribution.outputs().forEach(builder::output);
        return builder.build();
    }

    private static float[] theta(ChunkedPolicy policy) {
        ParameterLayout layout = layout(policy);
        float[] theta = new float[layout.size()];
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < theta.length; i++) {
            theta[i] = (float) (0.5 * random.nextGaussian());
        }
        return theta;
    }

    private static Feeds feeds(float[] theta, float[] done) {
        return new Feeds()
                .floats("theta", theta)
                .floats("observation", OBSERVATIONS)
                .floats("done", done);
    }

    @Test
    void theLikelihoodOfAChunkIsThatOfItsChoicesTogether() {
        ChunkedPolicy policy = new ChunkedPolicy(CHOICES, 3);
        float[] done = {0, 1, 1, 1, 0, 0};
        try (Program program = program(policy);
                var result = program.run(feeds(theta(policy), done))) {
            float[] logits = result.floats("chunk");
            for (int row = 0; row < 2; row++) {
                double sum = 0;
                double entropy = 0;
                for (int i = 0; i < 3; i++) {
                    double gap = logits[row * 6 + 2 * i + 1] - logits[row * 6 + 2 * i];
                    double first = 1 / (1 + Math.exp(gap)); // of choice 0
                    sum += Math.log(done[row * 3 + i] == 0 ? first : 1 - first);
                    entropy -= first * Math.log(first) + (1 - first) * Math.log(1 - first);
                }
                assertThat((double) result.floats("likelihood")[row]).isCloseTo(sum, within(1e-5));
                assertThat((double) result.floats("entropy")[row]).isCloseTo(entropy, within(1e-5));
                assertThat(result.floats("divergence")[row]).isCloseTo(0f, within(1e-6f));
                // what is done now is the first of them
                assertThat(result.floats("logits")[2 * row]).isEqualTo(logits[row * 6]);
                assertThat(result.floats("logits")[2 * row + 1]).isEqualTo(logits[row * 6 + 1]);
            }
        }
    }

    @Test
    void ofNumbersTheFirstIsDoneAndAllAreKeptInRange() {
        ChunkedPolicy policy = new ChunkedPolicy(GAUSSIAN, 3);
        try (Program program = program(policy);
                var result = program.run(feeds(theta(policy), new float[6]))) {
            float[] chunk = result.floats("chunk");
            assertThat(chunk).hasSize(6);
            for (float number : chunk) {
                assertThat(number).isBetween(-0.5f, 0.5f);
            }
            assertThat(result.floats("action")).containsExactly(chunk[0], chunk[3]);
            assertThat(result.floats("mean")).hasSize(2);
        }
    }

    @Test
    void gradientsAgreeWithCentralDifferences() {
        float[][] done = {{0, 1, 1, 1, 0, 0}, {0.1f, -0.2f, 0.3f, 0.4f, 0, -0.4f}};
        ChunkedPolicy[] policies = {new ChunkedPolicy(CHOICES, 3), new ChunkedPolicy(GAUSSIAN, 3)};
        for (int kind = 0; kind < 2; kind++) {
            float[] theta = theta(policies[kind]);
            try (Program program = program(policies[kind])) {
                float[] gradient;
                try (var result = program.run(feeds(theta, done[kind]))) {
                    gradient = result.floats("gradient");
                }
                for (int i = 0; i < theta.length; i++) {
                    double slope = (sum(program, moved(theta, i, 1e-2f), done[kind])
                                    - sum(program, moved(theta, i, -1e-2f), done[kind]))
                            / 2e-2;
                    assertThat((double) gradient[i]).isCloseTo(slope, within(2e-3 + 2e-3 * Math.abs(slope)));
                }
            }
        }
    }

    private static float[] moved(float[] theta, int at, float by) {
        float[] moved = theta.clone();
        moved[at] += by;
        return moved;
    }

    private static double sum(Program program, float[] theta, float[] done) {
        try (var result = program.run(feeds(theta, done))) {
            double sum = 0;
            for (float each : result.floats("likelihood")) {
                sum += each;
            }
            return sum;
        }
    }

    @Test
    void aChunkHasAtLeastOneAction() {
        assertThatThrownBy(() -> new ChunkedPolicy(CHOICES, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected chunks of at least 1");
    }
}
