package dev.understudy.streams;

/** What serving does for those who learn from what a policy did in service. */
public enum Recording {
    /** Answers with the policy's mode and writes no rollouts. */
    OFF,
    /** Answers with the policy's mode and writes rollouts: what was done, by whom, and the density of the mode. */
    MODE,
    /**
     * Answers with a draw from the policy's distribution and writes rollouts. Only such steps can be weighed by
     * importance: where the mode is always done, nothing is known of any other action.
     */
    DRAWN
}
