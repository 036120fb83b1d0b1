package dev.understudy.driving;

import dev.understudy.domain.Refusal;

/** What is wrong with a sample of car following. */
public enum RejectReason implements Refusal {
    /** The speed was not measured (NaN). */
    MISSING_SPEED,
    /** The gap was not measured (NaN). */
    MISSING_GAP,
    /** The leader's speed was not measured (NaN). */
    MISSING_LEADER,
    /** Speed, gap or leader's speed is infinite. */
    NON_FINITE,
    /** The gap is below zero. */
    NEGATIVE_GAP,
    /** The gap is so small that it must be an error of measurement. */
    SUSPECT_GAP,
    /** The leader is too far away to be followed. */
    NOT_FOLLOWING,
    /** Own or leader's speed is below zero by more than noise, or faster than cars go. */
    SPEED_OUT_OF_RANGE,
    /** Own or leader's speed changed faster than cars can. */
    SPEED_JUMP,
    /** The gap changed by much more than the speeds explain. */
    GAP_JUMP,
    /** Samples are so far apart that steps of 0.1 s cannot be computed from them: see {@link StepGrid#SLOWEST_MS}. */
    RATE_TOO_LOW;

    @Override
    public Kind kind() {
        return Kind.INPUT;
    }

    @Override
    public String text() {
        return this == RATE_TOO_LOW
                ? "%s: expected a sample each %d ms at least".formatted(name(), StepGrid.SLOWEST_MS)
                : name();
    }
}
