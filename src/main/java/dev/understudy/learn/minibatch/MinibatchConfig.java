package dev.understudy.learn.minibatch;

/**
 * How batches are learned.
 *
 * @param batch rows in one
 * @param passes how often what is learned is gone through in an update
 * @param leastSteps fewest optimiser steps of an update, however little there is
 * @param mostSteps most of them, however much there is
 * @param learningRate of Adam, the highest
 * @param warmUp optimiser steps over which the rate rises to it, at the beginning of every update
 * @param lastShare share of the rate that is left at the end of an update, to which it falls in equal parts
 * @param gradientNorm longest gradient; longer ones are shortened to it; may be infinite
 * @param dropout share of the features that is left out while learning
 */
public record MinibatchConfig(
        int batch,
        int passes,
        int leastSteps,
        int mostSteps,
        double learningRate,
        int warmUp,
        double lastShare,
        double gradientNorm,
        double dropout) {
    public MinibatchConfig {
        if (batch < 1 || passes < 1 || leastSteps < 1 || mostSteps < leastSteps || warmUp < 0) {
            throw new IllegalArgumentException(
                    "expected batch, passes and leastSteps of at least 1, no fewer mostSteps, and warmUp of at least 0, got %d, %d, %d, %d and %d"
                            .formatted(batch, passes, leastSteps, mostSteps, warmUp));
        }
        if (!(learningRate > 0)
                || !(lastShare >= 0 && lastShare <= 1)
                || !(gradientNorm > 0)
                || !(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException(
                    "expected learningRate and gradientNorm above 0, lastShare from 0 to 1 and dropout from 0 to below 1, got %s, %s, %s and %s"
                            .formatted(learningRate, gradientNorm, lastShare, dropout));
        }
    }

    /** Returns the same for exactly so many passes, whatever steps that takes; the same for 0. */
    public MinibatchConfig withPasses(int newPasses) {
        return newPasses == 0
                ? this
                : new MinibatchConfig(
                        batch, newPasses, 1, Integer.MAX_VALUE, learningRate, warmUp, lastShare, gradientNorm, dropout);
    }

    /** Returns the optimiser steps of an update on that many rows. */
    public int steps(int rows) {
        long wanted = (long) passes * ((rows + batch - 1) / batch);
        return (int) Math.max(leastSteps, Math.min(mostSteps, wanted));
    }

    /** Returns the learning rate of a step of an update with so many of them. */
    double learningRate(int step, int steps) {
        double rising = Math.min(1, (step + 1.0) / Math.max(1, warmUp));
        double falling = 1 - (1 - lastShare) * step / steps;
        return learningRate * rising * falling;
    }
}
