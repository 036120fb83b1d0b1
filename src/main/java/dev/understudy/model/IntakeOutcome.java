package dev.understudy.model;

import java.util.function.Function;

/** What the intake check found. */
public sealed interface IntakeOutcome {
    /** Returns what one of the two functions makes of the outcome. */
    <T> T fold(Function<Accepted, T> accepted, Function<Rejected, T> rejected);

    /** What a refusal is to blame on. */
    enum Cause {
        /** The bytes of the file: it will be refused again. */
        FILE,
        /** What may be otherwise the next time: how busy the machine was, or what was said of the file. */
        OCCASION
    }

    /**
     * The model may serve.
     *
     * @param policy loaded and warm; whoever receives it closes it
     * @param loadNanos time from the bytes to the warm session
     * @param latencyNanos median time to answer one observation; 0 where the check does not look at it
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
     * @param cause what is to blame
     */
    record Rejected(String reason, Cause cause) implements IntakeOutcome {
        @Override
        public <T> T fold(Function<Accepted, T> accepted, Function<Rejected, T> rejected) {
            return rejected.apply(this);
        }
    }
}
