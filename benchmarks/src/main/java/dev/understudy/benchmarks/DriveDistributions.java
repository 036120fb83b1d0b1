package dev.understudy.benchmarks;

import static dev.understudy.driving.CarFollowingStretches.DRIVEN;
import static dev.understudy.driving.CarFollowingStretches.HISTORY;

import dev.understudy.driving.AccelerationFilter;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.FollowingEnvelope;
import dev.understudy.driving.LeaderReplay;
import dev.understudy.policy.Policy;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How often each speed, acceleration, jerk and inverse time to collision occurs in a drive, to be held against the
 * expert's on the same stretches (as Kuefler et al., 2017, do with 100 bins).
 *
 * <p>Both sides' acceleration is {@link AccelerationFilter}'s central difference of speed over 0.6 s, jerk the same
 * difference of accelerations, so that what the filter does to the noise of the log it does to a drive too. The inverse
 * time to collision is closing speed over gap (at least 1 m), below zero while the leader draws away.
 *
 * @param values of all steps of all stretches, by quantity, sorted
 */
record DriveDistributions(Map<String, double[]> values) {
    private static final int BINS = 100;
    private static final double TAIL = 0.001;

    /** Speeds, gaps and leader's speeds before each step, {@code [stretches, DRIVEN]}. */
    private record Series(double[][] speed, double[][] gap, double[][] leaderSpeed) {
        Series(int count) {
            this(new double[count][DRIVEN], new double[count][DRIVEN], new double[count][DRIVEN]);
        }
    }

    /** A policy's drive of a replay with its distributions. */
    record Driven(LeaderReplay.Drive drive, DriveDistributions distributions) {}

    /** Returns the expert's own. */
    static DriveDistributions ofExpert(CarFollowingStretches stretches) {
        Series series = new Series(stretches.count());
        for (int i = 0; i < stretches.count(); i++) {
            for (int t = 0; t < DRIVEN; t++) {
                series.speed[i][t] = stretches.speed(i, HISTORY + t);
                series.gap[i][t] = stretches.gap(i, HISTORY + t);
                series.leaderSpeed[i][t] = stretches.leaderSpeed(i, HISTORY + t);
            }
        }
        return of(series);
    }

    /** Lets a policy drive and returns its drive. */
    static Driven drive(LeaderReplay replay, Policy policy, @Nullable FollowingEnvelope envelope) {
        int count = replay.stretches().count();
        Series series = new Series(count);
        int n = policy.observationSize();
        Policy recorded = new Policy() {
            private int step;

            @Override
            public int observationSize() {
                return n;
            }

            @Override
            public int actionSize() {
                return policy.actionSize();
            }

            @Override
            public void act(float[] observations, int rows, float[] actions) {
                for (int i = 0; i < rows; i++) {
                    series.speed[i][step] = observations[i * n + CarFollowing.SPEED];
                    series.gap[i][step] = observations[i * n + CarFollowing.GAP];
                    series.leaderSpeed[i][step] =
                            series.speed[i][step] + observations[i * n + CarFollowing.RELATIVE_SPEED];
                }
                step++;
                policy.act(observations, rows, actions);
            }
        };
        LeaderReplay.Drive drive = replay.drive(recorded, envelope);
        return new Driven(drive, of(series));
    }

    private static DriveDistributions of(Series series) {
        int reach = AccelerationFilter.REACH;
        int count = series.speed.length;
        double[] speeds = new double[count * DRIVEN];
        double[] inverseTimes = new double[count * DRIVEN];
        double[] accelerations = new double[count * (DRIVEN - 2 * reach)];
        double[] jerks = new double[count * (DRIVEN - 4 * reach)];
        int accelerationsSoFar = 0;
        int jerksSoFar = 0;
        for (int i = 0; i < count; i++) {
            double[] speed = series.speed[i];
            double[] acceleration = new double[DRIVEN];
            for (int t = 0; t < DRIVEN; t++) {
                speeds[i * DRIVEN + t] = speed[t];
                inverseTimes[i * DRIVEN + t] = (speed[t] - series.leaderSpeed[i][t]) / Math.max(series.gap[i][t], 1);
            }
            for (int t = reach; t < DRIVEN - reach; t++) {
                acceleration[t] = AccelerationFilter.acceleration(speed[t - reach], speed[t + reach]);
                accelerations[accelerationsSoFar++] = acceleration[t];
            }
            for (int t = 2 * reach; t < DRIVEN - 2 * reach; t++) {
                jerks[jerksSoFar++] = AccelerationFilter.acceleration(acceleration[t - reach], acceleration[t + reach]);
            }
        }
        Map<String, double[]> values = new LinkedHashMap<>();
        values.put("speed", speeds);
        values.put("acceleration", accelerations);
        values.put("jerk", jerks);
        values.put("inverseTimeToCollision", inverseTimes);
        values.values().forEach(Arrays::sort);
        return new DriveDistributions(values);
    }

    /**
     * Returns KL(this || driven) of each quantity, in nats: 100 bins between this one's quantiles 0.001 and 0.999, what
     * lies outside in the outermost, and one more count in each so that none is empty.
     */
    Map<String, Double> divergences(DriveDistributions driven) {
        Map<String, Double> divergences = new LinkedHashMap<>();
        values.forEach((name, expert) -> {
            double[] other = driven.values.getOrDefault(name, new double[0]);
            double low = expert[(int) (TAIL * (expert.length - 1))];
            double high = expert[(int) ((1 - TAIL) * (expert.length - 1))];
            double[] p = shares(expert, low, high);
            double[] q = shares(other, low, high);
            double sum = 0;
            for (int bin = 0; bin < BINS; bin++) {
                sum += p[bin] * Math.log(p[bin] / q[bin]);
            }
            divergences.put(name, sum);
        });
        return divergences;
    }

    private static double[] shares(double[] values, double low, double high) {
        double[] shares = new double[BINS];
        Arrays.fill(shares, 1.0 / (values.length + BINS));
        for (double value : values) {
            int bin = (int) ((value - low) / (high - low) * BINS);
            shares[Math.max(0, Math.min(BINS - 1, bin))] += 1.0 / (values.length + BINS);
        }
        return shares;
    }
}
