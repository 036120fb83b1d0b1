package dev.understudy.learn.observation;

import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * How {@link BcoFromLogs} learns.
 *
 * @param logged what the actions of logs are to it
 * @param explored random steps in the environment before anything else, at least; 0 where there is none
 * @param copies of the environment stepped together
 * @param most transitions with an action kept; they are part of the memory
 * @param fewestTested new transitions by which drift is tested, at least
 * @param drift nats that new transitions are certainly less likely by than those the dynamics were fitted to, above
 *     which they are fitted anew
 * @param growth of the transitions ever seen, as a factor, after which the dynamics are fitted anew without drift
 * @param labels how actions are taken from p(a | s, s')
 * @param dynamics how p(a | s, s') is fitted
 */
public record BcoFromLogsConfig(
        Logged logged,
        int explored,
        int copies,
        int most,
        int fewestTested,
        double drift,
        double growth,
        InverseDynamics.Labels labels,
        BehaviouralCloningConfig dynamics) {

    /** What the actions of logs are. */
    public enum Logged {
        /** Interaction: what was done there teaches the dynamics. Steps without an action are what is imitated. */
        INTERACTION,
        /** Hidden, as they were computed from the observations: every step is imitated as if it had no action. */
        HIDDEN
    }

    public BcoFromLogsConfig {
        List<String> problems = new ArrayList<>();
        require(problems, explored >= 0, "explored >= 0", explored);
        require(problems, copies >= 1, "copies >= 1", copies);
        require(problems, most >= 1, "most >= 1", most);
        require(problems, fewestTested >= Drift.BLOCKS, "fewestTested >= " + Drift.BLOCKS, fewestTested);
        require(problems, drift >= 0, "drift >= 0", drift);
        require(problems, growth > 1, "growth > 1", growth);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("cloning from observed logs: " + String.join("; ", problems));
        }
    }

    private static void require(List<String> problems, boolean holds, String expected, Object found) {
        if (!holds) {
            problems.add("expected " + expected + ", got " + found);
        }
    }

    /**
     * Returns how it learns where logs hold actions of some entities and none of others. 50,000 transitions are kept; a
     * test of drift takes 200 new ones and a tenth of a nat; half as many again are fitted anew (guesses).
     */
    public static BcoFromLogsConfig fromInteraction() {
        return new BcoFromLogsConfig(
                Logged.INTERACTION,
                0,
                1,
                50_000,
                200,
                0.1,
                1.5,
                InverseDynamics.Labels.SAMPLED,
                InverseDynamics.fitting().withSteps(1500));
    }

    /** Returns how it learns where every action of the logs is hidden: from so many random steps of its own. */
    public static BcoFromLogsConfig exploring(int steps) {
        BcoFromLogsConfig other = fromInteraction();
        return new BcoFromLogsConfig(
                Logged.HIDDEN,
                steps,
                50,
                other.most,
                other.fewestTested,
                other.drift,
                other.growth,
                other.labels,
                InverseDynamics.fitting());
    }

    /** Returns the same with labels taken in another way. */
    public BcoFromLogsConfig withLabels(InverseDynamics.Labels other) {
        return new BcoFromLogsConfig(logged, explored, copies, most, fewestTested, drift, growth, other, dynamics);
    }

    /** Returns the same with so many optimiser steps of the dynamics. */
    public BcoFromLogsConfig withDynamicsSteps(int steps) {
        return new BcoFromLogsConfig(
                logged, explored, copies, most, fewestTested, drift, growth, labels, dynamics.withSteps(steps));
    }
}
