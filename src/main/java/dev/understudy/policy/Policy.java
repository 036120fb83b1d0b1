package dev.understudy.policy;

import dev.understudy.data.Rows;
import java.util.Arrays;

/** Answers observations with actions: an exported model, a baseline, or the policy a learner is working on. */
public interface Policy {
    /** Returns n, the length of an observation. */
    int observationSize();

    /** Returns k, the length of an action. */
    int actionSize();

    /**
     * Answers a batch with the policy's mode (its most likely action; nothing is drawn at random).
     *
     * @param observations {@code [rows, n]}, row-major; only the first {@code rows * n} elements are read
     * @param rows number of observations, at least 1
     * @param actions receives {@code [rows, k]}, row-major
     */
    void act(float[] observations, int rows, float[] actions);

    /** Answers a batch of rows as {@link #act(float[], int, float[])} does. */
    default void act(Rows observations, int rows, float[] actions) {
        act(observations.floats(), rows, actions);
    }

    /**
     * Computes how likely given actions are under this policy: log p(action | observation), nats per row. A policy
     * without a density answers NaN, as this does.
     *
     * @param observations {@code [rows, n]}, row-major
     * @param actions {@code [rows, k]}, row-major
     * @param rows number of observations, at least 1
     * @param result receives {@code [rows]}
     */
    default void logProbabilities(float[] observations, float[] actions, int rows, double[] result) {
        Arrays.fill(result, 0, rows, Double.NaN);
    }

    /** Computes for a batch of rows what {@link #logProbabilities(float[], float[], int, double[])} does. */
    default void logProbabilities(Rows observations, float[] actions, int rows, double[] result) {
        logProbabilities(observations.floats(), actions, rows, result);
    }
}
