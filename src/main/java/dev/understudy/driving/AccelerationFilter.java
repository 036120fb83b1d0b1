package dev.understudy.driving;

/**
 * The acceleration a driver chose, from logged speed: the central difference over plus and minus {@link #REACH}
 * samples, a(t) = (v(t + 0.3 s) - v(t - 0.3 s)) / 0.6 s, which is the mean acceleration over that time. A shorter reach
 * leaves the noise of the speed in the label, a longer one smooths away the driver's reactions.
 */
public final class AccelerationFilter {
    /** Samples before and after a step that its label needs. */
    public static final int REACH = 3;

    private AccelerationFilter() {}

    /** Returns the acceleration in m/s^2 from the speeds {@link #REACH} samples before and after, m/s. */
    public static double acceleration(double speedBefore, double speedAfter) {
        return (speedAfter - speedBefore) / (2 * REACH * CarFollowing.STEP_SECONDS);
    }
}
