package dev.understudy.learn.adversarial;

import dev.understudy.reward.DiscriminatorOptions;
import dev.understudy.reward.RewardForm;
import java.util.List;

/**
 * How {@link DiscriminatorActorCritic} learns.
 *
 * @param loop iterations, each one episode and as many updates as it has steps; the discriminator; what it learns from.
 *     The rest is not read
 * @param randomSteps steps of the first episodes whose actions are drawn uniformly
 * @param batchSize steps of each update, from the replay buffer and from the expert
 * @param gamma discount
 * @param hidden widths of the critics' hidden layers
 * @param learningRate of Adam, of actor and critics
 * @param tracking tau: how far the targets move towards what they follow in each update
 * @param exploration deviation of the noise on actions, as a share of half their range
 * @param smoothing deviation of the noise on the targets' actions, likewise; clipped to 2.5 deviations
 * @param delay updates of the critics for each of the actor
 */
public record DacConfig(
        GailConfig loop,
        int randomSteps,
        int batchSize,
        double gamma,
        List<Integer> hidden,
        double learningRate,
        double tracking,
        double exploration,
        double smoothing,
        int delay) {
    public DacConfig {
        hidden = List.copyOf(hidden);
        if (batchSize < 1 || randomSteps < 1 || !(gamma > 0 && gamma < 1) || !(learningRate > 0) || delay < 1) {
            throw new IllegalArgumentException(
                    "expected batchSize >= 1, randomSteps >= 1, gamma in (0, 1), learningRate > 0 and delay >= 1, got %d, %d, %s, %s, %d"
                            .formatted(batchSize, randomSteps, gamma, learningRate, delay));
        }
    }

    /**
     * Returns the settings of Fujimoto et al. (2018) for TD3, with smaller networks and batches, 100 episodes, and the
     * discriminator of {@link DiscriminatorOptions#byExpert} with one step of Adam in each update.
     */
    public static DacConfig defaults() {
        return new DacConfig(
                GailConfig.byExpert(RewardForm.LOG_ODDS)
                        .withIterations(100)
                        .withDiscriminator(
                                DiscriminatorOptions.byExpert().withSteps(1).withPenalty(1.0, 0.0)),
                1_000,
                128,
                0.99,
                List.of(64, 64),
                1e-3,
                0.005,
                0.1,
                0.2,
                2);
    }

    /** Returns the same with other iterations. */
    public DacConfig withIterations(int count) {
        return withLoop(loop.withIterations(count));
    }

    /** Returns the same with other feedback for the discriminator: a control. */
    public DacConfig withFeedback(GailConfig.Feedback feedback) {
        return withLoop(loop.withFeedback(feedback));
    }

    private DacConfig withLoop(GailConfig other) {
        return new DacConfig(
                other, randomSteps, batchSize, gamma, hidden, learningRate, tracking, exploration, smoothing, delay);
    }
}
