package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.policy.Distribution;
import dev.understudy.policy.GaussianPolicy;
import dev.understudy.policy.StochasticPolicy;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FisherProductTest {
    private static final int ROWS = 7;

    /** F is the mean over rows of the sum over actions of pi(a) s s' with the score s = d log pi(a) / d theta. */
    @Test
    void agreesWithTheDenseFisherMatrixOfACategoricalPolicy() {
        CategoricalPolicy policy = new CategoricalPolicy(3, 4, List.of(5, 5), Activation.TANH);
        float[] theta = parameters(policy);
        float[] observations = drawn(ROWS * 3, 2);
        int size = theta.length;
        double[][] fisher = new double[size][size];
        for (int row = 0; row < ROWS; row++) {
            for (int action = 0; action < 4; action++) {
                Graph graph = new Graph();
                Tensor parameter = graph.input("theta", ElementType.FLOAT, Shape.of(size));
                Tensor observed = graph.constant(
                        java.util.Arrays.copyOfRange(observations, row * 3, row * 3 + 3), Shape.of(1, 3));
                Distribution pi = of(policy, parameter, observed);
                Tensor log = pi.logProbability(graph.constant(new long[] {action}, Shape.of(1)))
                        .sum();
                add(fisher, log, parameter, theta, ROWS);
            }
        }
        assertAgrees(policy, theta, observations, fisher);
    }

    /**
     * For mean m and deviation e^l, F is J' diag(e^(-2l), 2) J with J of (m, l): the Fisher information of a Gaussian
     * in these coordinates.
     */
    @Test
    void agreesWithTheDenseFisherMatrixOfAGaussianPolicy() {
        GaussianPolicy policy = new GaussianPolicy(
                3,
                2,
                List.of(4),
                Activation.TANH,
                GaussianPolicy.Deviation.STATE_INDEPENDENT,
                GaussianPolicy.Bounds.CLIPPED,
                -1f,
                1f);
        float[] theta = parameters(policy);
        float[] observations = drawn(ROWS * 3, 2);
        int size = theta.length;
        double[][] fisher = new double[size][size];
        for (int row = 0; row < ROWS; row++) {
            for (int column = 0; column < 4; column++) {
                Graph graph = new Graph();
                Tensor parameter = graph.input("theta", ElementType.FLOAT, Shape.of(size));
                Tensor observed = graph.constant(
                        java.util.Arrays.copyOfRange(observations, row * 3, row * 3 + 3), Shape.of(1, 3));
                List<Tensor> z = of(policy, parameter, observed).parameters();
                int k = column % 2;
                Tensor value = z.get(column / 2).slice(1, k, k + 1).sum();
                float logStd = theta[size - 2 + k];
                double weight = column < 2 ? Math.exp(-2 * logStd) : 2;
                accumulate(fisher, gradient(value, parameter, theta), weight / ROWS);
            }
        }
        assertAgrees(policy, theta, observations, fisher);
    }

    /** Returns the policy's distribution on observations of three numbers that are taken as they are. */
    private static Distribution of(StochasticPolicy policy, Tensor theta, Tensor observed) {
        return policy.distribution(
                Surrogate.layout(policy).unpack(theta),
                observed,
                theta.graph().constant(new float[3], Shape.of(3)),
                theta.graph().constant(new float[] {1f, 1f, 1f}, Shape.of(3)));
    }

    private static void assertAgrees(StochasticPolicy policy, float[] theta, float[] observations, double[][] fisher) {
        int size = theta.length;
        Graph graph = new Graph();
        Tensor parameter = graph.input("theta", ElementType.FLOAT, Shape.of(size));
        Tensor observed = graph.input("observations", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 3));
        Tensor direction = graph.input("direction", ElementType.FLOAT, Shape.of(size));
        Distribution pi = of(policy, parameter, observed);
        try (Program program = Program.builder(graph)
                .output("product", Trpo.product(policy, parameter, direction, pi.parameters()))
                .build()) {
            for (int trial = 0; trial < 5; trial++) {
                float[] v = drawn(size, 10 + trial);
                Feeds feeds = new Feeds()
                        .floats("theta", theta)
                        .floats("observations", observations)
                        .floats("direction", v);
                for (int i = 0; i < pi.parameters().size(); i++) {
                    if (program.inputNames().contains(FisherProduct.DUAL + i)) {
                        int columns = (int) pi.parameters().get(i).shape().dim(1);
                        feeds.floats(FisherProduct.DUAL + i, new float[ROWS * columns]);
                    }
                }
                float[] product;
                try (Result result = program.run(feeds)) {
                    product = result.floats("product");
                }
                double error = 0;
                double norm = 0;
                for (int i = 0; i < size; i++) {
                    double expected = 0;
                    for (int j = 0; j < size; j++) {
                        expected += fisher[i][j] * v[j];
                    }
                    error += (product[i] - expected) * (product[i] - expected);
                    norm += expected * expected;
                }
                assertThat(Math.sqrt(error / norm)).isLessThan(1e-4);
            }
        }
    }

    /** Adds pi(a) s s' / rows. */
    private static void add(double[][] fisher, Tensor log, Tensor parameter, float[] theta, int rows) {
        float probability;
        try (Program program = Program.builder(log.graph())
                        .output("probability", log.exp())
                        .build();
                Result result = program.run(new Feeds().floats("theta", theta))) {
            probability = result.scalar("probability");
        }
        accumulate(fisher, gradient(log, parameter, theta), probability / rows);
    }

    private static void accumulate(double[][] fisher, float[] score, double weight) {
        for (int i = 0; i < score.length; i++) {
            for (int j = 0; j < score.length; j++) {
                fisher[i][j] += weight * score[i] * score[j];
            }
        }
    }

    private static float[] gradient(Tensor value, Tensor parameter, float[] theta) {
        Tensor gradient = Gradient.of(value, List.of(parameter)).get(0);
        try (Program program = Program.builder(value.graph())
                        .output("gradient", gradient)
                        .build();
                Result result = program.run(new Feeds().floats("theta", theta))) {
            return result.floats("gradient");
        }
    }

    private static float[] parameters(StochasticPolicy policy) {
        return drawn(Surrogate.layout(policy).size(), 1);
    }

    private static float[] drawn(int size, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (0.7 * random.nextGaussian());
        }
        return values;
    }
}
