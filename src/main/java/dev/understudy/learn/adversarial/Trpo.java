package dev.understudy.learn.adversarial;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Tensor;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.policy.Distribution;
import dev.understudy.policy.StochasticPolicy;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Trust region policy optimisation: Schulman et al. (2015), arXiv:1502.05477, eq. 14: raise the mean of pi(a|o) /
 * pi_old(a|o) A over the rollout, subject to a mean KL(pi_old || pi) of at most {@code region.maxKl()}.
 *
 * <p>Curvature is taken over every {@code stride}-th row of the rollout only (appendix C.1 of the paper does so with a
 * tenth).
 */
public final class Trpo implements PolicyStep {
    private final TrustRegion region;
    private final int stride;
    private final int observationSize;
    private final boolean discrete;
    private final List<Integer> parameterSizes;
    private final Program slope;
    private final Program value;
    private final Program curvature;

    /**
     * Compiles the step for a policy.
     *
     * @param region how the step is bounded
     * @param stride every how many rows the curvature looks at, at least 1
     */
    public Trpo(StochasticPolicy policy, TrustRegion region, int stride) {
        if (stride < 1) {
            throw new IllegalArgumentException("expected a stride of at least 1, got " + stride);
        }
        this.region = region;
        this.stride = stride;
        this.observationSize = policy.observationSize();
        this.discrete = policy instanceof CategoricalPolicy;
        Surrogate surrogate = new Surrogate(policy);
        this.parameterSizes = surrogate.parameterSizes();
        Graph graph = surrogate.graph();
        Distribution pi = surrogate.distribution();

        // At theta the ratio is 1 and its gradient that of log pi.
        Tensor logProbability = surrogate.logProbability();
        Tensor ratio = logProbability.sub(logProbability.stopGradient()).exp();
        Tensor objective = ratio.mul(surrogate.advantages()).mean();
        Program.Builder first = Program.builder(graph)
                .output(
                        "gradient",
                        Gradient.of(objective, List.of(surrogate.theta())).get(0))
                .output("objective", objective)
                .output("logProbability", logProbability)
                .output("entropy", pi.entropy().mean());
        for (int i = 0; i < pi.parameters().size(); i++) {
            first.output(Surrogate.OLD + i, pi.parameters().get(i));
        }
        this.slope = first.build();
        this.value = Program.builder(graph)
                .output(
                        "objective",
                        surrogate.ratio().mul(surrogate.advantages()).mean())
                .output("kl", surrogate.divergence().mean())
                .build();
        Tensor direction =
                graph.input("direction", ElementType.FLOAT, surrogate.theta().shape());
        this.curvature = Program.builder(graph)
                .output("product", product(policy, surrogate.theta(), direction, pi.parameters()))
                .build();
    }

    /** Returns F v of a policy, {@code [parameters]}. */
    static Tensor product(StochasticPolicy policy, Tensor theta, Tensor direction, List<Tensor> z) {
        return FisherProduct.of(theta, direction, z, at -> policy.distribution(at)
                .divergenceFrom(at.stream().map(Tensor::stopGradient).toList()));
    }

    @Override
    public Sliced<Outcome> improve(float[] theta, PolicyBatch batch, double share, RandomGenerator random) {
        TrustRegion within = region.times(share);
        return Sliced.of(() -> new Ascent(theta, batch, random))
                .then(ascent -> within.step(theta, ascent.gradient, ascent.objective, ascent)
                        .thenOne(step -> new Outcome(
                                step.theta(), step.value().kl(), ascent.entropy, step.rise(), step.accepted())));
    }

    /** The objective of one batch, its gradient, and what the step asks of it. */
    private final class Ascent implements TrustRegion.Problem {
        private final Feeds feeds;
        private final Feeds curved;
        private final float[] gradient;
        private final double entropy;
        private final double objective;

        Ascent(float[] theta, PolicyBatch batch, RandomGenerator random) {
            feeds = new Feeds()
                    .floats(Surrogate.THETA, theta)
                    .floats(Surrogate.OBSERVATIONS, batch.observations())
                    .floats(Surrogate.ADVANTAGES, batch.advantages())
                    .floats(Surrogate.SHIFT, batch.scaler().shift())
                    .floats(Surrogate.SCALE, batch.scaler().scale());
            PolicyBatch.feed(feeds, Surrogate.ACTIONS, batch.actions(), discrete);
            try (Result result = slope.run(feeds)) {
                gradient = result.floats("gradient");
                entropy = result.scalar("entropy");
                objective = result.scalar("objective");
                feeds.floats(Surrogate.OLD_LOG_PROBABILITY, result.floats("logProbability"));
                for (int i = 0; i < parameterSizes.size(); i++) {
                    feeds.floats(Surrogate.OLD + i, result.floats(Surrogate.OLD + i));
                }
            }
            float[] looked = PolicyBatch.strided(
                    batch.observations(), observationSize, random.nextInt(Math.min(stride, batch.rows())), stride);
            curved = new Feeds()
                    .floats(Surrogate.THETA, theta)
                    .floats(Surrogate.OBSERVATIONS, looked)
                    .floats(Surrogate.SHIFT, batch.scaler().shift())
                    .floats(Surrogate.SCALE, batch.scaler().scale());
            for (int i = 0; i < parameterSizes.size(); i++) {
                if (curvature.inputNames().contains(FisherProduct.DUAL + i)) {
                    curved.floats(
                            FisherProduct.DUAL + i, new float[looked.length / observationSize * parameterSizes.get(i)]);
                }
            }
        }

        @Override
        public TrustRegion.Value at(float[] other) {
            try (Result result = value.run(feeds.floats(Surrogate.THETA, other))) {
                return new TrustRegion.Value(result.scalar("objective"), result.scalar("kl"));
            }
        }

        @Override
        public float[] curvature(float[] direction) {
            try (Result result = curvature.run(curved.floats("direction", direction))) {
                return result.floats("product");
            }
        }
    }

    /** Remembers nothing. */
    @Override
    public SortedMap<String, float[]> memory() {
        return new TreeMap<>();
    }

    @Override
    public void restore(Map<String, float[]> memory) {}

    @Override
    public void close() {
        slope.close();
        value.close();
        curvature.close();
    }
}
