package dev.understudy.environment;

/** How a step left one copy of an environment. */
public enum End {
    /** The episode goes on. */
    RUNNING,
    /** The task itself ended the episode: nothing comes after, and the value of the last observation is 0. */
    TERMINATED,
    /** The step limit ended the episode: it would have gone on, and the value of the last observation is not 0. */
    TRUNCATED,
    /** Nothing was done: the copy was not started, or its episode ended at an earlier step. */
    IDLE
}
