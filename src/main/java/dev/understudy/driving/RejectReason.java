package dev.understudy.driving;

/** Why a sample of a log is not learned from. */
public enum RejectReason {
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
    /** Event time did not move on since the sample before. */
    OUT_OF_STEP,
    /** The time is far from that of the samples around it in its trip, which agree with each other. */
    TIME_JUMP,
    /** Samples are so far apart that steps of 0.1 s cannot be told from them: see {@link StepGrid#SLOWEST_MS}. */
    RATE_TOO_LOW,
    /** Taken between two steps, which were computed from it and its neighbours: the log is faster than 10 Hz. */
    RESAMPLED,
    /** Somebody drove whose driving is not to be learned. */
    OTHER_EXPERT,
    /** Too little is known of the entity so far. */
    SHORT_HISTORY,
    /** The log ends or breaks off too soon for an acceleration to be computed. */
    NO_LABEL
}
