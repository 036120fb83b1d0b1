package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.Activation;
import dev.understudy.network.Mlp;
import dev.understudy.network.ParameterLayout;
import dev.understudy.network.Scaler;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * V(o, t): what is still to come after time t of an episode, from the observation and the share of the horizon that has
 * passed, so that it can predict an end by the step limit. Targets are standardised by running statistics.
 *
 * <p>Fitted by the solver of {@link TrustRegion}, as in the authors' code of GAIL: V is the mean of a Gaussian of unit
 * deviation over standardised targets, so the objective is minus half the mean squared error, the divergence half the
 * mean squared change, and F the mean of J'J.
 */
public final class ValueFunction implements AutoCloseable {
    private final Mlp network;
    private final ParameterLayout layout;
    private final TrustRegion region;
    private final int stride;
    private final int columns;
    private final Program prediction;
    private final Program slope;
    private final Program value;
    private final Program curvature;

    /**
     * Compiles the function.
     *
     * @param observationSize n
     * @param stride every how many rows the curvature looks at
     */
    public ValueFunction(int observationSize, List<Integer> hidden, TrustRegion region, int stride) {
        this.columns = observationSize;
        this.network = new Mlp("value", observationSize + 1, hidden, 1, Activation.TANH);
        this.region = region;
        this.stride = stride;
        ParameterLayout.Builder builder = ParameterLayout.builder();
        network.declare(builder);
        this.layout = builder.build();
        Graph graph = new Graph();
        Tensor theta = graph.input("theta", ElementType.FLOAT, Shape.of(layout.size()));
        Tensor observations = graph.input("observations", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, columns));
        Tensor times = graph.input("times", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 1));
        Tensor shift = graph.input("shift", ElementType.FLOAT, Shape.of(columns));
        Tensor scale = graph.input("scale", ElementType.FLOAT, Shape.of(columns));
        Tensor targets = graph.input("targets", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 1));
        Tensor before = graph.input("before", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 1));
        Tensor direction = graph.input("direction", ElementType.FLOAT, Shape.of(layout.size()));
        Tensor seen = Tensor.concat(1, List.of(Scaler.apply(observations, shift, scale), times));
        Tensor v = network.apply(layout.unpack(theta), seen);
        Tensor objective = halfSquare(v.sub(targets)).mean().neg();
        prediction = Program.builder(graph).output("values", v).build();
        slope = Program.builder(graph)
                .output("values", v)
                .output("objective", objective)
                .output("gradient", Gradient.of(objective, List.of(theta)).get(0))
                .build();
        value = Program.builder(graph)
                .output("objective", objective)
                .output("kl", halfSquare(v.sub(before)).mean())
                .build();
        curvature = Program.builder(graph)
                .output(
                        "product",
                        FisherProduct.of(
                                theta,
                                direction,
                                List.of(v),
                                at -> halfSquare(at.get(0).sub(at.get(0).stopGradient()))))
                .build();
    }

    private static Tensor halfSquare(Tensor x) {
        return x.mul(x).mul(0.5f);
    }

    /** Returns first parameters: the last layer is zero, so V starts as the mean of what was seen. */
    float[] initialTheta(RandomGenerator random) {
        float[] theta = new float[layout.size()];
        network.initialise(theta, layout, random, 0.0);
        return theta;
    }

    /**
     * Returns V, {@code [rows]}, in the unit of the rewards.
     *
     * @param observations {@code [rows, n]}
     * @param times share of the horizon passed, {@code [rows]}
     * @param targets the statistics of the targets
     */
    float[] values(float[] theta, float[] observations, float[] times, Scaler scaler, Scaler targets) {
        try (Result result = prediction.run(feeds(theta, observations, times, scaler))) {
            float[] values = result.floats("values");
            for (int i = 0; i < values.length; i++) {
                values[i] = values[i] / targets.scale()[0] + targets.shift()[0];
            }
            return values;
        }
    }

    /** Returns parameters nearer to the targets ({@code [rows]}, in the unit of the rewards). */
    float[] fit(
            float[] theta,
            float[] observations,
            float[] times,
            Scaler scaler,
            float[] targets,
            Scaler statistics,
            RandomGenerator random) {
        float[] standardised = new float[targets.length];
        float shift = statistics.shift()[0];
        float scale = statistics.scale()[0];
        for (int i = 0; i < targets.length; i++) {
            standardised[i] = (targets[i] - shift) * scale;
        }
        Feeds feeds = feeds(theta, observations, times, scaler).floats("targets", standardised);
        float[] gradient;
        double before;
        try (Result result = slope.run(feeds)) {
            gradient = result.floats("gradient");
            before = result.scalar("objective");
            feeds.floats("before", result.floats("values"));
        }
        int first = random.nextInt(Math.min(stride, times.length));
        float[] looked = PolicyBatch.strided(times, 1, first, stride);
        Feeds curved = feeds(theta, PolicyBatch.strided(observations, columns, first, stride), looked, scaler);
        if (curvature.inputNames().contains(FisherProduct.DUAL + 0)) {
            curved.floats(FisherProduct.DUAL + 0, new float[looked.length]);
        }
        return region.step(theta, gradient, before, new TrustRegion.Problem() {
                    @Override
                    public TrustRegion.Value at(float[] other) {
                        try (Result result = value.run(feeds.floats("theta", other))) {
                            return new TrustRegion.Value(result.scalar("objective"), result.scalar("kl"));
                        }
                    }

                    @Override
                    public float[] curvature(float[] direction) {
                        try (Result result = curvature.run(curved.floats("direction", direction))) {
                            return result.floats("product");
                        }
                    }
                })
                .finish()
                .theta();
    }

    private static Feeds feeds(float[] theta, float[] observations, float[] times, Scaler scaler) {
        return new Feeds()
                .floats("theta", theta)
                .floats("observations", observations)
                .floats("times", times)
                .floats("shift", scaler.shift())
                .floats("scale", scaler.scale());
    }

    /** Returns the statistics of targets after some more of them. */
    static Scaler observed(Scaler statistics, float[] targets) {
        return statistics.merge(new Matrix(targets.length, 1, targets));
    }

    @Override
    public void close() {
        prediction.close();
        slope.close();
        value.close();
        curvature.close();
    }
}
