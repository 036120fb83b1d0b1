package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.EnvironmentFactory;
import dev.understudy.environment.Rollout;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.policy.StochasticPolicy;
import dev.understudy.reward.Discriminator;
import dev.understudy.reward.ShapedReward;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Adversarial inverse reinforcement learning: Fu, Luo and Levine (2018), arXiv:1710.11248, Algorithm 1. The
 * discriminator's logit is f(s, a, s') - log pi(a | s), so that what it learns is a reward ({@link ShapedReward}),
 * which {@link #exportReward} writes.
 *
 * <p>The policy's reward is the logit itself, log D - log(1 - D) (line 6): f and, by -log pi, the entropy that the
 * paper's objective has.
 *
 * <p>Departures: TRPO and its settings, and the discriminator's steps on each rollout, as in {@link Gail}; rewards come
 * from the discriminator before its step; after an end, h(s') is 0. Half of what the discriminator takes for the
 * policy's is a sample of all earlier iterations, each step with the density that its action was drawn with
 * ({@link PastSteps}): where the policy has learned to go only where the expert goes, nothing else would keep the
 * reward of all other states low. After the last iteration it goes on learning from that sample alone. A penalty keeps
 * h small, so that what both g and h can explain is g's.
 *
 * <p>An update may be left at any time; it goes on from the end of its last whole iteration.
 */
public final class Airl implements Learner, Imitation {
    private static final String THETA = "theta";
    private static final String PAST = "past.steps";
    private static final String SEEN = "past.seen";

    private final StochasticPolicy policy;
    private final EnvironmentFactory environments;
    private final AirlConfig config;
    private final ShapedEncoding encoding;
    private final ShapedReward network;
    private final PastSteps past;
    private @Nullable Parts parts;
    private @Nullable Rollout expert;

    /** What has native memory, made when first needed. */
    private record Parts(PolicyImprovement improvement, Discriminator discriminator) {}

    /**
     * Creates the learner.
     *
     * @param policy one that fits the environment's observations and actions
     */
    public Airl(StochasticPolicy policy, EnvironmentFactory environments, AirlConfig config) {
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
        this.encoding =
                new ShapedEncoding(environments.observationSize(), environments.actions(), environments.horizon());
        this.network = new ShapedReward(
                environments.observationSize(),
                environments.actions().policyOutputs(),
                config.reads(),
                config.loop().improvement().gamma(),
                config.loop().discriminator(),
                config.shapingWeight());
        this.past = new PastSteps(config.past(), encoding.size());
    }

    /** Returns lines 4 to 7 of Algorithm 1. What the expert did is judged by the policy as it is. */
    @Override
    public Sliced<Gail.Iteration> iterate(int iteration, Matrix unjudged, double share, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        PolicyImprovement improvement = parts().improvement();
        Discriminator discriminator = parts().discriminator();
        return improvement
                .rollout(random.nextLong())
                .then(
                        rollout -> { // line 4
                            Matrix generated = encoding.of(rollout, rollout.logProbabilities());
                            float[] rewards = discriminator.logits(generated); // line 6
                            Matrix shown = judged(unjudged, rollout);
                            Matrix mixed = past.mixed(generated, random);
                            long draws = random.nextLong();
                            var told = improvement.beside(() -> config.loop().feedback() == GailConfig.Feedback.CONSTANT
                                    ? Gail.constant()
                                    : discriminator.update(shown, mixed, new SplittableRandom(draws))); // line 5
                            return improvement
                                    .improve(rollout, rewards, share, random.nextLong()) // line 7
                                    .thenOne(outcome -> {
                                        Discriminator.Report report = Aside.end(told);
                                        past.add(generated, random);
                                        if (iteration == config.loop().iterations() - 1) {
                                            settle(shown, random);
                                        }
                                        return new Gail.Iteration(rollout, report, outcome);
                                    });
                        });
    }

    /** Learns to tell the expert from all that was ever done, so that the reward that remains is right everywhere. */
    private void settle(Matrix shown, SplittableRandom random) {
        int count = config.loop().improvement().pairsPerIteration();
        for (int i = 0; i < config.settling() && config.loop().feedback() != GailConfig.Feedback.CONSTANT; i++) {
            parts().discriminator().update(shown, past.drawn(count, random), random);
        }
    }

    /** Returns the expert's steps with -log pi(a | s) of the policy as it is; noise has that of the policy's own. */
    private Matrix judged(Matrix unjudged, Rollout own) {
        Rollout demonstrated = expert;
        if (demonstrated != null) {
            return encoding.of(demonstrated, parts().improvement().logProbabilities(demonstrated));
        }
        float[] values = unjudged.values().clone();
        for (int row = 0; row < unjudged.rows(); row++) {
            values[(row + 1) * unjudged.columns() - 1] = -own.logProbabilities()[row % own.steps()];
        }
        return new Matrix(unjudged.rows(), unjudged.columns(), values);
    }

    private Parts parts() {
        Parts made = parts;
        if (made == null) {
            ImprovementConfig improvement = config.loop().improvement();
            made = new Parts(
                    new PolicyImprovement(
                            policy,
                            environments.actions(),
                            new Trpo(policy, improvement.region(), improvement.curvatureStride()),
                            improvement),
                    new Discriminator(network.inputs(), network, config.loop().discriminator(), 0));
            parts = made;
        }
        return made;
    }

    @Override
    public LearnerState initialState(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        LearnerState improvement = parts().improvement().initialState(random.nextLong());
        past.restore(new float[0], 0);
        return both(improvement, parts().discriminator().initialMemory(random.nextLong()), new TreeMap<>());
    }

    @Override
    public LearnerState state(SortedMap<String, Long> counters) {
        return both(parts().improvement().state(), parts().discriminator().memory(), counters);
    }

    private LearnerState both(
            LearnerState improvement, Discriminator.Memory discriminator, SortedMap<String, Long> counters) {
        counters.put(SEEN, past.seen());
        LearnerState both = Gail.both(improvement, discriminator, counters);
        SortedMap<String, float[]> vectors = new TreeMap<>(both.vectors());
        vectors.put(PAST, past.rows());
        return new LearnerState(vectors, both.statistics(), both.counters());
    }

    private void restore(LearnerState state) {
        parts().improvement().restore(state);
        parts().discriminator().restore(Gail.discriminator(state, false));
        past.restore(state.vector(PAST), state.counter(SEEN));
    }

    /** Begins an update. Replay is part of the expert's steps. */
    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        List<Trajectory> all =
                Stream.concat(demonstrations.stream(), replay.stream()).toList();
        Rollout shown = encoding.expert(environments.shown(all, seed));
        if (shown.steps() == 0) {
            throw new IllegalArgumentException(
                    "expected at least one demonstrated step with the observation after it, got none");
        }
        restore(state);
        parts().improvement()
                .practiseIn(() -> environments.create(
                        demonstrations, config.loop().improvement().copies()));
        boolean isNoise = config.loop().feedback() == GailConfig.Feedback.NOISE;
        expert = isNoise ? null : shown;
        if (!isNoise && state.counter(GailUpdate.OPEN) == 0) {
            parts().improvement().demonstrated(demonstrations);
        }
        Matrix steps = isNoise ? Gail.noise(encoding.size(), seed) : encoding.of(shown, new float[shown.steps()]);
        return new GailUpdate(this, config.loop(), steps, state, seed);
    }

    /** Returns whole episodes under the policy's mode, as the last whole iteration left it. */
    public Rollout evaluate(int episodes, long seed) {
        return parts().improvement().evaluate(episodes, seed);
    }

    @Override
    public byte[] export(LearnerState state) {
        return PolicyImprovement.export(policy, state);
    }

    /** Returns the recovered reward g as {@link ShapedReward#export} writes it. */
    public byte[] exportReward(LearnerState state) {
        Discriminator.Memory memory = Gail.discriminator(state, false);
        return network.export(Objects.requireNonNull(memory.vectors().get(THETA)), memory.scaler());
    }

    /** Returns what the recovered reward reads. */
    public ShapedReward.Reads reads() {
        return config.reads();
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
