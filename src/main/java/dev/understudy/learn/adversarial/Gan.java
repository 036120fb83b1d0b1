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
import dev.understudy.network.Adam;
import dev.understudy.network.Mlp;
import dev.understudy.network.Optimiser;
import dev.understudy.network.ParameterLayout;
import dev.understudy.network.Scaler;
import dev.understudy.reward.Discriminator;
import dev.understudy.reward.DiscriminatorOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A generative adversarial network: Goodfellow et al. (2014), arXiv:1406.2661, eq. 1 and Algorithm 1. A generator G
 * turns random vectors into points; a {@link Discriminator}, the same that {@link Gail} learns its reward from,
 * distinguishes them from data; G learns to make points that D takes for data.
 *
 * <p>Departure: Adam in place of gradient steps, and a gradient penalty if the options ask for one. Holds native
 * memory; for one thread at a time.
 */
public final class Gan implements AutoCloseable {
    private static final String THETA = "generator";

    /** What the generator minimises, where D is the probability that a point is data. */
    public enum GeneratorLoss {
        /** log(1 - D(G(z))), eq. 1: flat where D is sure that a point is generated. */
        MINIMAX {
            @Override
            Tensor of(Tensor logits) {
                return logits.softplus().mean().neg();
            }
        },
        /** -log D(G(z)), section 3: the same fixed point, steep where D is sure. */
        NON_SATURATING {
            @Override
            Tensor of(Tensor logits) {
                return logits.neg().softplus().mean();
            }
        };

        /** Returns the loss of logits of D, {@code [batch]}. */
        abstract Tensor of(Tensor logits);
    }

    /**
     * How a network is built and learns.
     *
     * @param noise length of the random vectors, standard normal
     * @param hidden widths of the generator's hidden layers
     * @param activation of those
     * @param loss of the generator
     * @param learningRate of the generator's Adam
     * @param batch points per step, of data and generated each
     * @param discriminator how the discriminator is built and learns
     */
    public record Options(
            int noise,
            List<Integer> hidden,
            Activation activation,
            GeneratorLoss loss,
            double learningRate,
            int batch,
            DiscriminatorOptions discriminator) {
        public Options {
            hidden = List.copyOf(hidden);
            if (noise < 1 || batch < 1 || !(learningRate > 0)) {
                throw new IllegalArgumentException("expected noise >= 1, batch >= 1, learningRate > 0, got %d, %d, %s"
                        .formatted(noise, batch, learningRate));
            }
        }

        /**
         * Returns settings for points of few dimensions (measured on a ring of Gaussians): a gradient penalty keeps the
         * generator from leaving modes out.
         */
        public static Options defaults() {
            return new Options(
                    4,
                    List.of(64, 64),
                    Activation.RELU,
                    GeneratorLoss.NON_SATURATING,
                    1e-3,
                    256,
                    new DiscriminatorOptions(
                            List.of(64, 64),
                            Activation.TANH,
                            2e-3,
                            0.5,
                            1,
                            0.0,
                            DiscriminatorOptions.Output.DRAWN,
                            DiscriminatorOptions.Statistics.NONE,
                            0.1,
                            0.0,
                            1,
                            DiscriminatorOptions.Normalisation.NONE,
                            DiscriminatorOptions.Throttle.never()));
        }

        /** Returns the same with another generator loss. */
        public Options withLoss(GeneratorLoss other) {
            return new Options(noise, hidden, activation, other, learningRate, batch, discriminator);
        }

        /** Returns the same with another discriminator. */
        public Options withDiscriminator(DiscriminatorOptions other) {
            return new Options(noise, hidden, activation, loss, learningRate, batch, other);
        }
    }

    /**
     * What a step did.
     *
     * @param discriminator the discriminator's account
     * @param generatorLoss before the step, in nats
     */
    public record Report(Discriminator.Report discriminator, double generatorLoss) {}

    private final Options options;
    private final int outputs;
    private final Discriminator discriminator;
    private final Program training;
    private final Program generating;

