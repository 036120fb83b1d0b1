package dev.understudy.learn.adversarial;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.Adam;
import dev.understudy.network.Optimiser;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.policy.StochasticPolicy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Proximal policy optimisation: Schulman et al. (2017), arXiv:1707.06347, eq. 7: several passes of Adam over the
 * rollout in small batches, on the lesser of ratio x A and clip(ratio) x A. Cheaper than {@link Trpo}; nothing bounds
 * the divergence but the clipping.
 */
public final class Ppo implements PolicyStep {
    /**
     * How PPO steps.
     *
     * @param clip how far the ratio may leave 1 before the gradient stops
     * @param passes over the rollout
     * @param batch rows per step of Adam
     * @param learningRate of Adam
     */
    public record Options(double clip, int passes, int batch, double learningRate) {
        /** Returns the settings of the paper's table 3, with batches of 256. */
        public static Options defaults() {
            return new Options(0.2, 10, 256, 3e-4);
        }
    }

    private final Options options;
    private final int observationSize;
    private final int actionSize;
    private final boolean discrete;
    private final int parameters;
    private final Optimiser optimiser = Adam.defaults();
    private final int sizes;
    private final Program training;
    private final Program before;
    private final Program after;

    /** Compiles the step for a policy. */
    public Ppo(StochasticPolicy policy, Options options) {
        this.options = options;
        this.observationSize = policy.observationSize();
        this.discrete = policy instanceof CategoricalPolicy;
        this.actionSize = discrete ? 1 : policy.actionSize();
        Surrogate surrogate = new Surrogate(policy);
        Graph graph = surrogate.graph();
        this.parameters = (int) surrogate.theta().shape().size();
        Tensor advantages = surrogate.advantages();
        Tensor ratio = surrogate.ratio();
        float clip = (float) options.clip();
        Tensor objective = ratio.mul(advantages)
                .min(ratio.clip(1 - clip, 1 + clip).mul(advantages))
                .mean();
        Tensor gradient =
                Gradient.of(objective.neg(), List.of(surrogate.theta())).get(0);
        Tensor rate = graph.input("learningRate", ElementType.FLOAT, Shape.of(1));
        Map<String, Tensor> memory = new LinkedHashMap<>();
        for (Optimiser.Memory vector : optimiser.memory(parameters)) {
            memory.put(vector.name(), graph.input(vector.name(), ElementType.FLOAT, Shape.of(vector.initial().length)));
        }
        Optimiser.Step step = optimiser.step(surrogate.theta(), Optimiser.clipNorm(gradient, 0.5f), rate, memory);
        Program.Builder builder = Program.builder(graph)
                .output("objective", objective)
                .state(Surrogate.THETA, surrogate.theta(), step.theta());
        memory.forEach((name, tensor) ->
                builder.state(name, tensor, Objects.requireNonNull(step.memory().get(name))));
        this.training = builder.build();
        List<Tensor> made = surrogate.distribution().parameters();
        this.sizes = made.size();
        Program.Builder old = Program.builder(graph)
                .output("logProbability", surrogate.logProbability())
                .output("entropy", surrogate.distribution().entropy().mean());
        for (int i = 0; i < sizes; i++) {
            old.output(Surrogate.OLD + i, made.get(i));
        }
        this.before = old.build();
        this.after = Program.builder(graph)
                .output("objective", objective)
                .output("kl", surrogate.divergence().mean())
                .build();
        restore(Map.of());
    }

    @Override
    public Sliced<Outcome> improve(float[] theta, PolicyBatch batch, double share, RandomGenerator random) {
        return Sliced.of(() -> new Ascent(theta, batch, share, random)).then(ascent -> ascent);
    }

    /** Passes over one batch, under way. */
    private final class Ascent implements Sliced<Outcome> {
        private final PolicyBatch batch;
        private final float rate;
        private final RandomGenerator random;
        private final Feeds compared;
        private final double entropy;
        private final float[] logProbabilities;
        private final int[] order;
        private int pass;
        private int from;

