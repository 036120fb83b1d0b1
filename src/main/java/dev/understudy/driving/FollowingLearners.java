package dev.understudy.driving;

import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.adversarial.Gail;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.adversarial.GailWithCloning;
import dev.understudy.learn.adversarial.ImprovementConfig;
import dev.understudy.learn.adversarial.TrustRegion;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.learn.observation.BcoFromLogs;
import dev.understudy.learn.observation.BcoFromLogsConfig;
import dev.understudy.network.Activation;
import dev.understudy.policy.GaussianPolicy;
import dev.understudy.reward.DiscriminatorOptions;
import dev.understudy.reward.RewardForm;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The algorithms, set up for car following. */
public final class FollowingLearners {
    private static final List<String> ALGORITHMS = List.of(Algorithms.CLONING, Algorithms.GAIL);

    /** Steps of an exploring drive, 2 s: a longer one at random accelerations, of which most brake, ends at rest. */
    private static final int EXPLORED_STEPS = 20;

    private FollowingLearners() {}

    /** Returns the names of the algorithms. */
    static List<String> algorithms() {
        return ALGORITHMS;
    }

    /** Returns the names of the algorithms that learn from observations alone. */
    static List<String> fromObservations() {
        return List.of(Algorithms.BCO);
    }

    /** Returns the names of the algorithms on files. */
    static List<String> onFiles() {
        return Stream.concat(ALGORITHMS.stream(), fromObservations().stream()).toList();
    }

    /**
     * Returns a learner of that algorithm.
     *
     * @param length optimiser steps per window for cloning, iterations of Algorithm 1 for GAIL (with as much less or
     *     more of the cloning that goes with them); 0 for the algorithm's own
     * @throws IllegalArgumentException naming what there is, if there is no such algorithm
     */
    static Learner learner(String algorithm, int length) {
        if (!onFiles().contains(algorithm)) {
            throw new IllegalArgumentException(
                    "expected one of the algorithms %s, got %s".formatted(onFiles(), algorithm));
        }
        if (algorithm.equals(Algorithms.BCO)) {
            return fromObservations(cloning(length, BehaviouralCloningConfig.driven()), observedConfig());
        }
        return algorithm.equals(Algorithms.CLONING) ? cloning(length, BehaviouralCloningConfig.driven()) : gail(length);
    }

    /**
     * Returns a learner for the windows of a stream: as {@link #learner}, but cloning goes on from window to window
     * with care ({@link BehaviouralCloningConfig.Continuation#settling}).
     */
    static Learner onStreams(String algorithm, int length) {
        BehaviouralCloningConfig config = BehaviouralCloningConfig.driven().onStreams();
        return switch (algorithm) {
            case Algorithms.CLONING -> cloning(length, config);
            case Algorithms.BCO -> fromObservations(cloning(length, config), observedConfig());
            default -> learner(algorithm, length);
        };
    }

    /**
     * Returns cloning from observation. The accelerations of logs follow from their speeds, so they are hidden from it:
     * what was done is inferred from random driving behind the same leaders, by what moves in two observations.
     *
     * @param cloning of {@link #policy}
     */
    public static BcoFromLogs fromObservations(BehaviouralCloning cloning, BcoFromLogsConfig config) {
        GaussianPolicy network = new GaussianPolicy(
                2 * CarFollowing.CONTEXT,
                CarFollowing.ACTION_SIZE,
                List.of(64, 64),
                Activation.TANH,
                GaussianPolicy.Deviation.STATE_INDEPENDENT,
                GaussianPolicy.Bounds.CLIPPED,
                CarFollowing.MIN_ACCELERATION,
                CarFollowing.MAX_ACCELERATION);
        return new BcoFromLogs(
                network,
                CarFollowing.actions(),
                CarFollowing.observationSize(),
                cloning,
                new FollowingEnvironments(
                        EXPLORED_STEPS, FollowingEnvironments.defaults().staleness()),
                config);
    }

