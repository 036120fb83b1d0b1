package dev.understudy.learn.sequence;

/**
 * How {@link SequenceCloning} learns.
 *
 * @param streams conversations read at once
 * @param steps tokens of each that the gradient is taken through
 * @param learningRate of Adam, the highest
 * @param warmUp optimiser steps over which the learning rate rises to it, in equal parts
 * @param steady optimiser steps after which it falls with the root of their number, to no less than a quarter
 * @param gradientNorm longest gradient; longer ones are shortened to it; may be infinite
 * @param averaging share that the average of the parameters keeps at each step (Polyak and Juditsky 1992, with fading
 *     memory); while there are few steps it covers about the last tenth of them. The average is what is exported and
 *     scored; 0 for the newest parameters alone
 * @param dropout share of the embedded and of the projected that is left out while learning; 0 for none
 * @param passes how often the sequences of a window are gone through
 * @param piece rows whose logits are held at once
 */
public record SequenceCloningConfig(
        int streams,
        int steps,
        double learningRate,
        int warmUp,
        int steady,
        double gradientNorm,
        double averaging,
        double dropout,
        int passes,
        int piece) {
    public SequenceCloningConfig {
        if (streams < 1
                || steps < 1
                || warmUp < 0
                || steady < 1
                || passes < 1
                || piece < 1
                || streams * steps % piece != 0) {
            throw new IllegalArgumentException(
                    "expected streams, steps, steady and passes of at least 1, warmUp of at least 0 and a piece that divides streams x steps, got %d, %d, %d, %d, %d and %d"
                            .formatted(streams, steps, steady, passes, warmUp, piece));
        }
        if (!(learningRate > 0)
                || !(gradientNorm > 0)
                || !(averaging >= 0 && averaging < 1)
                || !(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException(
                    "expected learningRate and gradientNorm above 0, averaging and dropout from 0 to below 1, got %s, %s, %s and %s"
                            .formatted(learningRate, gradientNorm, averaging, dropout));
        }
    }

    /**
     * Returns what was best of a few settings on the first conversations of self-dialogue
     * (docs/algorithms/dialogue-network.md).
     */
    public static SequenceCloningConfig defaults() {
        return new SequenceCloningConfig(16, 32, 3e-3, 100, 2000, 1.0, 0.995, 0.0, 1, 512);
    }

    /**
     * Returns the learning rate of a step.
     *
     * @param before steps before it
     */
    double learningRate(long before) {
        double rising = Math.min(1, (before + 1.0) / Math.max(1, warmUp));
        double falling = Math.max(0.25, Math.min(1, Math.sqrt(steady / (before + 1.0))));
        return learningRate * rising * falling;
    }

    /** Returns how far the average goes towards the parameters of a step, given how many steps were before it. */
    double newest(long before) {
        return Math.max(1 - averaging, 10 / (before + 10.0));
    }

    /** Returns the same with another learning rate, average, dropout and number of passes. */
    public SequenceCloningConfig with(double newRate, double newAveraging, double newDropout, int newPasses) {
        return new SequenceCloningConfig(
                streams, steps, newRate, warmUp, steady, gradientNorm, newAveraging, newDropout, newPasses, piece);
    }
}
