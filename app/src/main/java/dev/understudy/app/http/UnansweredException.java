package dev.understudy.app.http;

/** No decision came to an observation, or none could be asked for. */
public final class UnansweredException extends Exception {
    /** Why not. */
    public enum Why {
        /** As many as may wait are waiting. */
        BUSY,
        /** The cluster did not take the observation, or its decisions are no longer read. */
        UNREACHABLE,
        /** It took too long. */
        LATE
    }

    private final Why why;

    UnansweredException(Why why, String message) {
        super(message);
        this.why = why;
    }

    /** Returns why not. */
    public Why why() {
        return why;
    }
}
