package dev.understudy.driving;

import dev.understudy.policy.Policy;

/** A car-following law that needs no history: acceleration from speed, gap and the leader's speed. */
public interface FollowingLaw extends Policy {
    /**
     * Returns the acceleration in m/s^2.
     *
     * @param speed own speed, m/s
     * @param gap gap to the leader, m; may be negative after a collision
     * @param leaderSpeed the leader's speed, m/s
     */
    double acceleration(double speed, double gap, double leaderSpeed);

    @Override
    default int observationSize() {
        return CarFollowing.observationSize();
    }

    @Override
    default int actionSize() {
        return CarFollowing.ACTION_SIZE;
    }

    @Override
    default void act(float[] observations, int rows, float[] actions) {
        int n = observationSize();
        for (int row = 0; row < rows; row++) {
            double speed = observations[row * n + CarFollowing.SPEED];
            actions[row] = (float) acceleration(
                    speed,
                    observations[row * n + CarFollowing.GAP],
                    speed + observations[row * n + CarFollowing.RELATIVE_SPEED]);
        }
    }
}
