package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.learn.LearnerState;
import dev.understudy.network.Scaler;
import dev.understudy.policy.StochasticPolicy;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A policy that acts in an environment and is improved by rewards: advantages from its value function, a
 * {@link PolicyStep}, a step of the value function, and the scaler, in this order. The rewards may be the environment's
 * own or learned. The value function's step runs beside the policy's. Holds native memory; for one thread at a time.
 */
public final class PolicyImprovement implements AutoCloseable {
    private static final String THETA = "policy.theta";
    private static final String STEP = "policy.step.";
    private static final String SCALER = "policy.scaler";
    private static final String VALUE = "value.theta";
    private static final String TARGETS = "value.targets";

    private final StochasticPolicy policy;
    private final ImprovementConfig config;
    private @Nullable RolloutCollector collector;
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
                policy.observationSize(), config.valueHidden(), config.valueRegion(), config.curvatureStride());
        this.scaler = Scaler.empty(policy.observationSize());
    }

    /** Acts in this environment from now on, in as many copies as it has. */
    public void practiseIn(Environment environment) {
        collector = new RolloutCollector(environment);
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

    /** Standardises observations by these too. */
    void observe(Matrix observations) {
        scaler = scaler.merge(observations);
    }

    /** Returns at least the configured number of steps under the policy as it is, actions drawn. */
    Rollout rollout(long seed) {
        return collector().steps(behaviour.with(theta, scaler), config.pairsPerIteration(), seed);
    }

    /** Returns episodes under the policy's mode. */
    Rollout evaluate(int episodes, long seed) {
        Behaviour mode = behaviour.with(theta, scaler).mode();
        return collector().episodes(mode, episodes, seed);
    }

    /**
     * Improves the policy on its own rollout.
     *
     * @param rewards {@code [T]}, finite
     * @throws IllegalArgumentException if a reward is not finite
     */
    PolicyStep.Outcome improve(Rollout rollout, float[] rewards, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] earned = rewards.clone();
        for (int i = 0; i < earned.length; i++) {
            if (!Float.isFinite(earned[i])) {
                throw new IllegalArgumentException(
                        "expected finite rewards, got %s (step %d of %d)".formatted(earned[i], i, earned.length));
            }
            earned[i] -= (float) (config.causalEntropyWeight() * rollout.logProbabilities()[i]);
        }
        float[] times = new float[rewards.length];
        for (int i = 0; i < times.length; i++) {
            times[i] = (float) rollout.times()[i] / collector().environment().horizon();
        }
        float[] values = value.values(valueTheta, rollout.observations(), times, scaler, targets);
        Advantages estimated = Advantages.of(rollout, earned, values, config.gamma(), config.lambda());
        PolicyBatch batch = new PolicyBatch(
                rollout.observations(),
                rollout.actions(),
                estimated.standardised().advantages(),
                scaler);
        targets = ValueFunction.observed(targets, estimated.targets());
        long valueSeed = random.nextLong();
        CompletableFuture<float[]> fitted = aside.begin(() -> value.fit(
                valueTheta,
                rollout.observations(),
                times,
                scaler,
                estimated.targets(),
                targets,
                new SplittableRandom(valueSeed)));
        PolicyStep.Outcome outcome = step.improve(theta, batch, random);
        valueTheta = Aside.end(fitted);
        theta = outcome.theta();
        observe(new Matrix(rollout.steps(), rollout.observationSize(), rollout.observations()));
        return outcome;
    }

    /** Returns log pi(a|o) of the policy as it is, for what was recorded, {@code [T]}. */
    float[] logProbabilities(Rollout recorded) {
        if (likelihood == null) {
            likelihood = new Likelihood(policy);
        }
        return likelihood.of(theta, scaler, recorded);
    }

    /**
     * Improves the policy on what another version of it did.
     *
     * @param weights of the policy as it is over the version that acted
     * @param rewards {@code [T]}, finite
     * @param horizon steps that an episode has at most
     */
    PolicyStep.Outcome improve(Rollout recorded, ImportanceWeights weights, float[] rewards, int horizon, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] earned = rewards.clone();
        if (config.causalEntropyWeight() != 0) {
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
        targets = ValueFunction.observed(targets, estimated.targets());
        valueTheta = value.fit(
                valueTheta,
                recorded.observations(),
                times,
                scaler,
                estimated.targets(),
                targets,
                new SplittableRandom(random.nextLong()));
        PolicyStep.Outcome outcome = step.improve(theta, batch, random);
        theta = outcome.theta();
        return outcome;
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
