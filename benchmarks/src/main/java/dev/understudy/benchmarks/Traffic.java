package dev.understudy.benchmarks;

import dev.understudy.domain.Actor;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingSample;

/**
 * Made-up cars, each behind one whose speed swings by 4 m/s about 15 m/s once a minute and which it repeats two seconds
 * later. Every sample passes the checks that real logs pass.
 *
 * @param trip what the trips are called; each car drives one
 * @param vehicles how many cars
 * @param startMs event time of the first sample of each
 */
record Traffic(String trip, int vehicles, long startMs) {
    private static final double SPEED = 15;
    private static final double SWING = 4;
    private static final double GAP = 30;
    private static final double LAG_SECONDS = 2;
    private static final double FREQUENCY = 2 * Math.PI / 60;

    Traffic {
        if (vehicles < 1) {
            throw new IllegalArgumentException("expected at least 1 vehicle, got " + vehicles);
        }
    }

    /** Returns sample {@code index} of all cars in order of time: of car {@code index} modulo {@link #vehicles}. */
    FollowingSample sample(long index) {
        int car = (int) (index % vehicles);
        long sequence = index / vehicles;
        double seconds = sequence * CarFollowing.STEP_SECONDS;
        double phase = 2 * Math.PI * car / vehicles;
        double leader = FREQUENCY * seconds + phase;
        double own = leader - FREQUENCY * LAG_SECONDS;
        return new FollowingSample(
                vehicle(car),
                trip + "/" + car,
                sequence,
                startMs + sequence * CarFollowing.STEP_MS,
                Actor.ASSISTANCE,
                "bench",
                SPEED + SWING * Math.sin(own),
                // the integral of the difference of both speeds
                GAP + SWING / FREQUENCY * (Math.cos(own) - Math.cos(leader)),
                SPEED + SWING * Math.sin(leader));
    }

    /** Returns which car has a name. */
    static int car(String vehicle) {
        return Integer.parseInt(vehicle, vehicle.indexOf('-') + 1, vehicle.length(), 10);
    }

    /** Returns the name of a car. */
    static String vehicle(int car) {
        return "vehicle-%04d".formatted(car);
    }
}