    /**
     * Returns how it learns from observations: from 10,000 random steps
     * (docs/algorithms/imitation-from-observation.md).
     */
    public static BcoFromLogsConfig observedConfig() {
        return BcoFromLogsConfig.exploring(10_000);
    }

    private static BehaviouralCloning cloning(int steps, BehaviouralCloningConfig config) {
        return cloning(steps == 0 ? config : config.withSteps(steps));
    }

    /** Returns cloning of {@link #policy}. */
    public static BehaviouralCloning cloning(BehaviouralCloningConfig config) {
        return new BehaviouralCloning(
                policy(), config, new FollowingDynamics(config.stride() * CarFollowing.STEP_SECONDS));
    }

    private static Learner gail(int steps) {
        GailConfig ofRound = gailConfig();
        int iterations = steps == 0 ? GailWithCloning.ROUNDS * ofRound.iterations() : steps;
        int rounds = Math.max(1, iterations / ofRound.iterations());
        double share = (double) iterations / (GailWithCloning.ROUNDS * ofRound.iterations());
        double shareOfRound = (double) iterations / (rounds * ofRound.iterations());
        GaussianPolicy policy = policy();
        return new GailWithCloning(
                policy,
                cloning(scaled(BehaviouralCloningConfig.driven(), share)),
                cloning(scaled(BehaviouralCloningConfig.refreshed(), shareOfRound)),
                new Gail(policy, FollowingEnvironments.defaults(), ofRound.withIterations(iterations / rounds)),
                rounds,
                GailWithCloning.DEVIATION);
    }

    private static BehaviouralCloningConfig scaled(BehaviouralCloningConfig config, double share) {
        return share == 1 ? config : config.withSteps(Math.max(1, (int) Math.round(share * config.steps())));
    }

    /**
     * Returns the settings for one round of car following beside cloning ({@link GailWithCloning}): gamma 0.95 (Kuefler
     * et al., 2017), log-odds because episodes have a fixed length, a collision at a floor. The discriminator sees what
     * moves (not the context, by which it would recognise each demonstration) and the action before. Measured:
     * docs/algorithms/gail.md.
     */
    public static GailConfig gailConfig() {
        ImprovementConfig improvement = new ImprovementConfig(
                5000,
                50,
                0.95,
                0.97,
                0.0,
                List.of(64, 64),
                TrustRegion.defaults(),
                5,
                ImprovementConfig.Statistics.GIVEN);
        DiscriminatorOptions discriminator = new DiscriminatorOptions(
                List.of(64, 64),
                Activation.TANH,
                0.01,
                0.9,
                3,
                0.001,
                DiscriminatorOptions.Output.ZERO,
                DiscriminatorOptions.Statistics.EXPERT,
                0.1,
                0.0,
                1,
                DiscriminatorOptions.Normalisation.NONE,
                DiscriminatorOptions.Throttle.never());
        return new GailConfig(
                10,
                improvement,
                discriminator,
                RewardForm.LOG_ODDS,
                GailConfig.Feedback.EXPERT,
                new GailConfig.Judged(
                        IntStream.range(0, CarFollowing.CONTEXT).boxed().toList(),
                        GailConfig.Judged.Beside.ACTION_AND_PREVIOUS),
                -100.0,
                0.0);
    }

    /** Returns the policy: a 64-64 tanh network beside the usual law, accelerations clipped to their range. */
    public static GaussianPolicy policy() {
        return new GaussianPolicy(
                CarFollowing.observationSize(),
                CarFollowing.ACTION_SIZE,
                List.of(64, 64),
                Activation.TANH,
                GaussianPolicy.Deviation.STATE_INDEPENDENT,
                GaussianPolicy.Bounds.CLIPPED,
                CarFollowing.MIN_ACCELERATION,
                CarFollowing.MAX_ACCELERATION,
                CarFollowing.law());
    }
}
