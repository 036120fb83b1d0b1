package dev.understudy.driving;

import static dev.understudy.driving.CarFollowing.CONTEXT;
import static dev.understudy.driving.CarFollowing.LEADER_ACCELERATION;
import static dev.understudy.driving.CarFollowing.LEADER_TIME_CONSTANTS;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of a car, and how that and a measurement become an observation; {@link FollowingFeaturiser} says
 * when.
 *
 * <p>What it remembers of an entity is a flat array of floats that the caller keeps, {@code [MEMORY_SIZE]}. Use one
 * memory per entity; call {@link #arrive} and then {@link #observe} for each measurement that {@link SampleCheck} lets
 * through, in order of time, 0.1 s apart.
 *
 * <p>The context describes how the expert drove, sampled every 0.5 s: the usual gap over this trip and earlier ones of
 * the same setting (UsualGap), and of the last 30 s, with v own speed, g the gap, r the leader's minus own speed, w = 1
 * / (1 + r^2), and sums over the samples,
 *
 * <ul>
 *   <li>standstill gap s and time gap T: the least-squares line g = s + T v weighted by w, so that steady following
 *       counts more than closing in, pulled towards 4 m and 1.3 s by priors of weight 3 and 300;
 *   <li>responses k, c: the least-squares fit of the mean acceleration over the next 0.5 s by k r + c e, with the gap
 *       error e = g - s - T v, pulled towards 0.4 1/s and 0.03 1/s^2;
 *   <li>means, deviations and extremes as named in {@link CarFollowing#OBSERVATION_NAMES}.
 * </ul>
 */
public final class FollowingMemory {
    /** Samples in a row that are needed before the filters mean something. */
    static final int MIN_HISTORY = 10;

    /** Samples of the context, 0.5 s apart, that are needed before it means something. */
    static final int MIN_CONTEXT = 20;

    /** Longest time between two samples over which the short history holds: up to three samples are missing, ms. */
    static final int BRIDGED_MS = 430;

    private static final int CONTEXT_SAMPLES = 60;
    private static final int MEAN_GAP = 4;
    private static final int MEAN_SPEED = 5;
    private static final int EVERY = 5;

    // Where things are in the memory.
    private static final int HISTORY = 0;
    private static final int LEADER = 1;
    private static final int PHASE = 4;
    private static final int COUNT = 5;
    private static final int NEXT = 6;
    private static final int LINKED = 7;
    private static final int CACHED = 8;
    private static final int RECENT = CACHED + 5;
    private static final int USUAL = CACHED + CarFollowing.OBSERVATION_NAMES.size() - CONTEXT;
    private static final int RING = USUAL + UsualGap.SIZE;

    /** Length of an entity's memory. */
    public static final int MEMORY_SIZE = RING + FollowingContext.WIDTH * CONTEXT_SAMPLES;

    private FollowingMemory() {}

    /** Returns the memory of an entity that nothing is known of. */
    public static float[] newMemory() {
        return new float[MEMORY_SIZE];
    }

    /**
     * Prepares the memory for a measurement, by what came before it: another trip keeps nothing but the usual gap of
     * each setting; a hole in time of more than {@link #BRIDGED_MS} breaks the short history and keeps the context.
     *
     * @param previousTrip trip of the last measurement that was observed, null if there was none
     * @param previousTimeMs its event time
     * @param sample the measurement
     */
    public static void arrive(
            float[] memory, @Nullable String previousTrip, long previousTimeMs, FollowingSample sample) {
        boolean anotherTrip = previousTrip == null || !previousTrip.equals(sample.trip());
        if (anotherTrip) {
            Arrays.fill(memory, 0, USUAL, 0);
            Arrays.fill(memory, RING, MEMORY_SIZE, 0);
        } else if (sample.timeMs() - previousTimeMs > BRIDGED_MS) {
            breakHistory(memory);
        }
        if (anotherTrip || !UsualGap.isOf(memory, USUAL, sample.label())) {
            UsualGap.begin(memory, USUAL, sample.label());
            describeUsual(memory);
        }
    }

    /** Forgets the short history, as after a hole in time, and keeps the context. */
    public static void breakHistory(float[] memory) {
        memory[HISTORY] = 0;
        unlink(memory);
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
        memory[HISTORY] = Math.min(memory[HISTORY] + 1, MIN_HISTORY);
        if (expertDrives) {
            learn(memory, speed, gap, leaderSpeed - speed);
        } else {
            unlink(memory);
        }
        System.arraycopy(memory, CACHED, observation, offset + CONTEXT, USUAL - CACHED);
        CarFollowing.moving(speed, gap, leaderSpeed, observation, offset);
        return memory[HISTORY] >= MIN_HISTORY && memory[COUNT] >= MIN_CONTEXT;
    }

    /**
     * Writes the observation of a measurement between two steps, without taking it into the memory: the filters have
     * gone on for a part of a step.
     *
     * @param memory the entity's memory after the last step
     * @param sinceStep time since the last step, s; above 0
     * @return false while the memory is too short; the observation must then not be used
     */
    public static boolean observeBetween(
            float[] memory,
            double sinceStep,
            double measuredSpeed,
            double gap,
            double measuredLeaderSpeed,
            float[] observation,
            int offset) {
        double speed = Math.max(0, measuredSpeed);
        double leaderSpeed = Math.max(0, measuredLeaderSpeed);
        for (int i = 0; i < LEADER_TIME_CONSTANTS.length; i++) {
            double mean = memory[HISTORY] == 0 ? leaderSpeed : memory[LEADER + i];
            mean += (1 - Math.exp(-sinceStep / LEADER_TIME_CONSTANTS[i])) * (leaderSpeed - mean);
            observation[offset + LEADER_ACCELERATION + i] = (float) ((leaderSpeed - mean) / LEADER_TIME_CONSTANTS[i]);
        }
        System.arraycopy(memory, CACHED, observation, offset + CONTEXT, USUAL - CACHED);
        CarFollowing.moving(speed, gap, leaderSpeed, observation, offset);
        return memory[HISTORY] >= MIN_HISTORY && memory[COUNT] >= MIN_CONTEXT;
    }

    /**
     * Makes the next sample of the context the first of a run, so that no acceleration is computed across the break.
     */
    private static void unlink(float[] memory) {
        memory[PHASE] = 0;
        memory[LINKED] = 0;
    }

    /** Adds every fifth sample of the expert's driving to the ring, and brings the context up to date. */
    private static void learn(float[] memory, double speed, double gap, double relative) {
        int phase = (int) memory[PHASE];
        memory[PHASE] = (phase + 1) % EVERY;
        if (phase != 0) {
            return;
        }
        int at = RING + FollowingContext.WIDTH * (int) memory[NEXT];
        memory[at] = (float) speed;
        memory[at + 1] = (float) gap;
        memory[at + 2] = (float) relative;
        memory[at + 3] = memory[LINKED];
        memory[LINKED] = 1;
        memory[NEXT] = (memory[NEXT] + 1) % CONTEXT_SAMPLES;
        memory[COUNT] = Math.min(memory[COUNT] + 1, CONTEXT_SAMPLES);
        FollowingContext.describe(memory, RING, (int) memory[COUNT], (int) memory[NEXT], CONTEXT_SAMPLES, RECENT);
        UsualGap.add(memory, USUAL, speed, gap, relative);
        describeUsual(memory);
    }

    /** Brings the usual gap of the setting in force into the context. */
    private static void describeUsual(float[] memory) {
        UsualGap.Line usual = UsualGap.line(memory, USUAL);
        memory[CACHED] = (float) usual.standstillGap();
        memory[CACHED + 1] = (float) usual.timeGap();
        memory[CACHED + 2] = (float) usual.deviation();
        memory[CACHED + 3] = (float) Math.log1p(usual.weight());
        memory[CACHED + 4] = (float)
                (memory[RECENT + MEAN_GAP] - usual.standstillGap() - usual.timeGap() * memory[RECENT + MEAN_SPEED]);
    }
}
