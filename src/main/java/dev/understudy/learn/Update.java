package dev.understudy.learn;

/** An update under way: a sequence of short steps that may stop after any of them and go on from its state. */
public interface Update extends AutoCloseable {
    /**
     * Does the next piece of work, about a millisecond's worth.
     *
     * @return whether there is more to do
     */
    boolean step();

    /** Returns how much of the work is done, from 0 to 1. */
    double progress();

    /** Returns the learner's memory as it is now, copied from native memory. */
    LearnerState state();

    /** Returns what the update did so far. */
    TrainingReport report();

    @Override
    void close();
}
