package dev.understudy.learn.cloning;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.Dynamics;
import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.ModelConstants;
import dev.understudy.graph.Program;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.network.Adam;
import dev.understudy.network.Optimiser;
import dev.understudy.network.ParameterLayout;
import dev.understudy.network.Scaler;
import dev.understudy.policy.Distribution;
import dev.understudy.policy.StochasticPolicy;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Behavioural cloning: the policy that makes the expert's actions most likely, min over theta of the mean of -log
 * pi_theta(a | o), with an entropy bonus and an L2 penalty (ALGORITHMS: Pomerleau, 1991; settings of Ho and Ermon,
 * 2016).
 *
 * <p>One-step cloning drifts: its errors lead it to states that the expert never visited (Ross, Gordon and Bagnell,
 * 2011, theorem 2.1: the cost grows with the square of the horizon). Where the {@link Dynamics} of a task are known, a
 * second term holds the policy to the expert over {@code horizon} steps of its own driving, with the gradient taken
 * through all of them.
 *
 * <p>Warm start: parameters, moments and scaler go on from the state. How large the steps of a later update are, how
 * much of each batch rehearses, and whether what is exported is averaged over updates:
 * {@link BehaviouralCloningConfig.Continuation}.
 */
public final class BehaviouralCloning implements Learner {
    static final String SCALER = "scaler";
    /** Parameters averaged over updates, which are what is exported; absent where nothing is averaged. */
    static final String AVERAGE = "average";
    /** The first parameters; absent where nothing is mixed with them. */
    static final String FIRST = "first";

    /** How many rows a scaler that was read from a model counts for, which does not say how many it saw (a guess). */
    private static final double SCALER_ROWS = 10_000;

    /** The first of the numbers that tell parameters apart: above any other constant of a model. */
    private static final int FIRST_NUMBER = 1 << 20;

    private final StochasticPolicy policy;
    private final BehaviouralCloningConfig config;
    private final @Nullable Dynamics dynamics;
    private final Optimiser optimiser = Adam.defaults();
    private final ParameterLayout layout;
    /** By the number of steps that a drive has. */
    private final Map<Integer, CloningPrograms> programsOf = new HashMap<>();

    /** Clones one step at a time. */
    public BehaviouralCloning(StochasticPolicy policy, BehaviouralCloningConfig config) {
        this(policy, config, null);
    }

    /**
     * Clones with or without drives.
     *
     * @param dynamics what follows from an action; needed where {@code config.horizon()} is not 0
     */
    public BehaviouralCloning(StochasticPolicy policy, BehaviouralCloningConfig config, @Nullable Dynamics dynamics) {
        if (config.horizon() > 0 && dynamics == null) {
            throw new IllegalArgumentException(
                    "expected dynamics for a horizon of %d steps, got none".formatted(config.horizon()));
        }
        this.policy = policy;
        this.config = config;
        this.dynamics = dynamics;
        ParameterLayout.Builder builder = ParameterLayout.builder();
        policy.declare(builder);
        this.layout = builder.build();
    }

    @Override
    public LearnerState initialState(long seed) {
        float[] theta = new float[layout.size()];
        policy.initialise(theta, layout, new SplittableRandom(seed));
        SortedMap<String, float[]> vectors = new TreeMap<>();
        vectors.put(CloningPrograms.THETA, theta);
        if (config.continuation().doubt() > 0) {
            vectors.put(FIRST, theta);
        }
        for (Optimiser.Memory vector : optimiser.memory(layout.size())) {
            vectors.put(vector.name(), vector.initial());
        }
        SortedMap<String, double[]> statistics = new TreeMap<>();
        statistics.put(SCALER, Scaler.empty(policy.observationSize()).toStatistics());
        return new LearnerState(vectors, statistics, new TreeMap<>());
    }

