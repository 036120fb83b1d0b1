package dev.understudy.domain;

import java.io.Serializable;
import java.util.List;

/** Finds what the expert did at a step, from the steps around it. */
public interface Labeller<S extends Sample> extends Serializable {
    /** What is known of the expert's action. */
    enum Label {
        /** It was written. */
        GIVEN,
        /** Nobody knows it: the step is kept for learners that need none. */
        UNKNOWN,
        /** The step is not to be learned from. */
        NOT_WANTED
    }

    /** Returns the number of steps needed before and after; 0 if logs hold the action. */
    int reach();

    /**
     * Writes the expert's action.
     *
     * @param steps of one unbroken run, {@link #reach} at least on either side of the one in question
     * @param centre the one in question
     * @param action receives {@code [k]}
     */
    Label label(List<S> steps, int centre, float[] action);
}
