package dev.understudy.driving;

import dev.understudy.policy.Policy;

/** A car-following law that needs no history: acceleration from speed, gap and the leader's speed. */
public interface FollowingLaw extends Policy, FollowingLaws {
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
            actions[row] = accelerationAt(observations, row * n);
        }
    }

    /** Returns the acceleration in m/s^2 on the observation that begins at {@code offset}. */
    default float accelerationAt(float[] observations, int offset) {
        double speed = observations[offset + CarFollowing.SPEED];
        return (float) acceleration(
                speed,
                observations[offset + CarFollowing.GAP],
                speed + observations[offset + CarFollowing.RELATIVE_SPEED]);
    }

    @Override
    default FollowingLaw of(String vehicle, String label) {
        return this;
    }

    @Override
    default Policy driving(CarFollowingStretches stretches) {
        return this;
    }
}
