package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.learn.LearnerState;
import dev.understudy.network.ParameterLayout;
import dev.understudy.network.Scaler;
import dev.understudy.policy.StochasticPolicy;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A policy that acts in an environment and is improved by rewards: advantages from its value function, a
 * {@link PolicyStep}, a step of the value function, and the scaler, in this order. The rewards may be the environment's
 * own or learned. The value function's step runs beside the policy's. Holds native memory; for one thread at a time.
 */
public final class PolicyImprovement implements AutoCloseable {
    static final String THETA = "policy.theta";
    private static final String STEP = "policy.step.";
    static final String SCALER = "policy.scaler";
    private static final String VALUE = "value.theta";
    private static final String TARGETS = "value.targets";

    /** Of all copies together: about a millisecond's worth. */
    private static final int STEPS_PER_SLICE = 40;

    private final StochasticPolicy policy;
    private final ImprovementConfig config;
    private @Nullable RolloutCollector collector;
    private @Nullable Supplier<Environment> environments;
    private final SampledPolicy behaviour;
    private final PolicyStep step;
    private final ValueFunction value;
    private @Nullable Likelihood likelihood;
    private final Aside aside = new Aside();
    private float[] theta = {};
    private float[] valueTheta = {};
    private Scaler scaler;
    private Scaler targets = Scaler.empty(1);

    /**
     * Creates an improvement; {@link #restore} gives it a policy and {@link #practiseIn} a place to act.
     *
     * @param step becomes this object's to close
     */
    public PolicyImprovement(StochasticPolicy policy, ActionSpace actions, PolicyStep step, ImprovementConfig config) {
        this.policy = policy;
        this.config = config;
        this.step = step;
        this.behaviour = new SampledPolicy(policy, actions);
        this.value = new ValueFunction(
                policy.observationSize(), config.valueHidden(), config.region(), config.curvatureStride());
        this.scaler = Scaler.empty(policy.observationSize());
    }

    /** Acts in such environments from now on, in as many copies as they have: one to learn in, others to be judged. */
    public void practiseIn(Supplier<Environment> supplier) {
        environments = supplier;
        collector = new RolloutCollector(supplier.get());
    }

    private RolloutCollector collector() {
        if (collector == null) {
            throw new IllegalStateException("expected an environment to practise in, got none");
        }
        return collector;
    }

    /** Returns the memory of a policy that has learned nothing. */
    public LearnerState initialState(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        var layout = Surrogate.layout(policy);
        theta = new float[layout.size()];
        policy.initialise(theta, layout, random);
        valueTheta = value.initialTheta(random);
        scaler = Scaler.empty(policy.observationSize());
        targets = Scaler.empty(1);
        return state();
    }

    /** Standardises observations by the demonstrated ones too, unless the statistics were given. */
    public void demonstrated(List<Trajectory> demonstrations) {
        boolean counts = config.statistics() == ImprovementConfig.Statistics.BOTH
                || (config.statistics() == ImprovementConfig.Statistics.EXPERT && scaler.count() == 0);
        for (Trajectory trajectory : demonstrations) {
            if (counts) {
                scaler = scaler.merge(trajectory.observations());
            }
        }
    }

    /** Standardises observations by these of the policy itself too, where the statistics are those of both. */
    void observe(Rows observations) {
        if (config.statistics() == ImprovementConfig.Statistics.BOTH) {
            scaler = scaler.merge(observations);
        }
    }

    /** Returns at least the configured number of steps under the policy as it is, actions drawn. */
    public Sliced<Rollout> rollout(long seed) {
        return Sliced.of(() -> collector().beginSteps(behaviour.with(theta, scaler), config.pairsPerIteration(), seed))
                .then(collection -> new Sliced<Rollout>() {
                    @Override
                    public boolean advance() {
                        return collection.advance(STEPS_PER_SLICE);
                    }

                    @Override
                    public Rollout outcome() {
                        return collection.rollout();
                    }
                });
    }

