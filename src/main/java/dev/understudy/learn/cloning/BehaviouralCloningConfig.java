package dev.understudy.learn.cloning;

import java.util.ArrayList;
import java.util.List;

/**
 * What {@link BehaviouralCloning} does on one window.
 *
 * @param steps optimiser steps per update, at most
 * @param batchSize pairs per step, drawn with replacement
 * @param learningRate of the first step
 * @param schedule of the learning rate after it
 * @param gradientNorm longest gradient; longer ones are shortened to it; may be infinite
 * @param entropyWeight how much entropy is rewarded, per nat
 * @param l2Weight weight of half the squared norm of the parameters
 * @param continuation how windows after the first are learned
 * @param validation what is not learned from but decides when to stop
 * @param validationShare share of the trajectories or pairs that this is; 0 for none
 * @param validateEvery steps between two looks at the validation loss
 * @param patience looks without improvement after which the update stops
 * @param horizon steps of its own driving that a policy is held to; 0 for plain one-step cloning
 * @param stride logged steps that one step of a drive spans
 * @param staleness logged steps by which what is known of the entity may lag behind, at most
 * @param drives drives per optimiser step
 * @param driveWeight weight of the mean distance of the drives from the expert's, beside the likelihood
 */
public record BehaviouralCloningConfig(
        int steps,
        int batchSize,
        double learningRate,
        Schedule schedule,
        double gradientNorm,
        double entropyWeight,
        double l2Weight,
        Continuation continuation,
        Validation validation,
        double validationShare,
        int validateEvery,
        int patience,
        int horizon,
        int stride,
        int staleness,
        int drives,
        double driveWeight) {

    /**
     * How an update goes on from the updates before it.
     *
     * @param freshShare least share of a batch that is drawn from the newest window; it is larger where the window has
     *     a larger share of all steps ever learned from, so that every step seen counts alike as far as it is rehearsed
     * @param evidence steps that have to be known before updates begin with the whole learning rate; while there are
     *     fewer, they begin with the root of their share of it. 0 for always the whole
     * @param averaging share that what was exported before keeps in the parameters exported after an update (Polyak and
     *     Juditsky 1992, with fading memory); the n-th update counts at least 1 / n. 0 for none
     * @param doubt steps d after which the first parameters have faded from what is exported: with n steps learned
     *     from, they have a share of exp(-n / d). Where the first parameters of a policy obey a law, what is exported
     *     goes from the law to what was learned as the evidence grows. 0 for none
     */
    public record Continuation(double freshShare, long evidence, double averaging, long doubt) {
        public Continuation {
            if (!(freshShare > 0 && freshShare <= 1)
                    || evidence < 0
                    || !(averaging >= 0 && averaging < 1)
                    || doubt < 0) {
                throw new IllegalArgumentException(
                        "expected 0 < freshShare <= 1, evidence >= 0, 0 <= averaging < 1 and doubt >= 0, got %s, %d, %s and %d"
                                .formatted(freshShare, evidence, averaging, doubt));
            }
        }

        /** Returns updates that all begin alike, half of each batch from the newest window. */
        public static Continuation alike() {
            return new Continuation(0.5, 0, 0, 0);
        }

        /**
         * Returns what was found to do no harm on the windows of car following (docs/algorithms/continual-learning.md).
         */
        public static Continuation settling() {
            return new Continuation(0.2, 100_000, 0.9, 80_000);
        }

        /** Returns the share of the learning rate with which an update begins, by the steps known then. */
        double rate(long known) {
            return known >= evidence ? 1 : Math.sqrt((double) known / evidence);
        }

        /**
         * Returns the share of a batch that rehearses, given how many steps were learned before and how many are new.
         */
        double rehearsedShare(long learned, long fresh) {
            return Math.min(1 - freshShare, (double) learned / Math.max(1, learned + fresh));
        }

        /** Returns the share of the first parameters in what is exported, by the steps learned from. */
        double firstShare(long learned) {
            return doubt == 0 ? 0 : Math.exp(-(double) learned / doubt);
        }

        /** Returns the share that the older average keeps after update {@code n}, from 1. */
        double kept(long n) {
            return Math.min(averaging, (n - 1.0) / n);
        }
    }

    /** How the learning rate goes on from the first step. */
    public enum Schedule {
        /** It falls to 0 along half a cosine by the last step. */
        COSINE,
        /** It stays. */
        CONSTANT
    }

    /** What the validation loss is taken over. */
    public enum Validation {
        /** Whole trajectories, chosen by a hash of their trip; each look draws batches from them. */
        TRAJECTORIES,
        /**
         * Pairs, chosen at random for each update; each look takes all of them. The first look is after the first step:
         * of few pairs, first weights that know nothing may have the least loss. For few, independent pairs.
         */
        PAIRS
    }

    /**
     * The settings of the GAIL authors' cloning (Ho and Ermon, 2016): Adam 1e-3, batches of 128, a validation split.
     */
    public static BehaviouralCloningConfig defaults() {
        return new BehaviouralCloningConfig(
                1000,
                128,
                1e-3,
                Schedule.COSINE,
                10.0,
                0.0,
                0.0,
                Continuation.alike(),
                Validation.TRAJECTORIES,
                0.1,
                100,
                5,
                0,
                1,
                0,
                0,
                0.0);
    }

    /**
     * The protocol by which Ho and Ermon (2016) cloned the experts of the classic tasks, from the authors' code: 1001
     * steps at a constant rate on 70 % of the pairs, and of the parameters after steps 1, 101, 201 and so on those that
     * are best on the other 30 %.
     */
    public static BehaviouralCloningConfig classicControl() {
        return new BehaviouralCloningConfig(
                1001,
                128,
                1e-3,
                Schedule.CONSTANT,
                Double.POSITIVE_INFINITY,
                0.0,
                0.0,
                Continuation.alike(),
                Validation.PAIRS,
                0.3,
                100,
                Integer.MAX_VALUE,
                0,
                1,
                0,
                0,
                0.0);
    }

    /**
     * The settings for tasks whose dynamics are known: drives of 30 seconds in steps of one, weighted ten to one
     * against the one-step likelihood (measured on car following: docs/algorithms/behavioural-cloning.md).
     */
    public static BehaviouralCloningConfig driven() {
        return new BehaviouralCloningConfig(
                2000,
                256,
                2e-3,
                Schedule.COSINE,
                10.0,
                0.0,
                0.03,
                Continuation.alike(),
                Validation.TRAJECTORIES,
                0.1,
                200,
                100,
                30,
                10,
                300,
                28,
                10.0);
    }

    /** The settings of {@link #driven} for going on briefly from a policy that is good already. */
    public static BehaviouralCloningConfig refreshed() {
        return new BehaviouralCloningConfig(
                100,
                256,
                5e-4,
                Schedule.COSINE,
                10.0,
                0.0,
                0.03,
                Continuation.alike(),
                Validation.TRAJECTORIES,
                0.1,
                100,
                100,
                30,
                10,
                300,
                28,
                10.0);
    }

    /** Returns the same with drives of another length; 0 for none. */
    public BehaviouralCloningConfig withHorizon(int newHorizon) {
        return with(steps, validateEvery, continuation, newHorizon);
    }

    /** Returns the same for windows of a stream: see {@link Continuation#settling}. */
    public BehaviouralCloningConfig onStreams() {
        return with(steps, validateEvery, Continuation.settling(), horizon);
    }

    /** Returns the same with another number of steps, and as many looks at the validation loss as before. */
    public BehaviouralCloningConfig withSteps(int newSteps) {
        int every = Math.max(1, (int) ((long) validateEvery * newSteps / steps));
        return with(newSteps, every, continuation, horizon);
    }

    private BehaviouralCloningConfig with(int newSteps, int every, Continuation goingOn, int newHorizon) {
        return new BehaviouralCloningConfig(
                newSteps,
                batchSize,
                learningRate,
                schedule,
                gradientNorm,
                entropyWeight,
                l2Weight,
                goingOn,
                validation,
                validationShare,
                every,
                patience,
                newHorizon,
                stride,
                staleness,
                drives,
                driveWeight);
    }

    public BehaviouralCloningConfig {
        List<String> problems = new ArrayList<>();
        require(problems, steps >= 1, "steps >= 1", steps);
        require(problems, batchSize >= 1, "batchSize >= 1", batchSize);
        require(problems, learningRate > 0, "learningRate > 0", learningRate);
        require(problems, gradientNorm > 0, "gradientNorm > 0", gradientNorm);
        require(problems, validationShare >= 0 && validationShare < 1, "0 <= validationShare < 1", validationShare);
        require(problems, validateEvery >= 1, "validateEvery >= 1", validateEvery);
        require(problems, patience >= 1, "patience >= 1", patience);
        require(problems, horizon >= 0, "horizon >= 0", horizon);
        require(problems, stride >= 1, "stride >= 1", stride);
        require(problems, staleness >= 0, "staleness >= 0", staleness);
        require(problems, horizon == 0 || drives >= 1, "drives >= 1 with a horizon", drives);
        require(problems, driveWeight >= 0, "driveWeight >= 0", driveWeight);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("behavioural cloning: " + String.join("; ", problems));
        }
    }

    private static void require(List<String> problems, boolean holds, String expected, Object found) {
        if (!holds) {
            problems.add("expected " + expected + ", got " + found);
        }
    }
}
