package dev.understudy.learn.sequence;

import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.reward.RewardForm;
import dev.understudy.reward.SequenceDiscriminator;
import java.util.Set;

/**
 * How {@link SequenceGail} learns.
 *
 * @param rows contexts answered at once, by the policy and by the expert
 * @param context most tokens of a context that are read, the newest
 * @param most tokens of a reply that are said and judged, the first
 * @param stops tokens that end a reply
 * @param discriminator how the discriminator is built and learns
 * @param warmUp steps of a new discriminator before the policy's first
 * @param discriminatorSteps of each iteration
 * @param policyRate learning rate of the policy gradient; 0 for none
 * @param reward what a prefix earns from the discriminator
 * @param lambda of the advantages: 0 for the next token's reward alone, 1 for all of the reply
 * @param longest advantages are clipped to it, either way
 * @param forcing steps of cloning after each step of the policy gradient
 * @param forcingRate their learning rate
 * @param averaging share that the average of the parameters keeps at each step; 0 for none
 * @param iterations of an update
 * @param feedback what the discriminator learns from; the others are controls that must fail
 */
public record SequenceGailConfig(
        int rows,
        int context,
        int most,
        Set<Integer> stops,
        SequenceDiscriminator.Options discriminator,
        int warmUp,
        int discriminatorSteps,
        double policyRate,
        RewardForm reward,
        double lambda,
        double longest,
        int forcing,
        double forcingRate,
        double averaging,
        int iterations,
        GailConfig.Feedback feedback) {
    /** Rows whose logits are held at once, at most. */
    private static final int MOST_PIECE = 512;

    public SequenceGailConfig {
        stops = Set.copyOf(stops);
        if (rows < 1 || context < 1 || most < 1 || warmUp < 0 || discriminatorSteps < 1 || forcing < 0) {
            throw new IllegalArgumentException(
                    "expected rows, context, most and discriminatorSteps of at least 1, warmUp and forcing of at least 0, got %d, %d, %d, %d, %d and %d"
                            .formatted(rows, context, most, discriminatorSteps, warmUp, forcing));
        }
        if (iterations < 1
                || !(policyRate >= 0)
                || !(forcingRate > 0)
                || !(lambda >= 0 && lambda <= 1)
                || !(longest > 0)
                || !(averaging >= 0 && averaging < 1)) {
            throw new IllegalArgumentException(
                    "expected iterations of at least 1, policyRate of at least 0, forcingRate and longest above 0, lambda from 0 to 1 and averaging from 0 to below 1, got %d, %s, %s, %s, %s and %s"
                            .formatted(iterations, policyRate, forcingRate, longest, lambda, averaging));
        }
    }

    /**
     * Returns what is used for replies of chat (docs/algorithms/dialogue-adversarial.md).
     *
     * @param stops tokens that end a reply
     */
    public static SequenceGailConfig chat(Set<Integer> stops) {
        return new SequenceGailConfig(
                16,
                32,
                32,
                stops,
                new SequenceDiscriminator.Options(48, 96, 2e-3, 1.0),
                400,
                2,
                1e-4,
                RewardForm.LOG_ODDS,
                0.9,
                5,
                1,
                3e-4,
                0.99,
                200,
                GailConfig.Feedback.EXPERT);
    }

    /** Returns the same with another number of iterations. */
    public SequenceGailConfig withIterations(int count) {
        return with(policyRate, forcing, count, feedback);
    }

    /** Returns the same with other steps of the policy. */
    public SequenceGailConfig with(double newRate, int newForcing, int newIterations, GailConfig.Feedback newFeedback) {
        return new SequenceGailConfig(
                rows,
                context,
                most,
                stops,
                discriminator,
                warmUp,
                discriminatorSteps,
                newRate,
                reward,
                lambda,
                longest,
                newForcing,
                forcingRate,
                averaging,
                newIterations,
                newFeedback);
    }

    /** Returns the shape of the policy's steps: a segment is one token of context and a reply, for all rows. */
    SequenceCloningConfig segments() {
        int piece = 1;
        for (int part = 1; part <= most; part++) {
            piece = most % part == 0 && rows * part <= Math.max(rows, MOST_PIECE) ? rows * part : piece;
        }
        return new SequenceCloningConfig(rows, most, forcingRate, 0, 1, 1.0, averaging, 0.0, 1, piece);
    }
}