    /** Returns episodes under the policy's mode. An improvement under way goes on undisturbed. */
    public Rollout evaluate(int episodes, long seed) {
        if (environments == null) {
            throw new IllegalStateException("expected an environment to act in, got none");
        }
        return evaluateIn(environments, episodes, seed);
    }

    /** Returns episodes under the policy's mode in other environments than it practises in. */
    public Rollout evaluateIn(Supplier<Environment> elsewhere, int episodes, long seed) {
        Behaviour mode = behaviour.with(theta, scaler).mode();
        return new RolloutCollector(elsewhere.get()).episodes(mode, episodes, seed);
    }

    /** Does something beside what the caller does next; it is over before {@link #restore} or {@link #close} are. */
    <T> CompletableFuture<T> beside(Supplier<T> work) {
        return aside.begin(work);
    }

    /**
     * Improves the policy on its own rollout. Nothing changes before the last slice.
     *
     * @param rewards {@code [T]}, finite
     * @param share of the policy step's usual bound
     * @throws IllegalArgumentException if a reward is not finite
     */
    public Sliced<PolicyStep.Outcome> improve(Rollout rollout, float[] rewards, double share, long seed) {
        return improve(
                rollout,
                () -> practice(rollout, rewards),
                share,
                seed,
                () -> observe(new Matrix(rollout.steps(), rollout.observationSize(), rollout.observations())));
    }

    /**
     * Improves the policy on what another version of it did; the scaler stays. Nothing changes before the last slice.
     *
     * @param weights of the policy as it is over the version that acted
     * @param rewards {@code [T]}, finite
     * @param horizon steps that an episode has at most
     */
    Sliced<PolicyStep.Outcome> improve(
            Rollout recorded, ImportanceWeights weights, float[] rewards, int horizon, long seed) {
        return improve(recorded, () -> practice(recorded, weights, rewards, horizon), 1.0, seed, () -> {});
    }

    private Sliced<PolicyStep.Outcome> improve(
            Rollout rollout, Supplier<Practice> practised, double share, long seed, Runnable afterwards) {
        SplittableRandom random = new SplittableRandom(seed);
        return Sliced.of(practised).then(practice -> {
            Advantages estimated = practice.estimated();
            Scaler seen = ValueFunction.observed(targets, estimated.targets());
            long valueSeed = random.nextLong();
            CompletableFuture<float[]> fitted = beside(() -> value.fit(
                    valueTheta,
                    rollout.observations(),
                    practice.times(),
                    scaler,
                    estimated.targets(),
                    seen,
                    new SplittableRandom(valueSeed)));
            return step.improve(theta, practice.batch(), share, random).thenOne(outcome -> {
                valueTheta = Aside.end(fitted);
                targets = seen;
                theta = outcome.theta();
                afterwards.run();
                return outcome;
            });
        });
    }

    /** A rollout with its advantages, and the time of each step as a share of the horizon. */
    private record Practice(Advantages estimated, float[] times, PolicyBatch batch) {}

    private Practice practice(Rollout rollout, float[] rewards) {
        float[] earned = rewards.clone();
        float[] times = new float[rewards.length];
        for (int i = 0; i < earned.length; i++) {
            if (!Float.isFinite(earned[i])) {
                throw new IllegalArgumentException(
                        "expected finite rewards, got %s (step %d of %d)".formatted(earned[i], i, earned.length));
            }
            earned[i] -= (float) (config.causalEntropyWeight() * rollout.logProbabilities()[i]);
            times[i] = (float) rollout.times()[i] / collector().environment().horizon();
        }
        float[] values = value.values(valueTheta, rollout.observations(), times, scaler, targets);
        Advantages estimated = Advantages.of(rollout, earned, values, config.gamma(), config.lambda());
        PolicyBatch batch = new PolicyBatch(
                rollout.observations(),
                rollout.actions(),
                estimated.standardised().advantages(),
                scaler);
        return new Practice(estimated, times, batch);
    }

