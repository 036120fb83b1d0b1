package dev.understudy.model;

import java.util.function.Function;

/** What the intake check found. */
public sealed interface IntakeOutcome {
    /** Returns what one of the two functions makes of the outcome. */
    <T> T fold(Function<Accepted, T> accepted, Function<Rejected, T> rejected);

    /**
     * The model may serve.
     *
     * @param policy loaded and warm; whoever receives it closes it
     * @param loadNanos time from the bytes to the warm session
     * @param latencyNanos median time to answer one observation
     */
    record Accepted(ServedPolicy policy, long loadNanos, long latencyNanos) implements IntakeOutcome {
        @Override
        public <T> T fold(Function<Accepted, T> accepted, Function<Rejected, T> rejected) {
            return accepted.apply(this);
        }
    }

    /**
     * The model must not serve; nothing of it stays loaded.
     *
     * @param reason what was expected, what was found, and where
     */
    record Rejected(String reason) implements IntakeOutcome {
        @Override
        public <T> T fold(Function<Accepted, T> accepted, Function<Rejected, T> rejected) {
            return rejected.apply(this);
        }
    }
}
