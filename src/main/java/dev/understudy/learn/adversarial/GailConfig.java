package dev.understudy.learn.adversarial;

import dev.understudy.environment.Task;
import dev.understudy.reward.DiscriminatorOptions;
import dev.understudy.reward.RewardForm;
import java.util.List;

/**
 * How GAIL learns.
 *
 * @param iterations of Algorithm 1 per update
 * @param improvement how the policy is improved
 * @param discriminator how the discriminator is built and learns
 * @param reward what a pair earns from the discriminator
 * @param feedback whether the discriminator learns; a control that must fail sets it to {@link Feedback#CONSTANT}
 * @param judged what of a pair the discriminator sees
 * @param endReward what the last step of an episode that the task itself ended earns besides, in nats; 0 for nothing
 * @param settling share of an update's iterations, at its end, over which the policy's steps grow smaller, 0 for none:
 *     so that the last policy does not depend on the luck of its last step
 */
public record GailConfig(
        int iterations,
        ImprovementConfig improvement,
        DiscriminatorOptions discriminator,
        RewardForm reward,
        Feedback feedback,
        Judged judged,
        double endReward,
        double settling) {
    /** What the discriminator learns from. */
    public enum Feedback {
        /** The expert's pairs. */
        EXPERT,
        /** Nothing: D stays at 1/2. A control: the policy then learns from the reward's sign alone. */
        CONSTANT,
        /** Pairs of random numbers in place of the expert's. A control: what is learned without demonstrations. */
        NOISE
    }

    /**
     * What of a step the discriminator sees.
     *
     * @param columns of the observation; empty for all
     * @param beside what it sees beside it
     */
    public record Judged(List<Integer> columns, Beside beside) {
        /** What the discriminator sees beside an observation. */
        public enum Beside {
            /** The action, as in the paper. */
            ACTION,
            /** It and the one before, and so how actions change; an episode's first counts as its own predecessor. */
            ACTION_AND_PREVIOUS,
            /**
             * How the observation changes, and no action: state-only GAIL. Torabi, Warnell and Stone (2018),
             * arXiv:1807.06158, eq. 5, with s' - s for s', which standardises to the size of s.
             */
            CHANGE
        }

        public Judged {
            columns = List.copyOf(columns);
        }

        /** Returns the whole observation and the action alone, as in the paper. */
        public static Judged pairs() {
            return new Judged(List.of(), Beside.ACTION);
        }

        /** Returns the whole observation and how it changes: demonstrations need no actions. */
        public static Judged transitions() {
            return new Judged(List.of(), Beside.CHANGE);
        }
    }

    public GailConfig {
        if (iterations < 1) {
            throw new IllegalArgumentException("expected at least 1 iteration, got " + iterations);
        }
    }

    /**
     * Returns the form of reward that fits how a task's episodes end: {@link RewardForm#SURVIVAL} on failure,
     * {@link RewardForm#TERMINATION} on success, {@link RewardForm#LOG_ODDS} at the limit only.
     */
    public static RewardForm reward(Task task) {
        if (!task.hasShortEpisodes()) {
            return RewardForm.LOG_ODDS;
        }
        return task.motion().endIsGoal() ? RewardForm.TERMINATION : RewardForm.SURVIVAL;
    }

    /**
     * Returns the settings of the authors' code for the classic tasks, 300 iterations.
     *
     * @param reward {@link RewardForm#SURVIVAL} where episodes end on failure, {@link RewardForm#TERMINATION} where
     *     they end on success
     */
    public static GailConfig authors(RewardForm reward) {
        return new GailConfig(
                300,
                ImprovementConfig.defaults(),
                DiscriminatorOptions.defaults(),
                reward,
                Feedback.EXPERT,
                Judged.pairs(),
                0.0,
                0.0);
    }

    /**
     * Returns {@link #authors} with a smoother discriminator and smaller last steps: a gradient penalty of weight 1 and
     * target 0, a tenth of it for 75 steps and whole after 150 (from the start it can keep a policy from ever finding
     * the expert), and policy steps that shrink over the last 0.4 of the iterations. Without the penalty and with few
     * demonstrations, D is right about each of them and wrong in between.
     *
     * @param reward as of {@link #authors}
     */
    public static GailConfig defaults(RewardForm reward) {
        return authors(reward)
                .withDiscriminator(DiscriminatorOptions.defaults().withPenalty(1.0, 0.0, 150))
                .withSettling(0.4);
    }

    /**
     * Returns {@link #defaults} for a task for which rollouts of 1,000 pairs are enough, such as CartPole: a fifth of
     * the pairs, curvature over a fifth of them, steps of KL 0.02, 150 iterations.
     *
     * @param reward as of {@link #authors}
     */
    public static GailConfig quick(RewardForm reward) {
        return defaults(reward)
                .withIterations(150)
                .withImprovement(new ImprovementConfig(
                        1000, 5, 0.995, 0.97, 0.0, List.of(100, 100), new TrustRegion(0.02, 0.1, 10, 10, 0.1), 5));
    }

    /**
     * Returns settings for episodes of fixed length: 200 iterations of 2,000 steps, observations standardised by the
     * expert's statistics alone, of the policy and of the discriminator ({@link DiscriminatorOptions#byExpert}). Where
     * a policy that fails goes far astray, those of both leave no room for the states that matter.
     *
     * @param reward as of {@link #authors}
     */
    public static GailConfig byExpert(RewardForm reward) {
        return authors(reward)
                .withIterations(200)
                .withImprovement(ImprovementConfig.byExpert())
                .withDiscriminator(DiscriminatorOptions.byExpert())
                .withSettling(0.4);
    }

    /**
     * Returns {@link #byExpert} for state-only GAIL.
     *
     * @param reward as of {@link #authors}
     */
    public static GailConfig observed(RewardForm reward) {
        return byExpert(reward).withJudged(Judged.transitions());
    }

    /**
     * Returns how much of its bound the policy's step may use in an iteration, counted from 0: all, until over the last
     * ones it falls by equal steps.
     */
    double share(int iteration) {
        return Math.min(1.0, (iterations - iteration) / (settling * iterations + 1.0));
    }

    /** Returns the same with other iterations. */
    public GailConfig withIterations(int count) {
        return new GailConfig(count, improvement, discriminator, reward, feedback, judged, endReward, settling);
    }

    /** Returns the same with other feedback. */
    public GailConfig withFeedback(Feedback other) {
        return new GailConfig(iterations, improvement, discriminator, reward, other, judged, endReward, settling);
    }

    /** Returns the same with another discriminator. */
    public GailConfig withDiscriminator(DiscriminatorOptions other) {
        return new GailConfig(iterations, improvement, other, reward, feedback, judged, endReward, settling);
    }

    /** Returns the same with another way to improve the policy. */
    public GailConfig withImprovement(ImprovementConfig other) {
        return new GailConfig(iterations, other, discriminator, reward, feedback, judged, endReward, settling);
    }

    /** Returns the same where the discriminator sees other parts of a pair. */
    public GailConfig withJudged(Judged other) {
        return new GailConfig(iterations, improvement, discriminator, reward, feedback, other, endReward, settling);
    }

    /** Returns the same with another reward for ending an episode. */
    public GailConfig withEndReward(double nats) {
        return new GailConfig(iterations, improvement, discriminator, reward, feedback, judged, nats, settling);
    }

    /** Returns the same where the policy's steps grow smaller over another share of the iterations. */
    public GailConfig withSettling(double share) {
        return new GailConfig(iterations, improvement, discriminator, reward, feedback, judged, endReward, share);
    }
}
