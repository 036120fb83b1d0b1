package dev.understudy.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BagOfFeaturesTest {
    private static final DualEncoder ENCODER = new DualEncoder(new BagOfFeatures(6, 3), 4, List.of(2, 2, 3));

    @Test
    void aTextIsTheWeightedSumOverTheLengthOfTheWeights() {
        BagOfFeatures bag = new BagOfFeatures(3, 2);
        ParameterLayout.Builder builder = ParameterLayout.builder();
        bag.declare(builder);
        // E = (9, 9), (1, 2), (3, 4); w = 5, 0, ln 2: the first is none, the third counts twice.
        float[] theta = {9, 9, 1, 2, 3, 4, 5, 0, (float) Math.log(2)};
        Graph graph = new Graph();
        Map<String, Tensor> weights = builder.build().constants(graph, theta);
        Tensor ids = graph.input("ids", ElementType.INT64, Shape.of(2, 3));
        try (Program program = Program.builder(graph)
                        .output("u", bag.pool(weights, ids))
                        .build();
                Result result = program.run(new Feeds().longs("ids", 1, 2, 0, 0, 0, 0))) {
            // (1 + 2 * 3, 2 + 2 * 4) / sqrt(1 + 4)
            float[] u = result.floats("u");
            assertThat(u[0]).isCloseTo(7 / (float) Math.sqrt(5), within(1e-5f));
            assertThat(u[1]).isCloseTo(10 / (float) Math.sqrt(5), within(1e-5f));
            assertThat(u[2]).isZero();
            assertThat(u[3]).isZero();
        }
    }

    /** Scores of contexts and replies with each other, as one number. */
    private static Tensor loss(Graph graph, Map<String, Tensor> weights) {
        Tensor contexts = graph.constant(new long[] {1, 2, 3, 0, 4, 5, 1, 2, 0, 4, 0, 1, 0, 0}, Shape.of(2, 7));
        Tensor replies = graph.constant(new long[] {3, 0, 5, 4}, Shape.of(2, 2));
        DualEncoder.Contexts encoded = ENCODER.contexts(weights, contexts);
        Tensor scores =
                encoded.vectors().matMul(ENCODER.replies(weights, replies).transpose(1, 0));
        Tensor diagonal = graph.constant(new float[] {1, 0, 0, 1}, Shape.of(2, 2));
        return scores.logSoftmax(1)
                .mul(diagonal)
                .sum()
                .neg()
                .add(encoded.matches().sum());
    }

    @Test
    void gradientsOfTheEncodersAreThoseOfCentralDifferences() {
        ParameterLayout layout = ENCODER.layout();
        float[] theta = ENCODER.initialise(new SplittableRandom(1));
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < theta.length; i++) {
            theta[i] += (float) random.nextDouble(-0.3, 0.3);
        }
        Graph graph = new Graph();
        Tensor input = graph.input("theta", ElementType.FLOAT, Shape.of(layout.size()));
        Tensor loss = loss(graph, layout.unpack(input));
        Tensor gradient = Gradient.of(loss, List.of(input)).get(0);
        try (Program program = Program.builder(graph)
                .output("loss", loss)
                .output("gradient", gradient)
                .build()) {
            float[] found;
            try (Result result = program.run(new Feeds().floats("theta", theta))) {
                found = result.floats("gradient").clone();
            }
            float step = 2e-2f;
            for (int i = 0; i < theta.length; i += 3) {
                double[] ends = new double[2];
                for (int side = 0; side < 2; side++) {
                    float[] moved = theta.clone();
                    moved[i] += side == 0 ? -step : step;
                    try (Result result = program.run(new Feeds().floats("theta", moved))) {
                        ends[side] = result.scalar("loss");
                    }
                }
                assertThat((double) found[i])
                        .as("parameter %d", i)
                        .isCloseTo((ends[1] - ends[0]) / (2 * step), within(2e-2));
            }
        }
    }
}
