package dev.understudy.driving;

import static dev.understudy.driving.CarFollowing.CONTEXT;
import static dev.understudy.driving.CarFollowing.LEADER_ACCELERATION;
import static dev.understudy.driving.CarFollowing.LEADER_TIME_CONSTANTS;
import static dev.understudy.driving.CarFollowing.STEP_SECONDS;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Turns measurements into observations: the one featuriser for training, serving and the closed loop.
 *
 * <p>What it remembers of an entity is a flat array of floats that the caller keeps, {@code [MEMORY_SIZE]}. Use one
 * memory per entity; call {@link #arrive} and then {@link #observe} for each measurement that {@link SampleCheck} lets
 * through, in order of time, 0.1 s apart.
 *
 * <p>The context is made of exponentially weighted sums over what the entity did while the expert drove (time constant
 * 30 s, without bias towards zero at the start), and of a least-squares line of gap over speed through them, pulled
 * towards 4 m + 1.3 s as long as there is little to go by; steady following counts more in it than closing in.
 */
public final class FollowingFeaturiser {
    /** Length of an entity's memory. */
    public static final int MEMORY_SIZE = 24;

    /** Samples in a row that are needed before the filters mean something. */
    static final int MIN_HISTORY = 10;

    /** Samples by the expert that are needed before the context means something. */
    static final int MIN_CONTEXT = 100;

    private static final double CONTEXT_DECAY = Math.exp(-STEP_SECONDS / 30);
    private static final double RECENT_DECAY = Math.exp(-STEP_SECONDS / 3);
    private static final double PRIOR_STANDSTILL_GAP = 4;
    private static final double PRIOR_TIME_GAP = 1.3;
    private static final double PRIOR_WEIGHT_STANDSTILL = 15;
    private static final double PRIOR_WEIGHT_SLOPE = 1500;

    private static final int HISTORY = 0;
    private static final int LEADER = 1;
    private static final int OWN = 4;
    private static final int COUNT = 5;
    private static final int SUMS = 6;
    private static final int RECENT_ERROR = 23;

    private FollowingFeaturiser() {}

    /** Returns the memory of an entity that nothing is known of. */
    public static float[] newMemory() {
        return new float[MEMORY_SIZE];
    }

    /**
     * Prepares the memory for a measurement, by what came before it: another trip starts afresh, a hole in time breaks
     * the short history and keeps the context.
     *
     * @param previousTrip trip of the last measurement that was observed, null if there was none
     * @param previousTimeMs its event time
     */
    public static void arrive(
            float[] memory, @Nullable String previousTrip, long previousTimeMs, String trip, long timeMs) {
        if (previousTrip == null || !previousTrip.equals(trip)) {
            Arrays.fill(memory, 0);
        } else if (!follows(previousTimeMs, timeMs)) {
            breakHistory(memory);
        }
    }

    /** Returns whether a measurement is the one directly after another: 0.1 s later, give or take 0.03 s. */
    public static boolean follows(long previousTimeMs, long timeMs) {
        return Math.abs(timeMs - previousTimeMs - CarFollowing.STEP_MS) <= 30;
    }

    /** Forgets the short history, as after a hole in time, and keeps the context. */
    public static void breakHistory(float[] memory) {
        memory[HISTORY] = 0;
    }

    /**
     * Takes one measurement into the memory and writes the observation.
     *
     * @param memory the entity's memory, changed in place
     * @param measuredSpeed own speed, m/s; below zero counts as standing
     * @param gap gap to the leader, m
     * @param measuredLeaderSpeed the leader's speed, m/s; below zero counts as standing
     * @param expertDrives whether an expert drives, so that the context may learn from it
     * @param observation receives {@link CarFollowing#observationSize} numbers from {@code offset} on
     * @return false while the memory is too short; the observation must then not be used
     */
    public static boolean observe(
            float[] memory,
            double measuredSpeed,
            double gap,
            double measuredLeaderSpeed,
            boolean expertDrives,
            float[] observation,
            int offset) {
        double speed = Math.max(0, measuredSpeed);
        double leaderSpeed = Math.max(0, measuredLeaderSpeed);
        if (memory.length != MEMORY_SIZE) {
            throw new IllegalArgumentException(
                    "expected a memory of %d numbers, got %d".formatted(MEMORY_SIZE, memory.length));
        }
        boolean first = memory[HISTORY] == 0;
        for (int i = 0; i < LEADER_TIME_CONSTANTS.length; i++) {
            double mean = first ? leaderSpeed : memory[LEADER + i];
            mean += (1 - CarFollowing.decay(i)) * (leaderSpeed - mean);
            memory[LEADER + i] = (float) mean;
            observation[offset + LEADER_ACCELERATION + i] = (float) ((leaderSpeed - mean) / LEADER_TIME_CONSTANTS[i]);
        }
        double own = first ? speed : memory[OWN];
        own += (1 - CarFollowing.decay(0)) * (speed - own);
        memory[OWN] = (float) own;
        memory[HISTORY] = Math.min(memory[HISTORY] + 1, MIN_HISTORY);
        if (expertDrives) {
            learn(memory, speed, gap, leaderSpeed - speed, (speed - own) / LEADER_TIME_CONSTANTS[0]);
        }
        context(memory, observation, offset + CONTEXT);
        CarFollowing.moving(speed, gap, leaderSpeed, observation, offset);
        return memory[HISTORY] >= MIN_HISTORY && memory[COUNT] >= MIN_CONTEXT;
    }

    /** Adds one sample of the expert's driving to the sums of the context. */
    private static void learn(float[] memory, double speed, double gap, double relative, double acceleration) {
        double steady = 1 / (1 + relative * relative);
        double[] terms = {
            1,
            gap,
            gap / Math.max(speed, 2),
            speed,
            speed * speed,
            relative * relative,
            acceleration * acceleration,
            gap * gap,
            gap * speed,
            steady,
            steady * speed,
            steady * speed * speed,
            steady * gap,
            steady * gap * speed
        };
        for (int i = 0; i < terms.length; i++) {
            memory[SUMS + i] = (float) (CONTEXT_DECAY * memory[SUMS + i] + terms[i]);
        }
        memory[COUNT] = Math.min(memory[COUNT] + 1, MIN_CONTEXT);
        double error = gap - standstillGap(memory) - timeGap(memory) * speed;
        memory[RECENT_ERROR] = (float) (memory[RECENT_ERROR] * RECENT_DECAY + (1 - RECENT_DECAY) * error);
    }

    private static double determinant(float[] memory) {
        double a = memory[SUMS + 9] + PRIOR_WEIGHT_STANDSTILL;
        double c = memory[SUMS + 11] + PRIOR_WEIGHT_SLOPE;
        return a * c - (double) memory[SUMS + 10] * memory[SUMS + 10];
    }

    private static double standstillGap(float[] memory) {
        double gaps = memory[SUMS + 12] + PRIOR_WEIGHT_STANDSTILL * PRIOR_STANDSTILL_GAP;
        double products = memory[SUMS + 13] + PRIOR_WEIGHT_SLOPE * PRIOR_TIME_GAP;
        double squares = memory[SUMS + 11] + PRIOR_WEIGHT_SLOPE;
        return (squares * gaps - memory[SUMS + 10] * products) / determinant(memory);
    }

    private static double timeGap(float[] memory) {
        double gaps = memory[SUMS + 12] + PRIOR_WEIGHT_STANDSTILL * PRIOR_STANDSTILL_GAP;
        double products = memory[SUMS + 13] + PRIOR_WEIGHT_SLOPE * PRIOR_TIME_GAP;
        double weights = memory[SUMS + 9] + PRIOR_WEIGHT_STANDSTILL;
        return (weights * products - memory[SUMS + 10] * gaps) / determinant(memory);
    }

    private static void context(float[] memory, float[] observation, int at) {
        double weight = Math.max(memory[SUMS], 1);
        double gap = memory[SUMS + 1] / weight;
        double speed = memory[SUMS + 3] / weight;
        double speedSquared = memory[SUMS + 4] / weight;
        double s = standstillGap(memory);
        double t = timeGap(memory);
        // mean of (g - s - T v)^2, multiplied out
        double errorSquared = memory[SUMS + 7] / weight
                + s * s
                + t * t * speedSquared
                - 2 * s * gap
                - 2 * t * memory[SUMS + 8] / weight
                + 2 * s * t * speed;
        observation[at] = (float) s;
        observation[at + 1] = (float) t;
        observation[at + 2] = (float) gap;
        observation[at + 3] = (float) (memory[SUMS + 2] / weight);
        observation[at + 4] = (float) speed;
        observation[at + 5] = (float) Math.sqrt(Math.max(0, speedSquared - speed * speed));
        observation[at + 6] = (float) Math.sqrt(Math.max(0, errorSquared));
        observation[at + 7] = memory[RECENT_ERROR];
        observation[at + 8] = (float) Math.sqrt(memory[SUMS + 5] / weight);
        observation[at + 9] = (float) Math.sqrt(memory[SUMS + 6] / weight);
    }
}
