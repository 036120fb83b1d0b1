package dev.understudy.data;

/**
 * An unbroken run of one entity: what it observed and what it did, step by step at a constant interval.
 *
 * @param trip the trip, dialogue or episode it is part of; a trip is held out of training as a whole
 * @param entity the vehicle, speaker or environment that acted
 * @param startMs event time of the first step, milliseconds since 1970
 * @param stepMs time between steps, milliseconds
 * @param observations {@code [T, n]}, or {@code [T + 1, n]} where the observation after the last action is known
 * @param actions {@code [T, k]}
 */
public record Trajectory(String trip, String entity, long startMs, long stepMs, Rows observations, Matrix actions) {
    public Trajectory {
        int extra = observations.rows() - actions.rows();
        if (extra != 0 && extra != 1) {
            throw new IllegalArgumentException("expected %d or %d observations for %d actions, got %d (trip=%s)"
                    .formatted(actions.rows(), actions.rows() + 1, actions.rows(), observations.rows(), trip));
        }
    }

    /** Returns T, the number of steps that have an action. */
    public int steps() {
        return actions.rows();
    }
}
