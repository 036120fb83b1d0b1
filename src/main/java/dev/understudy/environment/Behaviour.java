package dev.understudy.environment;

import dev.understudy.policy.Policy;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Chooses actions while data are collected, and says how likely each was. */
@FunctionalInterface
public interface Behaviour {
    /**
     * Chooses one action per observation.
     *
     * @param observations {@code [rows, n]}; only the first {@code rows * n} elements are read
     * @param rows number of observations, at least 1
     * @param random what to draw from; the same draws give the same rollout
     * @param actions receives {@code [rows, k]}, see {@link ActionSpace}
     * @param logProbabilities receives log pi(a | o), {@code [rows]}, in nats
     */
    void act(float[] observations, int rows, RandomGenerator random, float[] actions, float[] logProbabilities);

    /** Returns the behaviour that always does what the policy deems best; its log-probabilities are 0. */
    static Behaviour modeOf(Policy policy) {
        return (float[] observations, int rows, RandomGenerator random, float[] actions, float[] logProbabilities) -> {
            policy.act(observations, rows, actions);
            Arrays.fill(logProbabilities, 0, rows, 0f);
        };
    }
}
