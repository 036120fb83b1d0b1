package dev.understudy.ingest;

import dev.understudy.domain.Step;
import dev.understudy.driving.CarFollowing;
import java.util.Map;
import java.util.TreeMap;

/**
 * Tells from the steps of a log whether its gaps and speeds are likely what the mapping says they are. Three rules:
 *
 * <ul>
 *   <li>Over three seconds, the gap changes by what the leader is faster. The least-squares slope of the change over
 *       what the speeds explain is near 1 in right units: 0.98 in all of the ZalaZONE logs, 0.86 to 1.18 in single
 *       trips of them. With speeds in km/h read as m/s it is 0.28.
 *   <li>Accelerations beyond 3 m/s^2 are rare: 0.2 % of the steps there, at most 1.6 % of a trip. Speeds in ft/s read
 *       as m/s have 4.7 %.
 *   <li>Who stands in a queue often stands closer than a car is long: in more than half of the stops there, and in
 *       three of seven of people. A distance from front to front is hardly ever that small.
 * </ul>
 */
final class Plausibility {
    private static final int STRETCH_STEPS = 30;
    private static final int FEWEST_STRETCHES = 30;
    /** Changes of the gap must be that large, root mean square, for their slope to say something, m. */
    private static final double LEAST_CHANGE_METERS = 0.5;

    private static final double LEAST_CORRELATION = 0.9;
    private static final double LOWEST_SLOPE = 0.75;
    private static final double HIGHEST_SLOPE = 1.33;

    private static final int FEWEST_STEPS = 1_000;
    private static final double HARD_ACCELERATION = 3;
    private static final double MOST_HARD = 0.03;

    private static final double STANDING_SPEED = 0.5;
    private static final int FEWEST_STOPS = 5;
    /** Share of the stops in which the gap is below a car's length, at least. */
    private static final double FEWEST_CLOSE = 0.15;

    /** Shorter than most cars, longer than most gaps at a standstill, m. */
    private static final double CAR_LENGTH_METERS = 4.5;

    /** What slopes come from that are off by nearly that much. */
    private static final Map<Double, String> REASONS = new TreeMap<>(Map.of(
            1 / 3.6,
            "as if speeds in km/h were read as m/s",
            3.6,
            "as if speeds in m/s were read as km/h",
            0.447,
            "as if speeds in mph were read as m/s",
            2.237,
            "as if speeds in m/s were read as mph",
            0.621,
            "as if speeds in mph were read as km/h, or the other way round",
            1.609,
            "as if speeds in km/h were read as mph, or the other way round",
            0.305,
            "as if gaps in m were read as ft, or speeds in ft/s as m/s",
            3.281,
            "as if gaps in ft were read as m, or speeds in m/s as ft/s"));

    private long steps;
    private long hard;
    private long stretches;
    private double explainedSquared;
    private double product;
    private double changeSquared;
    private long stops;
    private long closeStops;

    /** The driving of one vehicle, step by step. */
    final class Course {
        private long trajectory = Long.MIN_VALUE;
        private int stretchSteps;
        private double startGap;
        private double explained;
        private double openingBefore;
        private double gapAtStop = Double.POSITIVE_INFINITY;

        /** Takes the next step, 0.1 s after the one before where the trajectory is the same. */
        void step(Step step) {
            float[] observed = step.observation().floats();
            double speed = observed[CarFollowing.SPEED];
            double leaderSpeed = speed + observed[CarFollowing.RELATIVE_SPEED];
            double gap = observed[CarFollowing.GAP];
            steps++;
            hard += Math.abs(step.action()[0]) > HARD_ACCELERATION ? 1 : 0;
            boolean goesOn = step.run() == trajectory;
            trajectory = step.run();
            stretch(gap, leaderSpeed - speed, goesOn);
            if (Math.max(speed, leaderSpeed) < STANDING_SPEED) {
                gapAtStop = Math.min(gapAtStop, gap);
            } else if (gapAtStop < Double.POSITIVE_INFINITY) {
                stops++;
                closeStops += gapAtStop < CAR_LENGTH_METERS ? 1 : 0;
                gapAtStop = Double.POSITIVE_INFINITY;
            }
        }

        private void stretch(double gap, double opening, boolean goesOn) {
            explained += CarFollowing.STEP_SECONDS * (openingBefore + opening) / 2;
            openingBefore = opening;
            if (goesOn && ++stretchSteps < STRETCH_STEPS) {
                return;
            }
            if (goesOn) {
                double change = gap - startGap;
                stretches++;
                explainedSquared += explained * explained;
                product += explained * change;
                changeSquared += change * change;
            }
            startGap = gap;
            explained = 0;
            stretchSteps = 0;
        }
    }

    /** Says what is not likely. */
    void remark(Remarks remarks) {
        double slope = product / explainedSquared;
        if (stretches >= FEWEST_STRETCHES
                && changeSquared >= stretches * LEAST_CHANGE_METERS * LEAST_CHANGE_METERS
                && product >= LEAST_CORRELATION * Math.sqrt(explainedSquared * changeSquared)
                && (slope < LOWEST_SLOPE || slope > HIGHEST_SLOPE)) {
            remarks.add(
                    "the gap changes %.2f times as much as the speeds say%s: are the units of gap, speed and leaderSpeed"
                            + " right?",
                    slope, reason(slope));
        }
        if (steps >= FEWEST_STEPS && hard > MOST_HARD * steps) {
            remarks.add(
                    "%.1f %% of the accelerations are beyond %.0f m/s^2, more than in traffic: are the units of speed and"
                            + " time right?",
                    100.0 * hard / steps, HARD_ACCELERATION);
        }
        if (stops >= FEWEST_STOPS && closeStops < FEWEST_CLOSE * stops) {
            remarks.add(
                    "in %,d of %,d stops the gap was never below %.1f m: is it measured from front to front? It has to be"
                            + " from bumper to bumper, a car's length less",
                    stops - closeStops, stops, CAR_LENGTH_METERS);
        }
    }

    private static String reason(double slope) {
        String reason = "";
        double nearest = 0.08;
        for (Map.Entry<Double, String> each : REASONS.entrySet()) {
            double distance = Math.abs(Math.log(slope / each.getKey()));
            if (distance < nearest) {
                nearest = distance;
                reason = ", " + each.getValue();
            }
        }
        return reason;
    }
}