    /**
     * Goes on from the parameters and the scaling that stand in the model. Which is which is told by another export,
     * whose parameters are numbered.
     */
    @Override
    public @Nullable LearnerState stateFrom(byte[] model, long seed) {
        int n = policy.observationSize();
        float[] numbers = new float[layout.size() + 2 * n];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i + FIRST_NUMBER;
        }
        float[] found = ModelConstants.read(model, onnx(parts(numbers)), FIRST_NUMBER, numbers.length);
        if (found == null) {
            return null;
        }
        LearnerState fresh = initialState(seed);
        Parts parts = parts(found);
        SortedMap<String, float[]> vectors = new TreeMap<>(fresh.vectors());
        vectors.put(CloningPrograms.THETA, parts.theta);
        vectors.computeIfPresent(FIRST, (name, any) -> parts.theta);
        double[] mean = new double[n];
        double[] squares = new double[n];
        for (int i = 0; i < n; i++) {
            mean[i] = parts.shift[i];
            squares[i] = SCALER_ROWS / ((double) parts.scale[i] * parts.scale[i]);
        }
        SortedMap<String, double[]> statistics = new TreeMap<>(fresh.statistics());
        statistics.put(SCALER, new Scaler(SCALER_ROWS, mean, squares).toStatistics());
        return new LearnerState(vectors, statistics, fresh.counters());
    }

    /** Returns the parameters that a state was left with, for a policy that goes on acting while it learns. */
    public static float[] theta(LearnerState state) {
        return state.vector(CloningPrograms.THETA);
    }

    /** Returns what observations are standardised by in a state. */
    public static Scaler scaler(LearnerState state) {
        return Scaler.fromStatistics(state.statistic(SCALER));
    }

    /** What is constant in an exported model. */
    private record Parts(float[] theta, float[] shift, float[] scale) {}

    private Parts parts(float[] all) {
        int n = policy.observationSize();
        int size = layout.size();
        return new Parts(
                Arrays.copyOf(all, size),
                Arrays.copyOfRange(all, size, size + n),
                Arrays.copyOfRange(all, size + n, size + 2 * n));
    }

    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        if (demonstrations.stream().mapToInt(Trajectory::steps).sum() == 0) {
            throw new IllegalArgumentException("expected at least one demonstrated step, got none");
        }
        BehaviouralCloningConfig used = config.withHorizon(horizon(demonstrations, replay));
        Pairs pairs = Pairs.of(demonstrations, replay, policy, used, seed);
        Scaler scaler = Scaler.fromStatistics(state.statistic(SCALER));
        if (state.counter(CloningUpdate.OPEN) == 0) {
            for (Trajectory trajectory : demonstrations) {
                scaler = scaler.merge(trajectory.observations());
            }
        }
        CloningPrograms programs = programsOf.computeIfAbsent(
                used.horizon(), any -> new CloningPrograms(policy, layout, optimiser, used, dynamics));
        for (Program program : List.of(programs.training, programs.score)) {
            pairs.feed(program, policy);
        }
        return new CloningUpdate(
                programs, used, optimiser.memory(layout.size()), pairs, state, scaler, seed, dynamics != null);
    }

    /**
     * Returns how many steps of its own driving the policy is held to: as many as asked for, a third or a tenth of them
     * where no trajectory is long enough, none where none is long enough for that either.
     */
    private int horizon(List<Trajectory> demonstrations, List<Trajectory> replay) {
        int longest = Stream.concat(demonstrations.stream(), replay.stream())
                .mapToInt(Trajectory::steps)
                .max()
                .orElse(0);
        return IntStream.of(config.horizon(), config.horizon() / 3, config.horizon() / 10)
                .filter(horizon -> longest > horizon * config.stride())
                .findFirst()
                .orElse(0);
    }

    @Override
    public byte[] export(LearnerState state) {
        Scaler scaler = Scaler.fromStatistics(state.statistic(SCALER));
        return onnx(new Parts(exported(state), scaler.shift(), scaler.scale()));
    }

    /** Returns what the policy of a state does about observations in another graph. */
    Distribution distribution(LearnerState state, Graph graph, Tensor observation) {
        Scaler scaler = Scaler.fromStatistics(state.statistic(SCALER));
        int n = policy.observationSize();
        return policy.distribution(
                layout.constants(graph, exported(state)),
                observation,
                graph.constant(scaler.shift(), Shape.of(n)),
                graph.constant(scaler.scale(), Shape.of(n)));
    }

    private byte[] onnx(Parts parts) {
        Graph graph = new Graph();
        int n = policy.observationSize();
        Tensor observation = graph.input(
                "observation", CloningPrograms.elements(policy.observationType()), Shape.of(Shape.UNKNOWN, n));
        Tensor shift = graph.constant(parts.shift, Shape.of(n));
        Tensor scale = graph.constant(parts.scale, Shape.of(n));
        var weights = layout.constants(graph, parts.theta);
        return graph.toModel(policy.distribution(weights, observation.cast(ElementType.FLOAT), shift, scale)
                .outputs());
    }

    /**
     * Returns the parameters that are exported: averaged over updates, and mixed with the first while little is known.
     */
    private float[] exported(LearnerState state) {
        float[] learned = state.vectors().getOrDefault(AVERAGE, state.vector(CloningPrograms.THETA));
        float[] first = state.vectors().get(FIRST);
        if (first == null) {
            return learned;
        }
        double share = config.continuation().firstShare(state.counter(CloningUpdate.LEARNED));
        float[] mixed = new float[learned.length];
        for (int i = 0; i < mixed.length; i++) {
            mixed[i] = (float) (share * first[i] + (1 - share) * learned[i]);
        }
        return mixed;
    }

    @Override
    public void close() {
        programsOf.values().forEach(CloningPrograms::close);
        programsOf.clear();
    }
}
