package dev.understudy.learn.adversarial;

/**
 * How GAIL learns from rollouts that earlier versions of the policy recorded.
 *
 * @param iterations per update
 * @param horizon steps that an episode has at most: the value function's unit of time
 * @param mostWeight importance weights are clipped to this, at least 1
 * @param leastEffectiveShare a rollout is no longer used once its effective sample size is a smaller share of its
 *     steps, from 0 to 1
 * @param generated which of the recorded pairs the discriminator takes for the policy's
 */
public record OffPolicyConfig(
        int iterations, int horizon, double mostWeight, double leastEffectiveShare, Generated generated) {
    /** Which of the recorded pairs the discriminator takes for the policy's. */
    public enum Generated {
        /**
         * Pairs drawn in proportion to pi(a|o) over the density they were recorded with. This corrects for the actions,
         * not for how often an observation occurs.
         */
        WEIGHTED,
        /** All of them alike: Kostrikov et al. (2019), arXiv:1809.02925 (DAC), drop the weights, too. */
        REPLAYED
    }

    public OffPolicyConfig {
        if (iterations < 1
                || horizon < 1
                || !(mostWeight >= 1)
                || !(leastEffectiveShare > 0 && leastEffectiveShare <= 1)) {
            throw new IllegalArgumentException(
                    "expected iterations >= 1, horizon >= 1, mostWeight >= 1, leastEffectiveShare in (0, 1], got %d, %d, %s, %s"
                            .formatted(iterations, horizon, mostWeight, leastEffectiveShare));
        }
    }

    /**
     * Returns weights clipped to 10 (as Wang et al., 2017, arXiv:1611.01224, do), rollouts used while at least half
     * their steps count (a guess), weighted pairs.
     */
    public static OffPolicyConfig defaults(int iterations, int horizon) {
        return new OffPolicyConfig(iterations, horizon, 10, 0.5, Generated.WEIGHTED);
    }

    /** Returns the same with other pairs for the discriminator. */
    public OffPolicyConfig with(Generated other) {
        return new OffPolicyConfig(iterations, horizon, mostWeight, leastEffectiveShare, other);
    }
}
