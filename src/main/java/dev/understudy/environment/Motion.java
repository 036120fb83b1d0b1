package dev.understudy.environment;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The equations of one task, for one copy at a time. The state is {@link #stateSize} doubles at an offset of a flat
 * array. It has no memory, so any number of environments and threads may share it.
 */
public interface Motion {
    /** Returns what the observation's elements are, in the words of the demonstration files. */
    List<String> observationNames();

    /** Returns what can be done. */
    ActionSpace actions();

    /** Returns the number of doubles in a state. */
    int stateSize();

    /** Draws the first state of an episode into {@code states[at]} and following. */
    void start(double[] states, int at, RandomGenerator random);

    /**
     * Moves a state by one step, whether the episode would have ended or not.
     *
     * @param states the state at {@code at} is replaced by the next
     * @param actions the action at {@code actionAt}, one that {@link #actions} accepts
     * @return the reward of the step
     */
    double advance(double[] states, int at, float[] actions, int actionAt);

    /** Returns whether the task ends in this state. */
    boolean isOver(double[] states, int at);

    /** Returns whether there is any state in which the task ends. */
    default boolean canEnd() {
        return true;
    }

    /** Returns whether the end is a success; otherwise it is a failure, or there is none. */
    boolean endIsGoal();

    /** Writes the observation of a state to {@code observations[observationAt]} and following. */
    void observe(double[] states, int at, float[] observations, int observationAt);
}
