package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.End;
import dev.understudy.environment.EnvironmentFactory;
import dev.understudy.environment.Rollout;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.network.Scaler;
import dev.understudy.policy.StochasticPolicy;
import dev.understudy.reward.Discriminator;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Generative adversarial imitation learning: Ho and Ermon (2016), arXiv:1606.03476, Algorithm 1.
 *
 * <p>D(o, a) is here the probability that a pair is the <em>expert's</em>, as in the authors' code. The paper has it
 * the other way round, so its log D and log(1 - D) change places.
 *
 * <p>Departures, all but the last as in the authors' code: rewards come from the discriminator before its step, not
 * after it; the policy's reward is the {@link dev.understudy.reward.RewardForm} that fits how episodes end, not always
 * log D; the discriminator takes one step of Adam with a small entropy bonus; lambda H(pi) is a reward of each step.
 * Curvature is taken over a tenth of the rollout.
 *
 * <p>An update may be left at any time; it goes on from the end of its last whole iteration.
 */
public final class Gail implements Learner, Imitation {
    private static final String DISCRIMINATOR = "discriminator.";
    private static final String DISCRIMINATOR_SCALER = "discriminator.scaler";
    private static final String STOPPED = "discriminator.stopped";

    private final StochasticPolicy policy;
    private final EnvironmentFactory environments;
    private final GailConfig config;
    private final Function<StochasticPolicy, PolicyStep> step;
    private final PairEncoding encoding;
    private @Nullable Parts parts;

    /** What has native memory, made when first needed. */
    private record Parts(PolicyImprovement improvement, Discriminator discriminator) {}

    /**
     * What an iteration did.
     *
     * @param rollout of the policy before it
     * @param discriminator the discriminator's account of its step
     * @param policy the policy step's account
     */
    record Iteration(Rollout rollout, Discriminator.Report discriminator, PolicyStep.Outcome policy) {}

    /**
     * Imitates in an environment, with TRPO steps.
     *
     * @param policy one that fits the environment's observations and actions
     */
    public Gail(StochasticPolicy policy, EnvironmentFactory environments, GailConfig config) {
        this(
                policy,
                environments,
                config,
                of -> new Trpo(
                        of, config.improvement().region(), config.improvement().curvatureStride()));
    }

    /** Imitates in an environment, with policy steps of another kind. */
    public Gail(
            StochasticPolicy policy,
            EnvironmentFactory environments,
            GailConfig config,
            Function<StochasticPolicy, PolicyStep> step) {
        if (policy.observationSize() != environments.observationSize()
                || policy.actionSize() != environments.actions().policyOutputs()) {
            throw new IllegalArgumentException("expected a policy of %s: %d observations, %d outputs; got %d and %d"
                    .formatted(
                            environments.name(),
                            environments.observationSize(),
                            environments.actions().policyOutputs(),
                            policy.observationSize(),
                            policy.actionSize()));
        }
        this.policy = policy;
        this.environments = environments;
        this.config = config;
        this.step = step;
        this.encoding = new PairEncoding(environments.observationSize(), environments.actions(), config.judged());
    }

    /**
     * Returns lines 3 to 5 of Algorithm 1, to be done once. Line 4 is done beside line 5, neither of which reads what
     * the other writes.
     *
     * @param iteration of no consequence
     * @param expert pairs, encoded
     * @param share of the policy step's usual bound
     * @param seed what every draw of this iteration follows from
     */
    @Override
    public Sliced<Iteration> iterate(int iteration, Matrix expert, double share, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        PolicyImprovement improvement = parts().improvement();
        return improvement
                .rollout(random.nextLong())
                .then(
                        rollout -> { // line 3
                            Matrix generated = encoding.of(rollout);
                            return learn(
                                    rollout,
                                    generated,
                                    generated,
                                    expert,
                                    random,
                                    rewards -> improvement.improve(rollout, rewards, share, random.nextLong()));
                        });
    }

    /** Returns how likely the policy, as it is, is to do what was recorded. */
    ImportanceWeights weights(Rollout recorded, double mostWeight) {
        return ImportanceWeights.of(
                parts().improvement().logProbabilities(recorded), recorded.logProbabilities(), mostWeight);
    }

    /** Returns lines 4 and 5 of Algorithm 1 on what another version of the policy did: see {@link OffPolicyUpdate}. */
    Sliced<Iteration> iterate(
            Rollout recorded,
            ImportanceWeights weights,
            OffPolicyConfig offPolicy,
            Matrix expert,
            SplittableRandom random) {
        Matrix pairs = encoding.of(recorded);
        Matrix generated =
                offPolicy.generated() == OffPolicyConfig.Generated.WEIGHTED ? weights.resample(pairs, random) : pairs;
        return learn(recorded, pairs, generated, expert, random, rewards -> parts().improvement()
                .improve(recorded, weights, rewards, offPolicy.horizon(), random.nextLong()));
    }

