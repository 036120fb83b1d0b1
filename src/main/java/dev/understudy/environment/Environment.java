package dev.understudy.environment;

import java.util.random.RandomGenerator;

/**
 * Copies of one task, stepped together over flat arrays. Each copy draws from its own stream of random numbers, given
 * by the seed and its index, so what one copy does never depends on the others. For one thread at a time.
 *
 * <p>{@code reset(seed)}, then {@code start(copy, ...)} for each copy wanted, then {@code step}; a copy whose episode
 * ended does nothing until it is started again, so the observation after the last step is never lost.
 */
public interface Environment {
    /** Returns the task's name, such as {@code cartpole-v0}. */
    String name();

    /** Returns n, the length of an observation. */
    int observationSize();

    /** Returns what can be done. */
    ActionSpace actions();

    /** Returns the steps after which an episode is truncated. */
    int horizon();

    /** Returns the number of copies. */
    int copies();

    /** Makes every copy idle and sets all random numbers to follow from {@code seed}. */
    void reset(long seed);

    /**
     * Starts an episode of one copy, ending the one it was in.
     *
     * @param copy from 0
     * @param observations {@code [copies, n]}; row {@code copy} receives the first observation
     */
    void start(int copy, float[] observations);

    /**
     * Steps every copy that is not idle, without allocating anything.
     *
     * @param actions {@code [copies, k]}, see {@link ActionSpace}; rows of idle copies are not read
     * @param observations {@code [copies, n]}; receives the observations after the step; rows of idle copies are kept
     * @param rewards {@code [copies]}; receives the rewards of the step, 0 for idle copies
     * @param ends {@code [copies]}; receives how each copy was left. A step that both ends the task and reaches the
     *     limit is {@link End#TERMINATED}
     * @throws IllegalArgumentException if an action is none of this environment's; then no copy has moved
     */
    void step(float[] actions, float[] observations, float[] rewards, End[] ends);

    /** Returns a behaviour that draws every action uniformly: any learner must do better. */
    default Behaviour randomBehaviour() {
        ActionSpace space = actions();
        return (float[] observations, int rows, RandomGenerator random, float[] actions, float[] logProbabilities) -> {
            for (int row = 0; row < rows; row++) {
                logProbabilities[row] = space.drawUniformly(random, actions, row * space.size());
            }
        };
    }
}