    /**
     * Creates a network that has seen nothing.
     *
     * @param outputs length of a point
     * @param seed what the first weights follow from
     */
    public Gan(int outputs, Options options, long seed) {
        this.options = options;
        this.outputs = outputs;
        SplittableRandom random = new SplittableRandom(seed);
        this.discriminator = new Discriminator(outputs, options.discriminator(), random.nextLong());
        Mlp generator = new Mlp(THETA, options.noise(), options.hidden(), outputs, options.activation());
        ParameterLayout.Builder builder = ParameterLayout.builder();
        generator.declare(builder);
        ParameterLayout layout = builder.build();
        Graph graph = new Graph();
        Tensor theta = graph.input(THETA, ElementType.FLOAT, Shape.of(layout.size()));
        Tensor noise = graph.input("noise", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, options.noise()));
        Tensor points = generator.apply(layout.unpack(theta), noise);
        this.generating = Program.builder(graph).output("points", points).build();
        this.training = trainer(graph, theta, points, layout.size());
        float[] first = new float[layout.size()];
        generator.initialise(first, layout, random, 1.0);
        training.setState(THETA, first);
    }

    private Program trainer(Graph graph, Tensor theta, Tensor points, int parameters) {
        Tensor judge = graph.input(
                "judge", ElementType.FLOAT, Shape.of(discriminator.network().size()));
        Tensor directions = graph.input(
                "directions",
                ElementType.FLOAT,
                Shape.of(discriminator.network().directionsSize()));
        Tensor shift = graph.input("shift", ElementType.FLOAT, Shape.of(outputs));
        Tensor scale = graph.input("scale", ElementType.FLOAT, Shape.of(outputs));
        Tensor logits = discriminator.network().logit(judge, directions, Scaler.apply(points, shift, scale));
        Tensor loss = options.loss().of(logits);
        Tensor gradient = Gradient.of(loss, List.of(theta)).get(0);
        Tensor rate = graph.input("learningRate", ElementType.FLOAT, Shape.of(1));
        Optimiser adam = new Adam((float) options.discriminator().beta1(), 0.999f, 1e-8f);
        Map<String, Tensor> memory = new LinkedHashMap<>();
        for (Optimiser.Memory vector : adam.memory(parameters)) {
            memory.put(vector.name(), graph.input(vector.name(), ElementType.FLOAT, Shape.of(vector.initial().length)));
        }
        Optimiser.Step step = adam.step(theta, gradient, rate, memory);
        Program.Builder program = Program.builder(graph).output("loss", loss).state(THETA, theta, step.theta());
        memory.forEach((name, vector) ->
                program.state(name, vector, Objects.requireNonNull(step.memory().get(name))));
        Program built = program.build();
        for (Optimiser.Memory vector : adam.memory(parameters)) {
            built.setState(vector.name(), vector.initial());
        }
        return built;
    }

    /**
     * Runs one iteration of Algorithm 1: the discriminator on data and generated points, then the generator.
     *
     * @param data {@code [rows, outputs]}, at least one row
     */
    public Report step(Matrix data, RandomGenerator random) {
        Matrix generated = generate(options.batch(), random);
        Discriminator.Report report = discriminator.update(data, generated, random);
        Feeds feeds = new Feeds()
                .floats("noise", noise(options.batch(), random))
                .floats("judge", discriminator.theta())
                .floats("shift", discriminator.scaler().shift())
                .floats("scale", discriminator.scaler().scale())
                .floats("learningRate", (float) options.learningRate());
        if (training.inputNames().contains("directions")) {
            feeds.floats("directions", discriminator.directions());
        }
        try (Result result = training.run(feeds)) {
            return new Report(report, result.scalar("loss"));
        }
    }

    /** Returns points, {@code [rows, outputs]}. */
    public Matrix generate(int rows, RandomGenerator random) {
        Feeds feeds = new Feeds().floats(THETA, training.state(THETA)).floats("noise", noise(rows, random));
        try (Result result = generating.run(feeds)) {
            return new Matrix(rows, outputs, result.floats("points"));
        }
    }

    private float[] noise(int rows, RandomGenerator random) {
        float[] drawn = new float[rows * options.noise()];
        for (int i = 0; i < drawn.length; i++) {
            drawn[i] = (float) random.nextGaussian();
        }
        return drawn;
    }

    @Override
    public void close() {
        discriminator.close();
        training.close();
        generating.close();
    }
}
