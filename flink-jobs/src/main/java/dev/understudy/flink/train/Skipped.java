package dev.understudy.flink.train;

/** Why steps of a window are not learned although each is good. */
enum Skipped {
    /** No trajectory of their window is long enough to practise in, which GAIL needs; cloning learns from any. */
    WINDOW_TOO_SMALL,
    /** The update on their window diverged and was dropped. */
    DIVERGED,
    /** The learner held its policy: something it needs was never seen. It keeps what it will learn from later. */
    HELD
}
