package dev.understudy.driving;

import java.util.Arrays;

/**
 * One step of a demonstration: what was observed and what the expert did. Arrays are not copied.
 *
 * @param sample the measurement itself
 * @param trajectory number of the unbroken run it is part of; rises along a trip after each break
 * @param observation {@code [CarFollowing.observationSize()]}
 * @param action {@code [1]}, the acceleration in m/s^2
 */
public record LabelledStep(FollowingSample sample, long trajectory, float[] observation, float[] action) {
    /** Returns the trip. */
    public String trip() {
        return sample.trip();
    }

    /** Returns the following car. */
    public String vehicle() {
        return sample.vehicle();
    }

    /** Returns the slice this step is reported under. */
    public String label() {
        return sample.label();
    }

    /** Returns the number of the sample in its trip. */
    public long sequence() {
        return sample.sequence();
    }

    /** Returns the event time, milliseconds since 1970. */
    public long timeMs() {
        return sample.timeMs();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LabelledStep that
                && sample.equals(that.sample)
                && trajectory == that.trajectory
                && Arrays.equals(observation, that.observation)
                && Arrays.equals(action, that.action);
    }

    @Override
    public int hashCode() {
        return sample.hashCode();
    }

    @Override
    public String toString() {
        return "LabelledStep[%s, trajectory=%d, action=%s]".formatted(sample, trajectory, Arrays.toString(action));
    }
}
