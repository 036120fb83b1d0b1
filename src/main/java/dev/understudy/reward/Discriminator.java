package dev.understudy.reward;

import dev.understudy.data.Matrix;
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
import dev.understudy.network.Scaler;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * D of Goodfellow et al. (2014), eq. 1, and of Ho and Ermon (2016), eq. 14: distinguishes the expert's inputs from
 * generated ones. D is the probability that an input is the <em>expert's</em>, as in Goodfellow et al. and in the code
 * of Ho and Ermon; in their paper D is that of a generated one, so log D and log(1 - D) change places.
 *
 * <p>It minimises the mean of -log D over the expert's inputs plus that of -log(1 - D) over the generated, less the
 * entropy bonus, plus the gradient penalty. Both classes weigh the same whatever their sizes. Holds native memory; for
 * one thread at a time.
 */
public final class Discriminator implements AutoCloseable {
    private static final String THETA = "theta";
    private static final String DIRECTIONS = "directions";
    private static final String RAMP = "ramp";

    /** What share of its weight a penalty that rises has at first. */
    private static final float FIRST_WEIGHT = 0.1f;

    /** The penalty is a mean over this many points of each step, or over as many as there are generated inputs. */
    private static final int MOST_POINTS_BETWEEN = 500;

    private final DiscriminatorOptions options;
    private final LogitNetwork network;
    private final int inputs;
    /** How many columns of an input are standardised. */
    private final int scaledInputs;

    private final Optimiser optimiser;
    private final Program training;
    private final Program judging;
    private Scaler scaler;
    private boolean stopped;

    /**
     * All that it learned.
     *
     * @param vectors weights, moments and directions, by name
     * @param scaler what inputs are standardised by
     * @param stopped whether the throttle holds it
     */
    public record Memory(SortedMap<String, float[]> vectors, Scaler scaler, boolean stopped) {
        public Memory {
            vectors = Collections.unmodifiableSortedMap(new TreeMap<>(vectors));
        }
    }

    /**
     * What an update did, as seen by its last step before it changed the weights.
     *
     * @param loss two class means of the cross-entropy, in nats; 2 log 2 for a discriminator that knows nothing
     * @param expertAccuracy share of expert inputs with D above 1/2
     * @param generatedAccuracy share of generated inputs with D below 1/2
     * @param entropy mean Bernoulli entropy of D, in nats, at most log 2
     * @param penalty the gradient penalty before its weight
     */
    public record Report(double loss, double expertAccuracy, double generatedAccuracy, double entropy, double penalty) {
        /** Returns the share of all inputs put in the right class, where both classes weigh the same. */
        public double accuracy() {
            return 0.5 * (expertAccuracy + generatedAccuracy);
        }
    }

    /**
     * Creates a discriminator that knows nothing.
     *
     * @param inputs length of an input
     * @param seed what its first weights follow from
     */
    public Discriminator(int inputs, DiscriminatorOptions options, long seed) {
        this(inputs, new DiscriminatorNetwork(inputs, options), options, seed);
    }

