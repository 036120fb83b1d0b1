package dev.understudy.reward;

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
import dev.understudy.network.RecurrentNetwork;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Distinguishes the expert's replies from generated ones, having read any beginning of them: D(context, prefix) =
 * sigma(z), the probability that a reply that begins like this is the <em>expert's</em>. A recurrent network reads
 * context and reply and says z after each token, so one run judges all prefixes: the second way of Li et al. (2017),
 * arXiv:1701.06547, section 3.2, to reward partial replies; their first are rollouts, those of Yu et al. (2017),
 * arXiv:1609.05473, eq. 4.
 *
 * <pre>
 *   tokens ─► recurrent network ─► features f = (h' P, 1)   [e + 1]
 *                                    ├─► z = f w
 *                                    └─► V = f v            the critic; f is constant to it
 * </pre>
 *
 * <p>It minimises the weighted sum of -log D over prefixes of the expert's replies and of -log(1 - D) over those of
 * generated ones. The best D for prefixes has z = log p_E(prefix | context) / pi(prefix | context). Holds native
 * memory; for one thread at a time.
 */
public final class SequenceDiscriminator implements AutoCloseable {
    private static final String THETA = "theta";
    private static final String TOKENS = "tokens";

    private final Options options;
    private final RecurrentNetwork network;
    private final int rows;
    private final int steps;
    private final int size;
    private final Optimiser optimiser = Adam.defaults();
    private final Program training;
    private final Program judging;

    /**
     * How it is built and learns.
     *
     * @param embedding width of a token
     * @param state width of the recurrent state
     * @param learningRate of Adam
     * @param gradientNorm longest gradient of network and z, and of the critic; longer ones are shortened to it
     */
    public record Options(int embedding, int state, double learningRate, double gradientNorm) {
        public Options {
            if (embedding < 1 || state < 1 || !(learningRate > 0) || !(gradientNorm > 0)) {
                throw new IllegalArgumentException(
                        "expected widths of at least 1 and a learningRate and gradientNorm above 0, got %d, %d, %s and %s"
                                .formatted(embedding, state, learningRate, gradientNorm));
            }
        }
    }

    /**
     * What it says of each place.
     *
     * @param logits z after the token there, {@code [steps * rows]}
     * @param values V after the token there, {@code [steps * rows]}
     */
    public record Judgement(float[] logits, float[] values) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Judgement that
                    && Arrays.equals(logits, that.logits)
                    && Arrays.equals(values, that.values);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(logits);
        }
    }

    /**
     * What it is to learn of each place; all arrays are {@code [steps * rows]}.
     *
     * @param signs 1 where the reply is the expert's, -1 where it is generated
     * @param weights of the places in the loss of D; 0 where no reply is
     * @param targets for V
     * @param valued weights of the places in the loss of V
     */
    public record Lesson(float[] signs, float[] weights, float[] targets, float[] valued) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Lesson that
                    && Arrays.equals(signs, that.signs)
                    && Arrays.equals(weights, that.weights)
                    && Arrays.equals(targets, that.targets)
                    && Arrays.equals(valued, that.valued);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(weights);
        }
    }

    /**
     * Compiles a discriminator; it knows nothing until {@link #restore}.
     *
     * @param rows sequences judged at once
     * @param steps tokens of a sequence, context and reply
     */
    public SequenceDiscriminator(int vocabulary, Options options, int rows, int steps) {
        this.options = options;
        this.network = new RecurrentNetwork(vocabulary, options.embedding(), options.state());
        this.rows = rows;
        this.steps = steps;
        this.size = network.layout().size() + 2 * features();
        Graph graph = new Graph();
        Tensor theta = graph.input(THETA, ElementType.FLOAT, Shape.of(size));
        Read read = new Read(graph, theta);
        judging = Program.builder(graph)
                .output("logits", read.logits)
                .output("values", read.values)
                .build();
        training = trainer(graph, theta, read);
    }

    private int features() {
        return options.embedding() + 1;
    }

    /** The network along the tokens, with both of its ends. */
    private final class Read {
        private final Map<String, Tensor> parameters;
        private final RecurrentNetwork.Unrolled unrolled;
        private final Tensor judge;
        private final Tensor critic;
        private final Tensor logits;
        private final Tensor values;

        Read(Graph graph, Tensor theta) {
            int inner = network.layout().size();
            parameters = network.layout().unpack(theta.slice(0, 0, inner));
            judge = theta.slice(0, inner, (long) inner + features());
            critic = theta.slice(0, (long) inner + features(), size);
            float[] ones = new float[rows * steps];
            Arrays.fill(ones, 1);
            unrolled = network.unroll(
                    parameters,
                    graph.input(TOKENS, ElementType.INT64, Shape.of((long) rows * steps)),
                    graph.constant(ones, Shape.of(ones.length, 1)),
                    graph.constant(new float[rows * network.state()], Shape.of(rows, network.state())),
                    null);
            logits = times(unrolled.projected(), judge);
            values = times(unrolled.projected().stopGradient(), critic);
        }

        private Tensor times(Tensor features, Tensor head) {
            return features.matMul(head.reshape(Shape.of(features(), 1))).reshape(Shape.of((long) rows * steps));
        }
    }

    private Program trainer(Graph graph, Tensor theta, Read read) {
        Shape places = Shape.of((long) rows * steps);
        Tensor signs = graph.input("signs", ElementType.FLOAT, places);
        Tensor weights = graph.input("weights", ElementType.FLOAT, places);
        Tensor targets = graph.input("targets", ElementType.FLOAT, places);
        Tensor valued = graph.input("valued", ElementType.FLOAT, places);
        Tensor learningRate = graph.input("learningRate", ElementType.FLOAT, Shape.of(1));
        // -log D = softplus(-z), -log(1 - D) = softplus(z)
        Tensor loss = read.logits.mul(signs).neg().softplus().mul(weights).sum();
        Tensor error = read.values.sub(targets);
        Tensor valueLoss = error.mul(error).mul(valued).sum().mul(0.5f);
        float longest = (float) options.gradientNorm();
        Tensor inner = network.gradient(loss, read.parameters, read.unrolled);
        Tensor ofJudge = Gradient.of(loss, List.of(read.judge)).get(0);
        Tensor ofCritic = Gradient.of(valueLoss, List.of(read.critic)).get(0);
        Tensor gradient = Tensor.concat(
                0,
                List.of(
                        Optimiser.clipNorm(Tensor.concat(0, List.of(inner, ofJudge)), longest),
                        Optimiser.clipNorm(ofCritic, longest)));
        Map<String, Tensor> memory = new LinkedHashMap<>();
        for (Optimiser.Memory vector : optimiser.memory(size)) {
            memory.put(vector.name(), graph.input(vector.name(), ElementType.FLOAT, Shape.of(vector.initial().length)));
        }
        Optimiser.Step step = optimiser.step(theta, gradient, learningRate, memory);
        Program.Builder builder = Program.builder(graph)
                .output("loss", loss)
                .output("valueLoss", valueLoss)
                .state(THETA, theta, step.theta());
        step.memory().forEach((name, next) -> builder.state(name, Objects.requireNonNull(memory.get(name)), next));
        return builder.build();
    }

    /** Returns the memory of a discriminator that knows nothing: z and V are 0. */
    public SortedMap<String, float[]> initialMemory(long seed) {
        SortedMap<String, float[]> memory = new TreeMap<>();
        memory.put(THETA, Arrays.copyOf(network.initialise(new SplittableRandom(seed)), size));
        optimiser.memory(size).forEach(vector -> memory.put(vector.name(), vector.initial()));
        return memory;
    }

    /** Goes on from a memory. */
    public void restore(SortedMap<String, float[]> memory) {
        memory.forEach(training::setState);
    }

    /** Returns a copy of all that it learned, weights and moments. */
    public SortedMap<String, float[]> memory() {
        SortedMap<String, float[]> memory = new TreeMap<>();
        memory.put(THETA, training.state(THETA));
        optimiser.memory(size).forEach(vector -> memory.put(vector.name(), training.state(vector.name())));
        return memory;
    }

    /**
     * Judges every prefix.
     *
     * @param tokens those of all sequences at the first step, then of all at the second, {@code [steps * rows]}
     */
    public Judgement judge(long[] tokens) {
        float[] theta = training.state(THETA);
        judging.setInput(THETA, theta, Shape.of(theta.length));
        try (Result result = judging.run(new Feeds().longs(TOKENS, tokens))) {
            return new Judgement(result.floats("logits"), result.floats("values"));
        }
    }

    /**
     * Takes one step of Adam.
     *
     * @param tokens as for {@link #judge}
     * @return the loss of D before the step, nats; 2 log 2 where each class weighs 1 and nothing is known
     */
    public double learn(long[] tokens, Lesson lesson) {
        Feeds feeds = new Feeds()
                .longs(TOKENS, tokens)
                .floats("signs", lesson.signs())
                .floats("weights", lesson.weights())
                .floats("targets", lesson.targets())
                .floats("valued", lesson.valued())
                .floats("learningRate", (float) options.learningRate());
        try (Result result = training.run(feeds)) {
            return result.scalar("loss");
        }
    }

    @Override
    public void close() {
        training.close();
        judging.close();
    }
}
