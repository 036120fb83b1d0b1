package dev.understudy.driving;

import dev.understudy.policy.Policy;

/** A policy of as many rows as it has laws, row {@code i} by law {@code i}. The array is not copied. */
record LawOfEachRow(FollowingLaw[] laws) implements Policy {
    @Override
    public int observationSize() {
        return CarFollowing.observationSize();
    }

    @Override
    public int actionSize() {
        return CarFollowing.ACTION_SIZE;
    }

    @Override
    public void act(float[] observations, int rows, float[] actions) {
        if (rows != laws.length) {
            throw new IllegalArgumentException(
                    "expected a row for each of %d stretches, got %d".formatted(laws.length, rows));
        }
        for (int row = 0; row < rows; row++) {
            actions[row] = laws[row].accelerationAt(observations, row * observationSize());
        }
    }
}
