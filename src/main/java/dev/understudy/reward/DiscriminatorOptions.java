package dev.understudy.reward;

import dev.understudy.network.Activation;
import java.util.List;

/**
 * How a discriminator is built and kept from overpowering what it classifies.
 *
 * @param hidden widths of its hidden layers
 * @param activation of its hidden layers
 * @param learningRate of Adam
 * @param beta1 of Adam
 * @param steps of Adam per {@link Discriminator#update}
 * @param entropyWeight weight of the Bernoulli entropy of D, in the loss of two class means
 * @param output how its last layer starts
 * @param statistics which inputs decide how inputs are standardised
 * @param penaltyWeight weight of (|gradient by the input| - target)^2 between the classes; 0 for none
 * @param penaltyTarget the target of the above
 * @param penaltyRamp steps before that weight is whole: half of them it is a tenth, then it rises; 1 for none
 * @param normalisation of its weights
 * @param throttle when it stops learning
 */
public record DiscriminatorOptions(
        List<Integer> hidden,
        Activation activation,
        double learningRate,
        double beta1,
        int steps,
        double entropyWeight,
        Output output,
        Statistics statistics,
        double penaltyWeight,
        double penaltyTarget,
        int penaltyRamp,
        Normalisation normalisation,
        Throttle throttle) {

    /** How the last layer starts. */
    public enum Output {
        /** All zeros: D = 1/2 everywhere, so the first rewards are the same for every pair. */
        ZERO,
        /** Drawn as the other layers are. */
        DRAWN
    }

    /** Which inputs decide how inputs are standardised. */
    public enum Statistics {
        /** None: inputs are taken as they are. */
        NONE,
        /** The first update's expert inputs. */
        EXPERT,
        /** All inputs of both classes, update by update. */
        RUNNING
    }

    /** Bounds on the weights. */
    public enum Normalisation {
        /** None. */
        NONE,
        /**
         * Each weight matrix over its largest singular value, where that is above 1: Miyato et al. (2018),
         * arXiv:1802.05957, Algorithm 1. Departure: the paper also stretches smaller ones, which a last layer of zeros
         * does not survive.
         */
        SPECTRAL
    }

    /**
     * Stops the learning when the accuracy reaches {@code stopAt} and lets it go on when it falls to {@code resumeAt},
     * as in gail-driver (Kuefler et al., 2017).
     *
     * @param stopAt share of inputs put in the right class; above 1 for never
     * @param resumeAt share, below {@code stopAt}
     */
    public record Throttle(double stopAt, double resumeAt) {
        public Throttle {
            if (!(resumeAt < stopAt)) {
                throw new IllegalArgumentException(
                        "expected resumeAt < stopAt, got resumeAt=%s stopAt=%s".formatted(resumeAt, stopAt));
            }
        }

        /** Returns the throttle that never stops. */
        public static Throttle never() {
            return new Throttle(2.0, 0.0);
        }
    }

    public DiscriminatorOptions {
        hidden = List.copyOf(hidden);
        if (!(learningRate > 0) || steps < 1 || entropyWeight < 0 || penaltyWeight < 0 || penaltyRamp < 1) {
            throw new IllegalArgumentException(
                    "expected learningRate > 0, steps >= 1, entropyWeight >= 0, penaltyWeight >= 0, penaltyRamp >= 1, got %s, %d, %s, %s, %d"
                            .formatted(learningRate, steps, entropyWeight, penaltyWeight, penaltyRamp));
        }
    }

    /**
     * Returns the settings of the authors' code of GAIL (Ho and Ermon, 2016): 100-100 tanh, one Adam step of 0.01 an
     * iteration, entropy weight 0.001, last layer zero, running statistics of both classes.
     */
    public static DiscriminatorOptions defaults() {
        return new DiscriminatorOptions(
                List.of(100, 100),
                Activation.TANH,
                0.01,
                0.9,
                1,
                0.001,
                Output.ZERO,
                Statistics.RUNNING,
                0.0,
                1.0,
                1,
                Normalisation.NONE,
                Throttle.never());
    }

    /**
     * Returns settings for a discriminator of states, with inputs standardised by the expert's statistics alone: 32-32
     * tanh, ten Adam steps of 0.003 an iteration, a gradient penalty of 0.1 with target 0, no entropy bonus. Found on
     * CartPole without ends (docs/algorithms/imitation-from-observation.md).
     */
    public static DiscriminatorOptions byExpert() {
        return new DiscriminatorOptions(
                List.of(32, 32),
                Activation.TANH,
                0.003,
                0.9,
                10,
                0.0,
                Output.ZERO,
                Statistics.EXPERT,
                0.1,
                0.0,
                1,
                Normalisation.NONE,
                Throttle.never());
    }

    /** Returns the same with another number of Adam's steps in each update. */
    public DiscriminatorOptions withSteps(int count) {
        return new DiscriminatorOptions(
                hidden,
                activation,
                learningRate,
                beta1,
                count,
                entropyWeight,
                output,
                statistics,
                penaltyWeight,
                penaltyTarget,
                penaltyRamp,
                normalisation,
                throttle);
    }

    /** Returns the same with a gradient penalty, at its full weight from the first step. */
    public DiscriminatorOptions withPenalty(double weight, double target) {
        return withPenalty(weight, target, 1);
    }

    /**
     * Returns the same with a gradient penalty that is whole after {@code ramp} steps, and a tenth for half of them.
     */
    public DiscriminatorOptions withPenalty(double weight, double target, int ramp) {
        return new DiscriminatorOptions(
                hidden,
                activation,
                learningRate,
                beta1,
                steps,
                entropyWeight,
                output,
                statistics,
                weight,
                target,
                ramp,
                normalisation,
                throttle);
    }

    /** Returns the same with bounds on the weights. */
    public DiscriminatorOptions withNormalisation(Normalisation bound) {
        return new DiscriminatorOptions(
                hidden,
                activation,
                learningRate,
                beta1,
                steps,
                entropyWeight,
                output,
                statistics,
                penaltyWeight,
                penaltyTarget,
                penaltyRamp,
                bound,
                throttle);
    }

    /** Returns the same with another throttle. */
    public DiscriminatorOptions withThrottle(Throttle other) {
        return new DiscriminatorOptions(
                hidden,
                activation,
                learningRate,
                beta1,
                steps,
                entropyWeight,
                output,
                statistics,
                penaltyWeight,
                penaltyTarget,
                penaltyRamp,
                normalisation,
                other);
    }
}
