package dev.understudy.flink.train;

import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.PolicySpec;
import dev.understudy.environment.Rollout;
import dev.understudy.flink.rollouts.AttachRollouts;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.learn.Algorithms;
import dev.understudy.schemas.RecordedPieces;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * One learner of the learning job. Every branch is fed the same windows and keeps a memory, a rehearsal and a line of
 * models of its own; their candidates compete for the same policy.
 *
 * @param algorithm name of what it learns by, which its candidates carry and its saved state is found by
 * @param learners makes the learner
 * @param readsRollouts whether it learns from what versions of the policy did in service
 */
public record LearningBranch(String algorithm, LearnerFactory learners, boolean readsRollouts) implements Serializable {
    /** Stands for a branch of every algorithm. */
    public static final String BOTH = "both";

    /** Creates a branch that learns from windows of logs alone. */
    public LearningBranch(String algorithm, LearnerFactory learners) {
        this(algorithm, learners, false);
    }

    /**
     * Returns the branches that a setting names, with GAIL learning from rollouts and in no environment, or a learner
     * of observations that takes them for interaction.
     *
     * @param choice {@code gail}, {@link #BOTH} or {@code bco}
     * @param steps optimiser steps of cloning on each window, or 0 for its own number
     * @param iterations of GAIL on each window, or 0 for its own number
     * @throws IllegalArgumentException if it is another, or a policy has no learner that learns from rollouts
     */
    public static List<LearningBranch> fromRollouts(String choice, Policies<?> policies, int steps, int iterations) {
        String reading = choice.equals(BOTH) ? Algorithms.GAIL : choice;
        if (!reading.equals(Algorithms.GAIL) && !reading.equals(Algorithms.BCO)) {
            throw new IllegalArgumentException("expected the learner %s, %s or %s to learn from rollouts, got %s"
                    .formatted(Algorithms.GAIL, BOTH, Algorithms.BCO, choice));
        }
        for (PolicyName name : policies.names()) {
            if (!policies.spec(name).algorithmsFromRollouts().contains(reading)) {
                throw new IllegalArgumentException(
                        "expected policies that %s can learn from rollouts, got %s".formatted(reading, name));
            }
        }
        if (reading.equals(Algorithms.BCO)) {
            return List.of(new LearningBranch(reading, spec -> spec.fromRollouts(reading, steps), true));
        }
        List<LearningBranch> branches = new ArrayList<>();
        if (choice.equals(BOTH)) {
            branches.addAll(of(Algorithms.CLONING, policies, steps, iterations));
        }
        branches.add(new LearningBranch(Algorithms.GAIL, spec -> spec.fromRollouts(Algorithms.GAIL, iterations), true));
        return branches;
    }

    /**
     * Returns the branches that a setting names. The first of them keeps the account of the steps.
     *
     * @param choice one of the algorithms that every policy can be learned by, or {@link #BOTH} for all of them but
     *     those that learn from observations
     * @param steps optimiser steps of cloning, with or without actions, on each window, or 0 for its own number
     * @param iterations of an adversarial algorithm on each window, or 0 for its own number
     * @throws IllegalArgumentException naming what there is, if there is no such algorithm for all of them
     */
    public static List<LearningBranch> of(String choice, Policies<?> policies, int steps, int iterations) {
        List<String> algorithms = policies.specs().get(0).algorithms().stream()
                .filter(algorithm -> policies.names().stream()
                        .allMatch(name -> policies.spec(name).algorithms().contains(algorithm)))
                .toList();
        boolean ofObservations = policies.names().stream()
                .allMatch(
                        name -> policies.spec(name).algorithmsFromObservations().contains(choice));
        if (ofObservations) {
            return List.of(new LearningBranch(choice, spec -> spec.onStreams(choice, steps)));
        }
        if (!choice.equals(BOTH) && !algorithms.contains(choice)) {
            throw new IllegalArgumentException("expected one of the learners %s%s or %s, got %s"
                    .formatted(algorithms, fromObservations(policies), BOTH, choice));
        }
        return algorithms.stream()
                .filter(algorithm -> choice.equals(BOTH) || choice.equals(algorithm))
                .map(algorithm -> {
                    int length = algorithm.equals(Algorithms.CLONING) ? steps : iterations;
                    return new LearningBranch(algorithm, spec -> spec.onStreams(algorithm, length));
                })
                .toList();
    }

    private static String fromObservations(Policies<?> policies) {
        List<String> names = policies.specs().get(0).algorithmsFromObservations();
        return names.isEmpty() ? "" : ", from observations " + names;
    }

    /** Returns whether it learns from steps without an action. */
    public boolean readsObservations() {
        return Algorithms.OF_OBSERVATIONS.contains(algorithm);
    }

    /** Returns the rollouts of a window that it learns from, one for each model; none if it learns from none. */
    List<Rollout> recorded(WindowBatch batch, PolicySpec<?> spec) {
        if (!readsRollouts) {
            return List.of();
        }
        return List.copyOf(RecordedPieces.of(
                        batch.rollouts(), spec.observationSize(), spec.actionSize(), AttachRollouts.PIECE_STEPS)
                .rollouts()
                .values());
    }

    /**
     * Returns the uid of its operator. That of cloning is as it was when cloning was alone, so that its state restores.
     */
    public String uid() {
        return algorithm.equals(Algorithms.CLONING)
                ? "train"
                : "train-" + algorithm + (readsRollouts ? "-rollouts" : "");
    }
}