        Ascent(float[] theta, PolicyBatch batch, double share, RandomGenerator random) {
            this.batch = batch;
            this.rate = (float) (share * options.learningRate());
            this.random = random;
            Feeds whole = scaled(batch).floats(Surrogate.OBSERVATIONS, batch.observations());
            PolicyBatch.feed(whole, Surrogate.ACTIONS, batch.actions(), discrete);
            whole.floats(Surrogate.THETA, theta);
            compared = scaled(batch)
                    .floats(Surrogate.OBSERVATIONS, batch.observations())
                    .floats(Surrogate.ADVANTAGES, batch.advantages());
            PolicyBatch.feed(compared, Surrogate.ACTIONS, batch.actions(), discrete);
            try (Result result = before.run(whole)) {
                entropy = result.scalar("entropy");
                logProbabilities = result.floats("logProbability");
                for (int i = 0; i < sizes; i++) {
                    compared.floats(Surrogate.OLD + i, result.floats(Surrogate.OLD + i));
                }
            }
            training.setState(Surrogate.THETA, theta);
            order = new int[batch.rows()];
            for (int i = 0; i < order.length; i++) {
                order[i] = i;
            }
        }

        @Override
        public boolean advance() {
            if (from == 0) {
                shuffle(order, random);
            }
            int rows = Math.min(options.batch(), order.length - from);
            Feeds feeds = scaled(batch)
                    .floats("learningRate", rate)
                    .floats(Surrogate.OBSERVATIONS, rows(batch.observations(), observationSize, order, from, rows))
                    .floats(Surrogate.ADVANTAGES, rows(batch.advantages(), 1, order, from, rows))
                    .floats(Surrogate.OLD_LOG_PROBABILITY, rows(logProbabilities, 1, order, from, rows));
            PolicyBatch.feed(feeds, Surrogate.ACTIONS, rows(batch.actions(), actionSize, order, from, rows), discrete);
            training.run(feeds).close();
            from += rows;
            if (from == order.length) {
                from = 0;
                pass++;
            }
            return pass < options.passes();
        }

        @Override
        public Outcome outcome() {
            float[] next = training.state(Surrogate.THETA);
            compared.floats(Surrogate.THETA, next).floats(Surrogate.OLD_LOG_PROBABILITY, logProbabilities);
            try (Result result = after.run(compared)) {
                return new Outcome(next, result.scalar("kl"), entropy, result.scalar("objective"), true);
            }
        }
    }

    private static Feeds scaled(PolicyBatch batch) {
        return new Feeds()
                .floats(Surrogate.SHIFT, batch.scaler().shift())
                .floats(Surrogate.SCALE, batch.scaler().scale());
    }

    private static void shuffle(int[] order, RandomGenerator random) {
        for (int i = order.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int held = order[i];
            order[i] = order[j];
            order[j] = held;
        }
    }

    private static float[] rows(float[] values, int columns, int[] order, int from, int count) {
        float[] chosen = new float[count * columns];
        for (int i = 0; i < count; i++) {
            System.arraycopy(values, order[from + i] * columns, chosen, i * columns, columns);
        }
        return chosen;
    }

    @Override
    public SortedMap<String, float[]> memory() {
        SortedMap<String, float[]> memory = new TreeMap<>();
        for (Optimiser.Memory vector : optimiser.memory(parameters)) {
            memory.put(vector.name(), training.state(vector.name()));
        }
        return memory;
    }

    @Override
    public void restore(Map<String, float[]> memory) {
        for (Optimiser.Memory vector : optimiser.memory(parameters)) {
            training.setState(vector.name(), memory.getOrDefault(vector.name(), vector.initial()));
        }
    }

    @Override
    public void close() {
        training.close();
        before.close();
        after.close();
    }
}
