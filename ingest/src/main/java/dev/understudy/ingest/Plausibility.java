package dev.understudy.ingest;

import dev.understudy.domain.Step;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.RejectReason;
import dev.understudy.driving.SampleCheck;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Checks in a log whether its gaps and speeds are likely to be what the mapping says. Four rules, all but the last by
 * its steps:
 *
 * <ul>
 *   <li>Over three seconds, the gap changes by what the leader is faster. The least-squares slope of the change over
 *       what the speeds explain is near 1 in right units: 0.98 in all of the ZalaZONE logs, 0.86 to 1.18 in single
 *       trips of them. With speeds in km/h read as m/s it is 0.28.
 *   <li>Accelerations beyond 3 m/s^2 are rare: 0.2 % of the steps there, at most 1.6 % of a trip. Speeds in ft/s read
 *       as m/s have 4.7 %.
 *   <li>Who stands in a queue often stands closer than a car is long: in more than half of the stops there, and in
 *       three of seven of people. A distance from front to front is hardly ever that small.
 *   <li>Speeds and gaps are hardly ever out of range: in no more than one sample in twenty. Which unit it is then, the
 *       first rule says of the samples as they are, as few of them became steps.
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

    /** Share of the samples that is out of range, at most. */
    private static final double MOST_OUT_OF_RANGE = 0.05;

    /** As much may be too far away without a wrong unit: who has no leader. */
    private static final double MOST_TOO_FAR = 0.5;

    /** Longest time from one sample to the next over which a change of the gap is explained, s. */
    private static final double LONGEST_SECONDS = 1;

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
    private final Fit ofSteps = new Fit();
    private final Fit ofSamples = new Fit();
    private long stops;
    private long closeStops;

    /** Changes of the gap over three seconds against what the speeds explain of them. */
    private static final class Fit {
        private long stretches;
        private double explainedSquared;
        private double product;
        private double changeSquared;

        void add(double explained, double change) {
            stretches++;
            explainedSquared += explained * explained;
            product += explained * change;
            changeSquared += change * change;
        }

        double slope() {
            return product / explainedSquared;
        }

        /** Returns whether the slope says that the units do not go together. */
        boolean isOff() {
            return stretches >= FEWEST_STRETCHES
                    && changeSquared >= stretches * LEAST_CHANGE_METERS * LEAST_CHANGE_METERS
                    && product >= LEAST_CORRELATION * Math.sqrt(explainedSquared * changeSquared)
                    && (slope() < LOWEST_SLOPE || slope() > HIGHEST_SLOPE);
        }
    }

    /** The driving of one vehicle, sample by sample and step by step. */
    final class Course {
        private long trajectory = Long.MIN_VALUE;
        private int stretchSteps;
        private double startGap;
        private double explained;
        private double openingBefore;
        private double gapAtStop = Double.POSITIVE_INFINITY;
        private @Nullable FollowingSample before;
        private long sampleStartMs;
        private double sampleStartGap;
        private double sampleExplained;

        /** Takes the next sample in the order of time, whatever becomes of it. */
        void sample(FollowingSample sample) {
            FollowingSample last = before;
            before = sample;
            double seconds = last == null ? 0 : (sample.timeMs() - last.timeMs()) / 1000.0;
            sampleExplained += last == null ? 0 : seconds * (opening(last) + opening(sample)) / 2;
            boolean goesOn = last != null
                    && last.trip().equals(sample.trip())
                    && seconds > 0
                    && seconds <= LONGEST_SECONDS
                    && Double.isFinite(sampleExplained + sample.gapMeters() - sampleStartGap);
            long passedMs = sample.timeMs() - sampleStartMs;
            if (goesOn && passedMs < STRETCH_STEPS * CarFollowing.STEP_MS) {
                return;
            }
            if (goesOn) {
                ofSamples.add(sampleExplained, sample.gapMeters() - sampleStartGap);
            }
            sampleStartMs = sample.timeMs();
            sampleStartGap = sample.gapMeters();
            sampleExplained = 0;
        }

        private static double opening(FollowingSample sample) {
            return sample.leaderSpeedMetersPerSecond() - sample.speedMetersPerSecond();
        }

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
                ofSteps.add(explained, gap - startGap);
            }
            startGap = gap;
            explained = 0;
            stretchSteps = 0;
        }
    }

    /**
     * Says what is not likely.
     *
     * @param samples of the log
     * @param rejected of them, by reason
     */
    void remark(Remarks remarks, long samples, Map<String, Long> rejected) {
        boolean isOutOfRange = outOfRange(remarks, samples, rejected);
        if (!isOutOfRange && ofSteps.isOff()) {
            remarks.add(
                    "the gap changes %.2f times as much as the speeds say%s: are the units of gap, speed and leaderSpeed"
                            + " right?",
                    ofSteps.slope(), reason(ofSteps.slope(), ""));
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

    /** Says whether so many samples are out of range that a unit must be wrong, and which. */
    private boolean outOfRange(Remarks remarks, long samples, Map<String, Long> rejected) {
        long fast = rejected.getOrDefault(RejectReason.SPEED_OUT_OF_RANGE.name(), 0L);
        long near = rejected.getOrDefault(RejectReason.SUSPECT_GAP.name(), 0L)
                + rejected.getOrDefault(RejectReason.NEGATIVE_GAP.name(), 0L);
        long far = rejected.getOrDefault(RejectReason.NOT_FOLLOWING.name(), 0L);
        boolean isFast = fast > MOST_OUT_OF_RANGE * samples;
        if (isFast) {
            remarks.add(
                    "%.0f %% of the samples are faster than %.0f m/s (%s): the unit of speed or leaderSpeed is probably"
                            + " wrong%s",
                    100.0 * fast / samples,
                    SampleCheck.MAX_SPEED,
                    RejectReason.SPEED_OUT_OF_RANGE,
                    reason(ofSamples, ", as if speeds in km/h, mph or ft/s were read as m/s"));
        }
        boolean isNear = near > MOST_OUT_OF_RANGE * samples;
        if (isNear) {
            remarks.add(
                    "%.0f %% of the samples have a gap below %.1f m: the unit of gap is probably wrong%s, or it is"
                            + " not measured from bumper to bumper",
                    100.0 * near / samples,
                    SampleCheck.MIN_GAP,
                    reason(ofSamples, ", as if gaps in km were read as m"));
        }
        boolean isFar = far > (ofSamples.isOff() ? MOST_OUT_OF_RANGE : MOST_TOO_FAR) * samples;
        if (isFar && !isFast) {
            remarks.add(
                    "%.0f %% of the samples have a gap above %.0f m (%s): there is mostly no leader, or the unit of gap"
                            + " is wrong%s",
                    100.0 * far / samples,
                    SampleCheck.MAX_GAP,
                    RejectReason.NOT_FOLLOWING,
                    reason(ofSamples, ", as if gaps in ft or cm were read as m"));
        }
        return isFast || isNear || isFar;
    }

    private static String reason(Fit fit, String otherwise) {
        return fit.isOff() ? reason(fit.slope(), otherwise) : otherwise;
    }

    private static String reason(double slope, String otherwise) {
        String reason = otherwise;
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
