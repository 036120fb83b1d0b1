package dev.understudy.learn.observation;

import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * How {@link BehaviouralCloningFromObservation} learns.
 *
 * @param interaction |I_pre|, environment steps taken at random before the demonstrations are looked at, at least
 * @param alpha steps of each later iteration as a share of {@code interaction}; 0 for none: BCO(0)
 * @param iterations after the first, at most
 * @param patience iterations that bring the policy no nearer to the demonstrations, after which it is over
 * @param randomShare share of actions drawn at random in the second iteration, halved with each one after it
 * @param trialEpisodes episodes under the policy's mode by which an iteration is judged
 * @param copies of the environment stepped together
 * @param most transitions kept, the newest; they are part of the memory
 * @param labels how the demonstrations' actions are taken from p(a | s, s')
 * @param dynamics how p(a | s, s') is fitted
 * @param cloning how the labelled demonstrations are cloned
 */
public record BcoConfig(
        int interaction,
        double alpha,
        int iterations,
        int patience,
        double randomShare,
        int trialEpisodes,
        int copies,
        int most,
        InverseDynamics.Labels labels,
        BehaviouralCloningConfig dynamics,
        BehaviouralCloningConfig cloning) {
    public BcoConfig {
        List<String> problems = new ArrayList<>();
        require(problems, interaction >= 1, "interaction >= 1", interaction);
        require(problems, alpha >= 0, "alpha >= 0", alpha);
        require(problems, iterations >= 0, "iterations >= 0", iterations);
        require(problems, patience >= 1, "patience >= 1", patience);
        require(problems, randomShare >= 0 && randomShare <= 1, "0 <= randomShare <= 1", randomShare);
        require(problems, trialEpisodes >= 1, "trialEpisodes >= 1", trialEpisodes);
        require(problems, copies >= 1, "copies >= 1", copies);
        require(problems, most >= interaction, "most >= interaction", most);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("cloning from observation: " + String.join("; ", problems));
        }
    }

    private static void require(List<String> problems, boolean holds, String expected, Object found) {
        if (!holds) {
            problems.add("expected " + expected + ", got " + found);
        }
    }

    /**
     * Returns BCO(alpha) for the classic tasks: 2,000 random steps, half as many in each of 5 iterations at most, 3
     * without improvement; inverse dynamics and policy fitted afresh each time
     * (docs/algorithms/imitation-from-observation.md has what was measured).
     */
    public static BcoConfig classicControl() {
        return new BcoConfig(
                2000,
                0.5,
                5,
                3,
                0.5,
                5,
                5,
                200_000,
                InverseDynamics.Labels.SAMPLED,
                InverseDynamics.fitting().withSteps(1500),
                BehaviouralCloningConfig.classicControl().withSteps(3000));
    }

    /** Returns the same with another alpha, 0 for BCO(0). */
    public BcoConfig withAlpha(double other) {
        return new BcoConfig(
                interaction,
                other,
                iterations,
                patience,
                randomShare,
                trialEpisodes,
                copies,
                most,
                labels,
                dynamics,
                cloning);
    }

    /** Returns the same with at most so many iterations after the first. */
    public BcoConfig withIterations(int count) {
        return new BcoConfig(
                interaction,
                alpha,
                count,
                patience,
                randomShare,
                trialEpisodes,
                copies,
                most,
                labels,
                dynamics,
                cloning);
    }

    /** Returns the same with so many random steps, and all of them kept. */
    public BcoConfig withInteraction(int steps) {
        return new BcoConfig(
                steps,
                alpha,
                iterations,
                patience,
                randomShare,
                trialEpisodes,
                copies,
                Math.max(most, steps),
                labels,
                dynamics,
                cloning);
    }

    /** Returns the same with labels taken in another way. */
    public BcoConfig withLabels(InverseDynamics.Labels other) {
        return new BcoConfig(
                interaction,
                alpha,
                iterations,
                patience,
                randomShare,
                trialEpisodes,
                copies,
                most,
                other,
                dynamics,
                cloning);
    }

    /** Returns the same with other numbers of optimiser steps, of the inverse dynamics and of the policy. */
    public BcoConfig withSteps(int ofDynamics, int ofCloning) {
        return new BcoConfig(
                interaction,
                alpha,
                iterations,
                patience,
                randomShare,
                trialEpisodes,
                copies,
                most,
                labels,
                dynamics.withSteps(ofDynamics),
                cloning.withSteps(ofCloning));
    }
}
