package dev.understudy.control;

import dev.understudy.domain.Refusal;

/** Why a step is not learned from, or why no policy is asked about it. */
public enum ControlRefusal implements Refusal {
    /** The observation has more or fewer numbers than the task observes. */
    WRONG_DIMENSION,
    /** A number of the observation is NaN or infinite. */
    NON_FINITE_OBSERVATION,
    /** A number of the observation is outside the range that a policy file declares for it. */
    OUT_OF_RANGE,
    /** The action is none of the task's: too many or too few numbers, no choice there is, outside the range, NaN. */
    ACTION_OUTSIDE,
    /** The reward is infinite. */
    NON_FINITE_REWARD,
    /** The sequence number is below zero. */
    NEGATIVE_SEQUENCE,
    /** The sequence number or the time did not move on within the episode. */
    OUT_OF_STEP,
    /** The episode has ended at an earlier step. */
    AFTER_END;

    @Override
    public Kind kind() {
        return Kind.INPUT;
    }
}
