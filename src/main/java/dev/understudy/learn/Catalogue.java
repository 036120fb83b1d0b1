package dev.understudy.learn;

import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingDynamics;
import dev.understudy.driving.FollowingEnvironments;
import dev.understudy.learn.adversarial.Gail;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.adversarial.GailWithCloning;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.network.Activation;
import dev.understudy.policy.GaussianPolicy;
import java.util.List;

/** The algorithms by the names that the command line and the jobs call them by, set up for a policy. */
public final class Catalogue {
    /** Behavioural cloning. */
    public static final String CLONING = "bc";

    /** Generative adversarial imitation learning, from a cloned policy. */
    public static final String GAIL = "gail";

    private static final List<String> ALGORITHMS = List.of(CLONING, GAIL);
    private static final List<String> POLICIES = List.of(CarFollowing.POLICY);

    private Catalogue() {}

    /** Returns the names of the algorithms. */
    public static List<String> algorithms() {
        return ALGORITHMS;
    }

    /** Returns the names of the policies that can be learned. */
    public static List<String> policies() {
        return POLICIES;
    }

    /**
     * Returns a learner of that algorithm for that policy.
     *
     * @param algorithm one of {@link #algorithms}
     * @param policy one of {@link #policies}
     * @param steps optimiser steps per window for cloning, iterations of Algorithm 1 for GAIL (with as much less or
     *     more of the cloning that goes with them); 0 for the algorithm's own
     * @throws IllegalArgumentException naming what there is, if there is no such algorithm or policy
     */
    public static Learner learner(String algorithm, String policy, int steps) {
        if (!ALGORITHMS.contains(algorithm)) {
            throw new IllegalArgumentException(
                    "expected one of the algorithms %s, got %s".formatted(ALGORITHMS, algorithm));
        }
        if (!POLICIES.contains(policy)) {
            throw new IllegalArgumentException("expected one of the policies %s, got %s".formatted(POLICIES, policy));
        }
        return algorithm.equals(CLONING) ? cloning(steps, BehaviouralCloningConfig.driven()) : gail(steps);
    }

    /**
     * Returns a learner for the windows of a stream: as {@link #learner}, but cloning goes on from window to window
     * with care ({@link BehaviouralCloningConfig.Continuation#settling}).
     */
    public static Learner onStreams(String algorithm, String policy, int steps) {
        return algorithm.equals(CLONING) && POLICIES.contains(policy)
                ? cloning(steps, BehaviouralCloningConfig.driven().onStreams())
                : learner(algorithm, policy, steps);
    }

    private static BehaviouralCloning cloning(int steps, BehaviouralCloningConfig config) {
        return cloning(steps == 0 ? config : config.withSteps(steps));
    }

    private static BehaviouralCloning cloning(BehaviouralCloningConfig config) {
        return new BehaviouralCloning(
                carFollowing(), config, new FollowingDynamics(config.stride() * CarFollowing.STEP_SECONDS));
    }

    private static Learner gail(int steps) {
        GailConfig ofRound = GailConfig.carFollowing();
        int iterations = steps == 0 ? GailWithCloning.ROUNDS * ofRound.iterations() : steps;
        int rounds = Math.max(1, iterations / ofRound.iterations());
        double share = (double) iterations / (GailWithCloning.ROUNDS * ofRound.iterations());
        double shareOfRound = (double) iterations / (rounds * ofRound.iterations());
        GaussianPolicy policy = carFollowing();
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
     * Returns the car-following policy: a 64-64 tanh network beside the usual law, accelerations clipped to their
     * range.
     */
    public static GaussianPolicy carFollowing() {
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