    /**
     * Returns lines 4 and 5.
     *
     * @param pairs of the rollout, which are rewarded
     * @param generated what the discriminator takes for the policy's
     * @param improve line 5, given the rewards
     */
    private Sliced<Iteration> learn(
            Rollout rollout,
            Matrix pairs,
            Matrix generated,
            Matrix expert,
            SplittableRandom random,
            Function<float[], Sliced<PolicyStep.Outcome>> improve) {
        Discriminator discriminator = parts().discriminator();
        float[] rewards = rewards(rollout, discriminator.logits(pairs)); // what Q of eq. 18 adds up
        if (!finite(rewards)) {
            return Sliced.of(() -> diverged(rollout));
        }
        long draws = random.nextLong();
        var told = parts().improvement()
                .beside(() -> config.feedback() == GailConfig.Feedback.CONSTANT
                        ? constant()
                        : discriminator.update(expert, generated, new SplittableRandom(draws))); // line 4, eq. 17
        return improve.apply(rewards) // line 5, eq. 18
                .thenOne(outcome -> new Iteration(rollout, Aside.end(told), outcome));
    }

    private float[] rewards(Rollout rollout, float[] logits) {
        float[] rewards = new float[logits.length];
        for (int i = 0; i < rewards.length; i++) {
            rewards[i] = (float) config.reward().of(logits[i]);
        }
        for (int episode = 0; episode < rollout.episodes(); episode++) {
            if (rollout.end(episode) == End.TERMINATED) {
                rewards[rollout.firstStep(episode + 1) - 1] += (float) config.endReward();
            }
        }
        return rewards;
    }

    private static boolean finite(float[] rewards) {
        for (float reward : rewards) {
            if (!Float.isFinite(reward)) {
                return false;
            }
        }
        return true;
    }

    /** Returns an iteration that changed nothing, because D no longer says anything. */
    private static Iteration diverged(Rollout rollout) {
        double nothing = Double.NaN;
        return new Iteration(
                rollout,
                new Discriminator.Report(nothing, nothing, nothing, nothing, nothing),
                new PolicyStep.Outcome(new float[0], nothing, nothing, nothing, false));
    }

    /** Returns what a discriminator that does not learn says of itself. */
    static Discriminator.Report constant() {
        return new Discriminator.Report(2 * Math.log(2), 0.5, 0.5, Math.log(2), 0);
    }

    private Parts parts() {
        Parts made = parts;
        if (made == null) {
            made = new Parts(
                    new PolicyImprovement(policy, environments.actions(), step.apply(policy), config.improvement()),
                    new Discriminator(encoding.size(), config.discriminator(), 0));
            parts = made;
        }
        return made;
    }

    @Override
    public LearnerState initialState(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        LearnerState improvement = parts().improvement().initialState(random.nextLong());
        return joined(improvement, parts().discriminator().initialMemory(random.nextLong()), new TreeMap<>());
    }

    private static LearnerState joined(
            LearnerState improvement, Discriminator.Memory discriminator, SortedMap<String, Long> counters) {
        counters.put(STOPPED, discriminator.stopped() ? 1L : 0L);
        return both(improvement, discriminator, counters);
    }

    /** Returns the memory of a policy's improvement with that of a discriminator beside it. */
    static LearnerState both(
            LearnerState improvement, Discriminator.Memory discriminator, SortedMap<String, Long> counters) {
        SortedMap<String, float[]> vectors = new TreeMap<>(improvement.vectors());
        discriminator.vectors().forEach((name, vector) -> vectors.put(DISCRIMINATOR + name, vector));
        SortedMap<String, double[]> statistics = new TreeMap<>(improvement.statistics());
        statistics.put(DISCRIMINATOR_SCALER, discriminator.scaler().toStatistics());
        return new LearnerState(vectors, statistics, counters);
    }

    /** Returns the discriminator's part of what {@link #both} returned. */
    static Discriminator.Memory discriminator(LearnerState state, boolean stopped) {
        SortedMap<String, float[]> vectors = new TreeMap<>();
        state.vectors().forEach((name, vector) -> {
            if (name.startsWith(DISCRIMINATOR)) {
                vectors.put(name.substring(DISCRIMINATOR.length()), vector);
            }
        });
        return new Discriminator.Memory(vectors, Scaler.fromStatistics(state.statistic(DISCRIMINATOR_SCALER)), stopped);
    }

    @Override
    public LearnerState state(SortedMap<String, Long> counters) {
        return joined(parts().improvement().state(), parts().discriminator().memory(), counters);
    }

    private void restore(LearnerState state) {
        parts().improvement().restore(state);
        parts().discriminator().restore(discriminator(state, state.counter(STOPPED) != 0));
    }

