package dev.understudy.driving;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Sample;

/**
 * One measurement of a car and of the one in front of it, as a log or a live vehicle gives it; NaN where nothing was
 * measured.
 *
 * @param vehicle the following car
 * @param trip the trip this is part of
 * @param sequence number of the sample in its trip, rising by one
 * @param timeMs event time, milliseconds since 1970
 * @param actor who drove
 * @param label a free word on the expert ("acc-S", "human"), used to report slices and never observed by a policy; may
 *     be empty
 * @param engaged whether a policy was in charge when a person took over and drove this: a correction of it
 * @param speedMetersPerSecond own speed
 * @param gapMeters bumper-to-bumper distance to the leader
 * @param leaderSpeedMetersPerSecond the leader's speed
 */
public record FollowingSample(
        String vehicle,
        String trip,
        long sequence,
        long timeMs,
        Actor actor,
        String label,
        boolean engaged,
        double speedMetersPerSecond,
        double gapMeters,
        double leaderSpeedMetersPerSecond)
        implements Sample {
    /** Creates a sample that is no takeover. */
    public FollowingSample(
            String vehicle,
            String trip,
            long sequence,
            long timeMs,
            Actor actor,
            String label,
            double speedMetersPerSecond,
            double gapMeters,
            double leaderSpeedMetersPerSecond) {
        this(
                vehicle,
                trip,
                sequence,
                timeMs,
                actor,
                label,
                false,
                speedMetersPerSecond,
                gapMeters,
                leaderSpeedMetersPerSecond);
    }

    @Override
    public String entity() {
        return vehicle;
    }

    @Override
    public String episode() {
        return trip;
    }
}
