package dev.understudy.driving;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lays the samples of one entity on a grid of 0.1 s, whatever rate they were taken at: the grid begins with the first
 * sample of an unbroken run, and a point of it that lies between two samples is the straight line between them. The
 * same for training and serving. Samples that are on the grid are their own points, bit for bit.
 *
 * <p>How long a sample may follow the one before without breaking the run depends on the rate of the log, the median of
 * its last {@value #REMEMBERED} intervals: up to 1.9 of them, at least 0.19 s (so that a 10 Hz log is not broken by
 * jitter, and is by a missing sample) and at most {@link FollowingMemory#BRIDGED_MS}. A log of fewer samples than one
 * each 0.33 s is too slow: a label compares the speeds 0.3 s before and after a step, and there would be points between
 * with no sample of their own on either side.
 *
 * <p>Mutable; not safe for use by several threads.
 */
public final class StepGrid {
    /** Longest usual interval between samples whose log can still be laid on the grid, ms. */
    public static final int SLOWEST_MS = 330;

    private static final int REMEMBERED = 9;
    /** Intervals that are needed before the rate counts as known; 10 Hz is assumed until then. */
    private static final int KNOWN = 5;
    /** What is longer is a hole in the log and says nothing of its rate, ms. */
    private static final int HOLE_MS = 60_000;
    /** Usual intervals from which on a log counts as slower than the grid, ms. */
    private static final int SLOW_MS = 150;

    private static final double MISSING_NONE = 1.9;

    private final int[] intervalsMs = new int[REMEMBERED];
    private int intervals;
    private String trip = "";
    private long offeredMs = Long.MIN_VALUE;
    private long nextMs = Long.MIN_VALUE;
    private int usualMs = CarFollowing.STEP_MS;

    /**
     * Takes note of when a sample was taken, usable or not, so that the rate of the log is known.
     *
     * @return whether the log shows only now to be slower than the grid, so that what came before was taken for steps
     */
    boolean arrive(FollowingSample sample) {
        boolean wasSlow = isSlow();
        if (!sample.trip().equals(trip)) {
            trip = sample.trip();
            intervals = 0;
            usualMs = CarFollowing.STEP_MS;
        } else {
            long interval = sample.timeMs() - offeredMs;
            if (interval > 0 && interval < HOLE_MS) {
                if (intervals == REMEMBERED) {
                    System.arraycopy(intervalsMs, 1, intervalsMs, 0, REMEMBERED - 1);
                    intervals--;
                }
                intervalsMs[intervals++] = (int) interval;
                usualMs = usual();
            }
        }
        offeredMs = sample.timeMs();
        return isSlow() && !wasSlow;
    }

    private int usual() {
        if (intervals < KNOWN) {
            return CarFollowing.STEP_MS;
        }
        int[] sorted = Arrays.copyOf(intervalsMs, intervals);
        Arrays.sort(sorted);
        return sorted[intervals / 2];
    }

    /** Returns whether the samples of the log are so far apart that steps of 0.1 s cannot be computed from them. */
    boolean isTooSlow() {
        return usualMs > SLOWEST_MS;
    }

    private boolean isSlow() {
        return usualMs > SLOW_MS;
    }

    /**
     * Returns whether a sample carries on the run of the one before it.
     *
     * @param previous the last usable sample; null if there was none
     */
    boolean joins(@Nullable FollowingSample previous, FollowingSample sample) {
        if (previous == null || !previous.trip().equals(sample.trip()) || nextMs <= previous.timeMs()) {
            return false;
        }
        double longest = Math.min(FollowingMemory.BRIDGED_MS, MISSING_NONE * Math.max(CarFollowing.STEP_MS, usualMs));
        return sample.timeMs() - previous.timeMs() <= longest;
    }

    /**
     * Returns the points of the grid after one sample and up to another, in order of time; there may be none. Each has
     * the names of {@code sample}, and its sequence. Where {@code sample} does not join, it is the first point of a new
     * grid.
     *
     * @param previous the last usable sample; null if there was none
     * @param joins what {@link #joins} says of the two
     */
    List<FollowingSample> points(@Nullable FollowingSample previous, FollowingSample sample, boolean joins) {
        if (!joins || previous == null) {
            nextMs = sample.timeMs() + CarFollowing.STEP_MS;
            return List.of(sample);
        }
        if (nextMs == sample.timeMs()) {
            nextMs += CarFollowing.STEP_MS;
            return List.of(sample);
        }
        List<FollowingSample> points = new ArrayList<>();
        for (; nextMs <= sample.timeMs(); nextMs += CarFollowing.STEP_MS) {
            points.add(between(previous, sample, nextMs));
        }
        return points;
    }

    /** Returns the time since the last point of the grid at a later time, seconds. */
    double secondsSincePoint(long timeMs) {
        return (timeMs - (nextMs - CarFollowing.STEP_MS)) / 1000.0;
    }

    /** Returns what lies on the straight line between two samples at a time, with the names of the later one. */
    static FollowingSample between(FollowingSample before, FollowingSample after, long timeMs) {
        if (timeMs == after.timeMs()) {
            return after;
        }
        double share = (double) (timeMs - before.timeMs()) / (after.timeMs() - before.timeMs());
        return new FollowingSample(
                after.vehicle(),
                after.trip(),
                after.sequence(),
                timeMs,
                after.actor(),
                after.label(),
                after.engaged(),
                line(before.speedMetersPerSecond(), after.speedMetersPerSecond(), share),
                line(before.gapMeters(), after.gapMeters(), share),
                line(before.leaderSpeedMetersPerSecond(), after.leaderSpeedMetersPerSecond(), share));
    }

    private static double line(double from, double to, double share) {
        return from + share * (to - from);
    }

    /** Returns how many bytes {@link #write} writes. */
    int bytes() {
        return 2 * Long.BYTES + 1 + Short.BYTES * intervals + Integer.BYTES + utf8().length;
    }

    private byte[] utf8() {
        return trip.getBytes(StandardCharsets.UTF_8);
    }

    /** Writes what is remembered; the version is that of the state around it. */
    void write(ByteBuffer out) {
        out.putLong(offeredMs).putLong(nextMs).put((byte) intervals);
        for (int i = 0; i < intervals; i++) {
            out.putShort((short) intervalsMs[i]);
        }
        byte[] name = utf8();
        out.putInt(name.length).put(name);
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws IllegalArgumentException if it is something else
     */
    static StepGrid read(ByteBuffer in) {
        StepGrid grid = new StepGrid();
        try {
            grid.offeredMs = in.getLong();
            grid.nextMs = in.getLong();
            grid.intervals = in.get();
            if (grid.intervals < 0 || grid.intervals > REMEMBERED) {
                throw new IllegalArgumentException(
                        "expected at most %d intervals of a step grid, got %d".formatted(REMEMBERED, grid.intervals));
            }
            for (int i = 0; i < grid.intervals; i++) {
                grid.intervalsMs[i] = Short.toUnsignedInt(in.getShort());
            }
            byte[] name = new byte[in.getInt()];
            in.get(name);
            grid.trip = new String(name, StandardCharsets.UTF_8);
        } catch (BufferUnderflowException | NegativeArraySizeException e) {
            throw new IllegalArgumentException("step grid ends early", e);
        }
        grid.usualMs = grid.usual();
        return grid;
    }
}
