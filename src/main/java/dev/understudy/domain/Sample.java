package dev.understudy.domain;

/**
 * One record of a log or of live input: where it belongs and when it was made. Records implement it by their
 * components.
 */
public interface Sample {
    /** Returns who acts: a vehicle, a dialogue, a copy of an environment. */
    String entity();

    /** Returns what is held out as a whole: a trip, a dialogue, an episode. */
    String episode();

    /** Returns its number in its episode, which rises by one from each to the next; a missing one is a hole. */
    long sequence();

    /** Returns its event time, milliseconds since 1970. */
    long timeMs();

    /** Returns who acted. */
    Actor actor();

    /** Returns a free word, such as the slice of reports it belongs to; may be empty. */
    String label();
}