    /**
     * Creates a discriminator with a network of its own.
     *
     * @param inputs length of an input, with the columns that the network is given as they are
     * @param seed what its first weights follow from
     */
    public Discriminator(int inputs, LogitNetwork network, DiscriminatorOptions options, long seed) {
        this.inputs = inputs;
        this.scaledInputs = inputs - network.givenColumns();
        this.options = options;
        this.network = network;
        this.optimiser = new Adam((float) options.beta1(), 0.999f, 1e-8f);
        Graph graph = new Graph();
        Tensor theta = graph.input(THETA, ElementType.FLOAT, Shape.of(network.size()));
        Tensor direction = graph.input(DIRECTIONS, ElementType.FLOAT, Shape.of(network.directionsSize()));
        Tensor shift = graph.input("shift", ElementType.FLOAT, Shape.of(scaledInputs));
        Tensor scale = graph.input("scale", ElementType.FLOAT, Shape.of(scaledInputs));
        LogitNetwork.Applied applied = network.apply(theta, direction);
        this.training = trainer(graph, theta, direction, applied, shift, scale);
        Tensor judged = graph.input("judged", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, inputs));
        this.judging = Program.builder(graph)
                .output("logits", read(judged, shift, scale).logit(applied))
                .build();
        this.scaler = Scaler.empty(scaledInputs);
        restore(initialMemory(seed));
    }

    /** Returns the memory of a discriminator that knows nothing. */
    public Memory initialMemory(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        SortedMap<String, float[]> vectors = new TreeMap<>();
        vectors.put(THETA, network.initialTheta(random));
        vectors.put(DIRECTIONS, network.initialDirections(random));
        for (Optimiser.Memory vector : optimiser.memory(network.size())) {
            vectors.put(vector.name(), vector.initial());
        }
        if (options.penaltyWeight() > 0) {
            vectors.put(RAMP, new float[] {1f / options.penaltyRamp()});
        }
        return new Memory(vectors, Scaler.empty(scaledInputs), false);
    }

    /** Inputs as the network reads them: standardised, and as they are. */
    private final class Read {
        private final Tensor scaled;
        private final @Nullable Tensor given;

        Read(Tensor scaled, @Nullable Tensor given) {
            this.scaled = scaled;
            this.given = given;
        }

        Tensor logit(LogitNetwork.Applied applied) {
            return network.logit(applied, scaled, given);
        }
    }

    private Read read(Tensor inputRows, Tensor shift, Tensor scale) {
        if (scaledInputs == inputs) {
            return new Read(Scaler.apply(inputRows, shift, scale), null);
        }
        List<Tensor> parts = inputRows.split(1, scaledInputs, inputs - scaledInputs);
        return new Read(Scaler.apply(parts.get(0), shift, scale), parts.get(1));
    }

    private Program trainer(
            Graph graph, Tensor theta, Tensor direction, LogitNetwork.Applied applied, Tensor shift, Tensor scale) {
        Tensor expert = graph.input("expert", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, inputs));
        Tensor shares = graph.input("shares", ElementType.FLOAT, Shape.of(Shape.UNKNOWN));
        Tensor generated = graph.input("generated", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, inputs));
        Tensor learningRate = graph.input("learningRate", ElementType.FLOAT, Shape.of(1));
        Tensor expertLogits = read(expert, shift, scale).logit(applied);
        Tensor generatedLogits = read(generated, shift, scale).logit(applied);
        // -log D = softplus(-z), -log(1 - D) = softplus(z)
        Tensor crossEntropy = expertLogits
                .neg()
                .softplus()
                .mul(shares)
                .sum()
                .add(generatedLogits.softplus().mean());
        Tensor entropy = entropy(expertLogits)
                .mul(shares)
                .sum()
                .add(entropy(generatedLogits).mean());
        Tensor loss = crossEntropy.sub(entropy.mul((float) options.entropyWeight()));
        Tensor penalty = graph.constant(0f);
        Tensor ramp = graph.input(RAMP, ElementType.FLOAT, Shape.of(1));
        if (options.penaltyWeight() > 0) {
            Tensor between = graph.input("between", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, inputs));
            penalty = penalty(applied, read(between, shift, scale));
            Tensor risen = ramp.mul(2f).sub(1f).clip(FIRST_WEIGHT, 1f).sum();
            loss = loss.add(penalty.mul(risen).mul((float) options.penaltyWeight()));
        }
        Tensor extra = network.extraLoss(applied, read(generated, shift, scale).scaled);
        if (extra != null) {
            loss = loss.add(extra);
        }
        Tensor gradient = Gradient.of(loss, List.of(theta)).get(0);
        Map<String, Tensor> memory = new LinkedHashMap<>();
        for (Optimiser.Memory vector : optimiser.memory(network.size())) {
            memory.put(vector.name(), graph.input(vector.name(), ElementType.FLOAT, Shape.of(vector.initial().length)));
        }
        Optimiser.Step step = optimiser.step(theta, gradient, learningRate, memory);
        Tensor zero = graph.constant(0f);
        Program.Builder builder = Program.builder(graph)
                .output("loss", crossEntropy)
                .output("entropy", entropy.mul(0.5f))
                .output("penalty", penalty)
                .output(
                        "expertAccuracy",
                        expertLogits
                                .greater(zero)
                                .cast(ElementType.FLOAT)
                                .mul(shares)
                                .sum())
                .output(
                        "generatedAccuracy",
                        generatedLogits.less(zero).cast(ElementType.FLOAT).mean())
                .state(THETA, theta, step.theta());
        if (options.normalisation() == DiscriminatorOptions.Normalisation.SPECTRAL) {
            builder.state(DIRECTIONS, direction, applied.directions());
        }
        if (options.penaltyWeight() > 0) {
            builder.state(RAMP, ramp, ramp.add(1f / options.penaltyRamp()).clip(0f, 1f));
        }
        step.memory()
                .forEach((name, next) -> builder.state(name, java.util.Objects.requireNonNull(memory.get(name)), next));
        return builder.build();
    }

    /** Returns the entropy of Bernoulli(sigma(z)): softplus(z) - z sigma(z). */
    private static Tensor entropy(Tensor logits) {
        return logits.softplus().sub(logits.mul(logits.sigmoid()));
    }

    /** Returns the mean of (|dz/dx| - target)^2 at points between the classes: Gulrajani et al. (2017), eq. 3. */
    private Tensor penalty(LogitNetwork.Applied applied, Read between) {
        Tensor slope = Gradient.of(between.logit(applied).sum(), List.of(between.scaled))
                .get(0);
        Tensor excess = slope.mul(slope).sum(1).add(1e-12f).sqrt().sub((float) options.penaltyTarget());
        return excess.mul(excess).mean();
    }

    /** Returns the options. */
    public DiscriminatorOptions options() {
        return options;
    }

    /**
     * Returns the network, to train a generator through it.
     *
     * @throws IllegalStateException if it has one of another kind
     */
    public DiscriminatorNetwork network() {
        if (network instanceof DiscriminatorNetwork plain) {
            return plain;
        }
        throw new IllegalStateException("expected a network that only reads inputs, got " + network);
    }

    /**
     * Learns to distinguish the classes: {@code options().steps()} steps of Adam, each on all generated inputs and as
     * many of the expert's, drawn with replacement.
     *
     * @param expert {@code [m, inputs]}, at least one row
     * @param generated {@code [n, inputs]}, at least one row
     */
    public Report update(Matrix expert, Matrix generated, RandomGenerator random) {
        if (expert.rows() == 0 || generated.rows() == 0) {
            throw new IllegalArgumentException("expected inputs of both classes, got %d of the expert and %d generated"
                    .formatted(expert.rows(), generated.rows()));
        }
        Report report = new Report(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
        for (int step = 0; step < options.steps(); step++) {
            report = step(Drawn.of(expert, generated.rows(), random), generated, random);
        }
        return report;
    }

    private Report step(Drawn expert, Matrix generated, RandomGenerator random) {
        observe(expert.rows(), generated);
        Feeds feeds = new Feeds()
                .floats("expert", expert.inputs())
                .floats("shares", expert.shares())
                .floats("generated", generated.values())
                .floats("learningRate", stopped ? 0f : (float) options.learningRate())
                .floats("shift", scaler.shift())
                .floats("scale", scaler.scale());
        if (options.penaltyWeight() > 0) {
            feeds.floats("between", expert.between(generated, MOST_POINTS_BETWEEN, random));
        }
        Report report;
        try (Result result = training.run(feeds)) {
            report = new Report(
                    result.scalar("loss"),
                    result.scalar("expertAccuracy"),
                    result.scalar("generatedAccuracy"),
                    result.scalar("entropy"),
                    result.scalar("penalty"));
        }
        if (report.accuracy() >= options.throttle().stopAt()) {
            stopped = true;
        } else if (report.accuracy() <= options.throttle().resumeAt()) {
            stopped = false;
        }
        return report;
    }

    private void observe(Matrix expert, Matrix generated) {
        switch (options.statistics()) {
            case NONE -> {}
            case EXPERT -> scaler = scaler.count() == 0 ? seen(scaler, expert) : scaler;
            case RUNNING -> scaler = seen(seen(scaler, expert), generated);
        }
        scaler = network.tied(scaler);
    }

    private Scaler seen(Scaler before, Matrix rows) {
        if (scaledInputs == inputs) {
            return before.merge(rows);
        }
        float[] scaled = new float[rows.rows() * scaledInputs];
        for (int row = 0; row < rows.rows(); row++) {
            System.arraycopy(rows.values(), row * inputs, scaled, row * scaledInputs, scaledInputs);
        }
        return before.merge(new Matrix(rows.rows(), scaledInputs, scaled));
    }

    /**
     * Returns z for each input, {@code [n]}: D = sigma(z) is the probability that it is the expert's.
     *
     * @param judged {@code [n, inputs]}
     */
    public float[] logits(Matrix judged) {
        Feeds feeds = new Feeds()
                .floats(THETA, training.state(THETA))
                .floats("judged", judged.values())
                .floats("shift", scaler.shift())
                .floats("scale", scaler.scale());
        if (judging.inputNames().contains(DIRECTIONS)) {
            feeds.floats(DIRECTIONS, training.state(DIRECTIONS));
        }
        try (Result result = judging.run(feeds)) {
            return result.floats("logits");
        }
    }

    /** Returns the weights, {@code [network().size()]}. */
    public float[] theta() {
        return training.state(THETA);
    }

    /** Returns what spectral normalisation remembers; zeros without it. */
    public float[] directions() {
        return options.normalisation() == DiscriminatorOptions.Normalisation.SPECTRAL
                ? training.state(DIRECTIONS)
                : new float[network.directionsSize()];
    }

    /** Returns what inputs are standardised by. */
    public Scaler scaler() {
        return scaler;
    }

    /** Returns a copy of all that it learned. */
    public Memory memory() {
        SortedMap<String, float[]> vectors = new TreeMap<>();
        vectors.put(THETA, theta());
        vectors.put(DIRECTIONS, directions());
        for (Optimiser.Memory vector : optimiser.memory(network.size())) {
            vectors.put(vector.name(), training.state(vector.name()));
        }
        if (options.penaltyWeight() > 0) {
            vectors.put(RAMP, training.state(RAMP));
        }
        return new Memory(vectors, scaler, stopped);
    }

    /** Goes on from a memory. */
    public void restore(Memory memory) {
        memory.vectors().forEach((name, vector) -> {
            if (!name.equals(DIRECTIONS) || options.normalisation() == DiscriminatorOptions.Normalisation.SPECTRAL) {
                training.setState(name, vector);
            }
        });
        scaler = memory.scaler();
        stopped = memory.stopped();
    }

    @Override
    public void close() {
        training.close();
        judging.close();
    }
}
