package dev.understudy.reward;

/** How much each step is worth, in nats. */
public interface RewardFunction {
    /** Returns whether what was done makes a difference; where it does not, actions are not read. */
    boolean readsActions();

    /**
     * Computes the reward of each step.
     *
     * @param observations {@code [rows, n]}, row-major, before the action
     * @param actions {@code [rows, k]}, row-major; may be NaN where they are not read
     * @param rows number of steps, at least 1
     * @param rewards receives {@code [rows]}
     */
    void rewards(float[] observations, float[] actions, int rows, float[] rewards);
}