    /** Returns log pi(a|o) of the policy as it is, for what was recorded, {@code [T]}. */
    float[] logProbabilities(Rollout recorded) {
        if (likelihood == null) {
            likelihood = new Likelihood(policy);
        }
        return likelihood.of(theta, scaler, recorded);
    }

    private Practice practice(Rollout recorded, ImportanceWeights weights, float[] rewards, int horizon) {
        float[] earned = rewards.clone();
        if (config.causalEntropyWeight() != 0) { // else their likelihood need not be computed
            float[] logProbabilities = logProbabilities(recorded);
            for (int i = 0; i < earned.length; i++) {
                earned[i] -= (float) (config.causalEntropyWeight() * logProbabilities[i]);
            }
        }
        float[] times = new float[rewards.length];
        for (int i = 0; i < times.length; i++) {
            times[i] = (float) recorded.times()[i] / horizon;
        }
        float[] lastTimes = new float[recorded.episodes()];
        for (int episode = 0; episode < lastTimes.length; episode++) {
            lastTimes[episode] = (float) recorded.length(episode) / horizon;
        }
        float[] values = value.values(valueTheta, recorded.observations(), times, scaler, targets);
        float[] lastValues = value.values(valueTheta, recorded.lastObservations(), lastTimes, scaler, targets);
        Advantages estimated = Advantages.ofRecorded(
                recorded, earned, values, lastValues, weights.ratios(), config.gamma(), config.lambda());
        PolicyBatch batch = new PolicyBatch(
                recorded.observations(), recorded.actions(), estimated.weighted(weights.weights()), scaler);
        return new Practice(estimated, times, batch);
    }

    /** Returns all that is remembered. */
    public LearnerState state() {
        SortedMap<String, float[]> vectors = new TreeMap<>();
        vectors.put(THETA, theta);
        vectors.put(VALUE, valueTheta);
        step.memory().forEach((name, vector) -> vectors.put(STEP + name, vector));
        SortedMap<String, double[]> statistics = new TreeMap<>();
        statistics.put(SCALER, scaler.toStatistics());
        statistics.put(TARGETS, targets.toStatistics());
        return new LearnerState(vectors, statistics, new TreeMap<>());
    }

    /** Goes on from a state. */
    public void restore(LearnerState state) {
        aside.settle();
        theta = state.vector(THETA);
        valueTheta = state.vector(VALUE);
        scaler = Scaler.fromStatistics(state.statistic(SCALER));
        targets = Scaler.fromStatistics(state.statistic(TARGETS));
        Map<String, float[]> memory = new TreeMap<>();
        state.vectors().forEach((name, vector) -> {
            if (name.startsWith(STEP)) {
                memory.put(name.substring(STEP.length()), vector);
            }
        });
        step.restore(memory);
    }

    /** Returns the policy's parameters in a state. */
    static float[] theta(LearnerState state) {
        return state.vector(THETA);
    }

    /** Returns the policy of a state as an ONNX file without metadata. */
    static byte[] export(StochasticPolicy policy, LearnerState state) {
        Graph graph = new Graph();
        int n = policy.observationSize();
        Tensor observation = graph.input("observation", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, n));
        Scaler standardised = scaler(state);
        Tensor shift = graph.constant(standardised.shift(), Shape.of(n));
        Tensor scale = graph.constant(standardised.scale(), Shape.of(n));
        ParameterLayout layout = Surrogate.layout(policy);
        var weights = layout.constants(graph, theta(state));
        return graph.toModel(
                policy.distribution(weights, observation, shift, scale).outputs());
    }

    /** Returns what the policy's observations are standardised by in a state. */
    static Scaler scaler(LearnerState state) {
        return Scaler.fromStatistics(state.statistic(SCALER));
    }

    @Override
    public void close() {
        aside.close();
        behaviour.close();
        if (likelihood != null) {
            likelihood.close();
        }
        step.close();
        value.close();
    }
}
