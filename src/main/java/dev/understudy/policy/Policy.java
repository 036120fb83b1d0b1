package dev.understudy.policy;

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
}
