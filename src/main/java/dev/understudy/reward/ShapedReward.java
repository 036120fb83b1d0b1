package dev.understudy.reward;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.Mlp;
import dev.understudy.network.ParameterLayout;
import dev.understudy.network.Scaler;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The logit of adversarial inverse reinforcement learning: Fu, Luo and Levine (2018), arXiv:1710.11248, eq. 4 and 5,
 *
 * <pre>
 * z = f(s, a, s') - log pi(a | s),   f = g + gamma h(s') - h(s)
 * </pre>
 *
 * where g is the reward, of a state or of a state and an action, and h takes up what depends on the dynamics. After an
 * end there is no next state: h(s') is 0.
 *
 * <p>An input is s, a, s', then as they are: 1, or 0 after an end; and -log pi(a | s), nats. s and s' are standardised
 * alike, so that h is one function.
 *
 * @param observationSize n, of s and s'
 * @param actionColumns of a, one-hot where it is a choice
 * @param reads what g reads
 * @param gamma discount of h(s')
 * @param options of both networks; spectral normalisation is not applied
 * @param shapingWeight weight of the mean of h(s)^2 in the loss; 0 for none
 */
public record ShapedReward(
        int observationSize,
        int actionColumns,
        Reads reads,
        double gamma,
        DiscriminatorOptions options,
        double shapingWeight)
        implements LogitNetwork {
    private static final int GIVEN = 2;

    /** What the reward reads. */
    public enum Reads {
        /** The state alone, as in section 5 of the paper: no reward for an action can hide a change of dynamics. */
        STATE,
        /** The state and the action. */
        STATE_AND_ACTION
    }

    public ShapedReward {
        if (options.normalisation() != DiscriminatorOptions.Normalisation.NONE) {
            throw new IllegalArgumentException(
                    "expected a shaped reward without bounds on its weights, got " + options.normalisation());
        }
    }

    private Mlp rewardNetwork() {
        int inputs = reads == Reads.STATE ? observationSize : observationSize + actionColumns;
        return new Mlp("reward", inputs, options.hidden(), 1, options.activation());
    }

    private Mlp shapingNetwork() {
        return new Mlp("shaping", observationSize, options.hidden(), 1, options.activation());
    }

    private ParameterLayout layout() {
        ParameterLayout.Builder builder = ParameterLayout.builder();
        rewardNetwork().declare(builder);
        shapingNetwork().declare(builder);
        return builder.build();
    }

    /** Returns the length of an input. */
    public int inputs() {
        return 2 * observationSize + actionColumns + GIVEN;
    }

    @Override
    public int givenColumns() {
        return GIVEN;
    }

    @Override
    public int size() {
        return layout().size();
    }

    @Override
    public int directionsSize() {
        return 1;
    }

    @Override
    public float[] initialTheta(RandomGenerator random) {
        ParameterLayout layout = layout();
        float[] theta = new float[layout.size()];
        double last = options.output() == DiscriminatorOptions.Output.ZERO ? 0.0 : 1.0;
        rewardNetwork().initialise(theta, layout, random, last);
        shapingNetwork().initialise(theta, layout, random, last);
        return theta;
    }

    @Override
    public float[] initialDirections(RandomGenerator random) {
        return new float[1];
    }

    @Override
    public Applied apply(Tensor theta, Tensor direction) {
        return new Applied(layout().unpack(theta), direction);
    }

    @Override
    public Tensor logit(Applied applied, Tensor scaled, @Nullable Tensor given) {
        List<Tensor> parts = scaled.split(1, observationSize, actionColumns, observationSize);
        List<Tensor> asTheyAre = Objects.requireNonNull(given).split(1, 1, 1);
        Tensor before = parts.get(0);
        Tensor reward = rewardNetwork()
                .apply(
                        applied.weights(),
                        reads == Reads.STATE ? before : Tensor.concat(1, List.of(before, parts.get(1))));
        Tensor next = shapingNetwork().apply(applied.weights(), parts.get(2)).mul(asTheyAre.get(0));
        Tensor shaping = next.mul((float) gamma).sub(shapingNetwork().apply(applied.weights(), before));
        return reward.add(shaping).add(asTheyAre.get(1)).reshape(Shape.of(Shape.UNKNOWN));
    }

    /** Returns weight x mean of h(s)^2. */
    @Override
    public @Nullable Tensor extraLoss(Applied applied, Tensor scaled) {
        if (shapingWeight == 0) {
            return null;
        }
        Tensor h = shapingNetwork()
                .apply(
                        applied.weights(),
                        scaled.split(1, observationSize, actionColumns, observationSize)
                                .get(0));
        return h.mul(h).mean().mul((float) shapingWeight);
    }

    /** Gives s' the statistics of s. */
    @Override
    public Scaler tied(Scaler scaler) {
        double[] mean = scaler.mean().clone();
        double[] squares = scaler.squares().clone();
        System.arraycopy(mean, 0, mean, observationSize + actionColumns, observationSize);
        System.arraycopy(squares, 0, squares, observationSize + actionColumns, observationSize);
        return new Scaler(scaler.count(), mean, squares);
    }

    /**
     * Returns g as an ONNX file without metadata: input {@code observation} float32 {@code [batch, n]} and, where it
     * reads actions, {@code action} float32 {@code [batch, columns]}; output {@code reward} float32 {@code [batch, 1]},
     * nats.
     *
     * @param theta all weights
     * @param scaler what inputs are standardised by
     */
    public byte[] export(float[] theta, Scaler scaler) {
        Graph graph = new Graph();
        Mlp network = rewardNetwork();
        int columns = network.inputs();
        Tensor read = graph.input("observation", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, observationSize));
        if (reads == Reads.STATE_AND_ACTION) {
            Tensor action = graph.input("action", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, actionColumns));
            read = Tensor.concat(1, List.of(read, action));
        }
        Tensor shift = graph.constant(Arrays.copyOf(scaler.shift(), columns), Shape.of(columns));
        Tensor scale = graph.constant(Arrays.copyOf(scaler.scale(), columns), Shape.of(columns));
        Tensor reward = network.apply(layout().constants(graph, theta), Scaler.apply(read, shift, scale));
        return graph.toModel(Map.of("reward", reward));
    }
}
