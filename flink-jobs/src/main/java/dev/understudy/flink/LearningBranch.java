package dev.understudy.flink;

import dev.understudy.learn.Catalogue;
import java.io.Serializable;
import java.util.List;

/**
 * One learner of the learning job. Every branch is fed the same windows and keeps a memory, a rehearsal and a line of
 * models of its own; their candidates compete for the same policy.
 *
 * @param algorithm name of what it learns by, which its candidates carry and its saved state is found by
 * @param learners makes the learner
 */
public record LearningBranch(String algorithm, LearnerFactory learners) implements Serializable {
    /** Stands for a branch of every algorithm. */
    public static final String BOTH = "both";

    /**
     * Returns the branches that a setting names. The first of them keeps the account of the steps.
     *
     * @param choice one of {@link Catalogue#algorithms} or {@link #BOTH}
     * @param policy one of {@link Catalogue#policies}
     * @param steps optimiser steps of cloning on each window, or 0 for its own number
     * @param iterations of an adversarial algorithm on each window, or 0 for its own number
     * @throws IllegalArgumentException naming what there is, if there is no such algorithm
     */
    public static List<LearningBranch> of(String choice, String policy, int steps, int iterations) {
        if (!choice.equals(BOTH) && !Catalogue.algorithms().contains(choice)) {
            throw new IllegalArgumentException(
                    "expected one of the learners %s or %s, got %s".formatted(Catalogue.algorithms(), BOTH, choice));
        }
        return Catalogue.algorithms().stream()
                .filter(algorithm -> choice.equals(BOTH) || choice.equals(algorithm))
                .map(algorithm -> {
                    int length = algorithm.equals(Catalogue.CLONING) ? steps : iterations;
                    return new LearningBranch(algorithm, () -> Catalogue.onStreams(algorithm, policy, length));
                })
                .toList();
    }

    /**
     * Returns the uid of its operator. That of cloning is as it was when cloning was alone, so that its state restores.
     */
    String uid() {
        return algorithm.equals(Catalogue.CLONING) ? "train" : "train-" + algorithm;
    }
}
