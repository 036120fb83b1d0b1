package dev.understudy.domain;

import java.io.Serializable;
import java.util.List;

/** Finds what the expert did at a step, from the steps around it. */
public interface Labeller<S extends Sample> extends Serializable {
    /** What is known of the expert's action. */
    enum Label {
        /** It was written. */
        GIVEN,
        /** Nobody knows it: the step is for learners that need none ({@link Assembler.Unlabelled}). */
        UNKNOWN,
        /** The step is not to be learned from. */
        NOT_WANTED
    }

    /** Returns the number of steps needed after; 0 if logs hold the action. */
    int reach();

    /** Returns the number of steps needed before. */
    default int before() {
        return reach();
    }

    /**
     * Writes the expert's action.
     *
     * @param steps of one unbroken run, {@link #before} at least before the one in question and {@link #reach} after it
     * @param centre the one in question
     * @param action receives {@code [k]}
     */
    Label label(List<S> steps, int centre, float[] action);
}
