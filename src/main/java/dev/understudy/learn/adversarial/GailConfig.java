package dev.understudy.learn.adversarial;

import dev.understudy.reward.DiscriminatorOptions;
import dev.understudy.reward.RewardForm;

/**
 * How GAIL learns.
 *
 * @param iterations of Algorithm 1 per update
 * @param improvement how the policy is improved
 * @param discriminator how the discriminator is built and learns
 * @param reward what a pair earns from the discriminator
 * @param feedback whether the discriminator learns; a control that must fail sets it to {@link Feedback#CONSTANT}
 */
public record GailConfig(
        int iterations,
        ImprovementConfig improvement,
        DiscriminatorOptions discriminator,
        RewardForm reward,
        Feedback feedback) {
    /** What the discriminator learns from. */
    public enum Feedback {
        /** The expert's pairs. */
        EXPERT,
        /** Nothing: D stays at 1/2. A control: what the policy then learns, it learns from the reward's sign alone. */
        CONSTANT,
        /** Pairs of random numbers in place of the expert's. A control: what is learned without demonstrations. */
        NOISE
    }

    public GailConfig {
        if (iterations < 1) {
            throw new IllegalArgumentException("expected at least 1 iteration, got " + iterations);
        }
    }

    /**
     * Returns the settings of the authors' code for the classic tasks, 300 iterations.
     *
     * @param reward {@link RewardForm#SURVIVAL} where episodes end on failure, {@link RewardForm#TERMINATION} where
     *     they end on success
     */
    public static GailConfig defaults(RewardForm reward) {
        return new GailConfig(
                300, ImprovementConfig.defaults(), DiscriminatorOptions.defaults(), reward, Feedback.EXPERT);
    }

    /** Returns the same with other iterations. */
    public GailConfig withIterations(int count) {
        return new GailConfig(count, improvement, discriminator, reward, feedback);
    }

    /** Returns the same with other feedback. */
    public GailConfig withFeedback(Feedback other) {
        return new GailConfig(iterations, improvement, discriminator, reward, other);
    }

    /** Returns the same with another discriminator. */
    public GailConfig withDiscriminator(DiscriminatorOptions other) {
        return new GailConfig(iterations, improvement, other, reward, feedback);
    }

    /** Returns the same with another way to improve the policy. */
    public GailConfig withImprovement(ImprovementConfig other) {
        return new GailConfig(iterations, other, discriminator, reward, feedback);
    }
}
