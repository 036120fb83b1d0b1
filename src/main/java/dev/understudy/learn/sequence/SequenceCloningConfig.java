package dev.understudy.learn.sequence;

/**
 * How {@link SequenceCloning} learns.
 *
 * @param streams conversations read at once
 * @param steps tokens of each that the gradient is taken through
 * @param learningRate of Adam, once warm
 * @param warmUp optimiser steps over which the learning rate rises to it, in equal parts
 * @param gradientNorm longest gradient; longer ones are shortened to it; may be infinite
 * @param averaging share that the average of the parameters keeps at each step (Polyak and Juditsky 1992, with fading
 *     memory); the n-th step counts at least 1 / n. The average is what is exported and scored; 0 for the newest
 *     parameters alone
 * @param dropout share of the embedded and of the projected that is left out while learning; 0 for none
 * @param passes how often the sequences of a window are gone through
 * @param piece rows whose logits are held at once
 */
public record SequenceCloningConfig(
        int streams,
        int steps,
        double learningRate,
        int warmUp,
        double gradientNorm,
        double averaging,
        double dropout,
        int passes,
        int piece) {
    public SequenceCloningConfig {
        if (streams < 1 || steps < 1 || warmUp < 0 || passes < 1 || piece < 1 || streams * steps % piece != 0) {
            throw new IllegalArgumentException(
                    "expected streams, steps and passes of at least 1, warmUp of at least 0 and a piece that divides streams x steps, got %d, %d, %d, %d and %d"
                            .formatted(streams, steps, passes, warmUp, piece));
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

    /** Returns what was found best on a tenth of self-dialogue (docs/algorithms/dialogue-network.md). */
    public static SequenceCloningConfig defaults() {
        return new SequenceCloningConfig(16, 64, 2e-3, 100, 1.0, 0.98, 0.0, 1, 1024);
    }

    /** Returns the same with another learning rate, average, dropout and number of passes. */
    public SequenceCloningConfig with(double newRate, double newAveraging, double newDropout, int newPasses) {
        return new SequenceCloningConfig(
                streams, steps, newRate, warmUp, gradientNorm, newAveraging, newDropout, newPasses, piece);
    }
}
