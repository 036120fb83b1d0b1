package dev.understudy.learn.adversarial;

import dev.understudy.reward.RewardForm;
import dev.understudy.reward.ShapedReward;

/**
 * How {@link Airl} learns.
 *
 * @param loop iterations and how the policy and the discriminator learn; what GAIL alone reads is left out
 * @param reads what the recovered reward reads
 */
public record AirlConfig(GailConfig loop, ShapedReward.Reads reads) {
    /**
     * Returns settings for the classic tasks, in episodes of fixed length: those of {@link GailConfig#observed} with
     * the reward's networks of 32-32 (Fu et al., 2018, appendix D, have 32-32); a reward of the state alone.
     */
    public static AirlConfig defaults() {
        return new AirlConfig(GailConfig.observed(RewardForm.LOG_ODDS).withIterations(250), ShapedReward.Reads.STATE);
    }

    /** Returns the same with other iterations. */
    public AirlConfig withIterations(int count) {
        return new AirlConfig(loop.withIterations(count), reads);
    }

    /** Returns the same with other feedback for the discriminator: a control. */
    public AirlConfig withFeedback(GailConfig.Feedback feedback) {
        return new AirlConfig(loop.withFeedback(feedback), reads);
    }

    /** Returns the same with a reward that reads something else. */
    public AirlConfig withReads(ShapedReward.Reads other) {
        return new AirlConfig(loop, other);
    }
}
