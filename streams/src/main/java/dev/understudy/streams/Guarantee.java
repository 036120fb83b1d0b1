package dev.understudy.streams;

/** How often a decision may be seen when an instance crashes. */
public enum Guarantee {
    /** Decisions become visible at commit, each once. */
    EXACTLY_ONCE,
    /**
     * Decisions become visible at once. After a crash some are made again, with the same identity (entity, episode,
     * sequence), so that a reader can tell.
     */
    AT_LEAST_ONCE
}