    /** Begins an update. Replay is part of the expert's pairs: the discriminator draws from both alike. */
    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        List<Trajectory> all = java.util.stream.Stream.concat(demonstrations.stream(), replay.stream())
                .toList();
        Matrix expert = encoding.of(environments.shown(all, seed));
        if (expert.rows() == 0 && config.feedback() == GailConfig.Feedback.EXPERT) {
            throw new IllegalArgumentException("expected at least one demonstrated step, got none");
        }
        restore(state);
        parts().improvement()
                .practiseIn(() ->
                        environments.create(demonstrations, config.improvement().copies()));
        if (config.feedback() == GailConfig.Feedback.NOISE) {
            expert = noise(encoding.size(), seed);
        } else if (state.counter(GailUpdate.OPEN) == 0) {
            parts().improvement().demonstrated(demonstrations);
        }
        return new GailUpdate(this, config, expert, state, seed);
    }

    /**
     * Begins an update that learns off-policy, from what earlier versions of the policy did; no environment is needed.
     * To continue, all arguments must be those that the update was begun with. The statistics that standardise
     * observations are fixed by the first update of a policy.
     *
     * @param recorded rollouts with the densities their actions were drawn with; the environment's rewards are not read
     * @throws IllegalArgumentException if there is nothing recorded, or it is of another size, or a density is missing
     */
    public OffPolicyUpdate begin(
            LearnerState state,
            List<Trajectory> demonstrations,
            List<Trajectory> replay,
            List<Rollout> recorded,
            OffPolicyConfig offPolicy,
            long seed) {
        List<Trajectory> all = java.util.stream.Stream.concat(demonstrations.stream(), replay.stream())
                .toList();
        Matrix expert = encoding.of(environments.shown(all, seed));
        if (expert.rows() == 0 || recorded.isEmpty()) {
            throw new IllegalArgumentException("expected demonstrated steps and recorded rollouts, got %d and %d"
                    .formatted(expert.rows(), recorded.size()));
        }
        recorded.forEach(this::check);
        restore(state);
        // Moving statistics would change the policy between recording and learning in a way that no bound limits.
        if (PolicyImprovement.scaler(state).count() == 0) {
            parts().improvement().demonstrated(demonstrations);
            recorded.forEach(rollout -> parts().improvement()
                    .observe(new Matrix(rollout.steps(), rollout.observationSize(), rollout.observations())));
        }
        return new OffPolicyUpdate(this, offPolicy, expert, recorded, state, seed);
    }

    private void check(Rollout recorded) {
        if (recorded.observationSize() != encoding.observationSize()
                || recorded.actionSize() != encoding.actions().size()) {
            throw new IllegalArgumentException("expected recorded observations of %d and actions of %d, got %d and %d"
                    .formatted(
                            encoding.observationSize(),
                            encoding.actions().size(),
                            recorded.observationSize(),
                            recorded.actionSize()));
        }
        for (int step = 0; step < recorded.steps(); step++) {
            if (!Float.isFinite(recorded.logProbabilities()[step])
                    || !encoding.actions().accepts(recorded.actions(), step * recorded.actionSize())) {
                throw new IllegalArgumentException(
                        "expected an action of %s with its log-density, got %s with %s (recorded step %d)"
                                .formatted(
                                        encoding.actions(),
                                        recorded.actions()[step * recorded.actionSize()],
                                        recorded.logProbabilities()[step],
                                        step));
            }
        }
    }

    /** Returns random numbers in place of the expert's steps: a control. */
    static Matrix noise(int columns, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[1000 * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new Matrix(1000, columns, values);
    }

    /** Returns whole episodes under the policy's mode, as the last whole iteration left it. */
    public Rollout evaluate(int episodes, long seed) {
        return parts().improvement().evaluate(episodes, seed);
    }

    /**
     * Returns D's accuracy between two sets of the expert's pairs, which it should not be able to distinguish: about
     * 1/2 unless it has memorised its demonstrations.
     *
     * @param learned demonstrations it learned from
     * @param heldOut demonstrations of the same expert that it did not see
     */
    public double memorised(List<Trajectory> learned, List<Trajectory> heldOut) {
        return 0.5 * (judgedExpert(learned) + 1.0 - judgedExpert(heldOut));
    }

    private double judgedExpert(List<Trajectory> trajectories) {
        float[] logits = parts().discriminator().logits(encoding.of(trajectories));
        int expert = 0;
        for (float logit : logits) {
            expert += logit > 0 ? 1 : 0;
        }
        return (double) expert / logits.length;
    }

    @Override
    public byte[] export(LearnerState state) {
        return PolicyImprovement.export(policy, state);
    }

    @Override
    public void close() {
        Parts made = parts;
        if (made != null) {
            made.improvement().close();
            made.discriminator().close();
            parts = null;
        }
    }
}
