package dev.understudy.learn.adversarial;

import dev.understudy.reward.RewardForm;
import dev.understudy.reward.ShapedReward;

/**
 * How {@link Airl} learns.
 *
 * @param loop iterations and how the policy and the discriminator learn; what GAIL alone reads is left out
 * @param reads what the recovered reward reads
 * @param past most steps of earlier iterations that are kept for the discriminator, at least 1
 * @param settling updates of the discriminator after the last iteration, on the sample of all iterations; 0 for none
 * @param shapingWeight weight of the mean of h(s)^2 over the policy's steps in the discriminator's loss; 0 for none
 */
public record AirlConfig(GailConfig loop, ShapedReward.Reads reads, int past, int settling, double shapingWeight) {
    public AirlConfig {
        if (past < 1 || settling < 0 || !(shapingWeight >= 0)) {
            throw new IllegalArgumentException(
                    "expected past >= 1, settling >= 0 and shapingWeight >= 0, got %d, %d and %s"
                            .formatted(past, settling, shapingWeight));
        }
    }

    /**
     * Returns settings for the classic tasks, in episodes of fixed length: those of {@link GailConfig#byExpert} with
     * the reward's networks of 32-32 (Fu et al., 2018, appendix D, have 32-32) and a gradient penalty of 5; a reward of
     * the state alone. Found on the pendulum (docs/algorithms/inverse-reinforcement-learning.md).
     */
    public static AirlConfig defaults() {
        GailConfig loop = GailConfig.byExpert(RewardForm.LOG_ODDS);
        return new AirlConfig(
                loop.withIterations(200).withDiscriminator(loop.discriminator().withPenalty(5.0, 0.0)),
                ShapedReward.Reads.STATE,
                20_000,
                60,
                10.0);
    }

    /** Returns the same with another loop. */
    public AirlConfig withLoop(GailConfig other) {
        return new AirlConfig(other, reads, past, settling, shapingWeight);
    }

    /** Returns the same with other iterations. */
    public AirlConfig withIterations(int count) {
        return withLoop(loop.withIterations(count));
    }

    /** Returns the same with other feedback for the discriminator: a control. */
    public AirlConfig withFeedback(GailConfig.Feedback feedback) {
        return withLoop(loop.withFeedback(feedback));
    }

    /** Returns the same with a reward that reads something else. */
    public AirlConfig withReads(ShapedReward.Reads other) {
        return new AirlConfig(loop, other, past, settling, shapingWeight);
    }
}
