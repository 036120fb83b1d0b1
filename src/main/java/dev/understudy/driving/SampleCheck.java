package dev.understudy.driving;

import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.Refusal;
import org.jspecify.annotations.Nullable;

/**
 * Checks whether a measurement is one of a car that follows another; the same for training and serving. After a hole of
 * more than three samples nothing is compared with what was before.
 */
public final class SampleCheck {
    /** Smallest gap that is believed, m. */
    public static final double MIN_GAP = 0.5;

    /** Largest gap over which a car still follows, m. */
    public static final double MAX_GAP = 100;

    /** Speeds below zero by no more than this are noise around standstill, m/s. */
    public static final double SPEED_NOISE = 0.5;

    /** Highest speed that is believed, m/s. */
    public static final double MAX_SPEED = 70;

    /** Largest change of a speed in 0.1 s, m/s. */
    public static final double MAX_SPEED_CHANGE = 0.6;

    /** Largest change of the gap in 0.1 s beyond what the speeds explain, m. */
    public static final double MAX_GAP_CHANGE = 1.5;

    private SampleCheck() {}

    /**
     * Returns why a sample cannot be used, null if it can.
     *
     * @param previous the last sample of this entity that passed; null if there was none
     */
    public static @Nullable Refusal check(@Nullable FollowingSample previous, FollowingSample sample) {
        double speed = sample.speedMetersPerSecond();
        double gap = sample.gapMeters();
        double leaderSpeed = sample.leaderSpeedMetersPerSecond();
        Refusal refusal = byItself(speed, gap, leaderSpeed);
        return refusal != null || previous == null || !previous.trip().equals(sample.trip())
                ? refusal
                : after(previous, sample, speed, gap, leaderSpeed);
    }

    private static @Nullable Refusal byItself(double speed, double gap, double leaderSpeed) {
        if (Double.isNaN(speed)) {
            return RejectReason.MISSING_SPEED;
        }
        if (Double.isNaN(gap)) {
            return RejectReason.MISSING_GAP;
        }
        if (Double.isNaN(leaderSpeed)) {
            return RejectReason.MISSING_LEADER;
        }
        if (Double.isInfinite(speed) || Double.isInfinite(gap) || Double.isInfinite(leaderSpeed)) {
            return RejectReason.NON_FINITE;
        }
        if (gap < 0) {
            return RejectReason.NEGATIVE_GAP;
        }
        if (gap < MIN_GAP) {
            return RejectReason.SUSPECT_GAP;
        }
        if (gap > MAX_GAP) {
            return RejectReason.NOT_FOLLOWING;
        }
        if (Math.min(speed, leaderSpeed) < -SPEED_NOISE || Math.max(speed, leaderSpeed) > MAX_SPEED) {
            return RejectReason.SPEED_OUT_OF_RANGE;
        }
        return null;
    }

    private static @Nullable Refusal after(
            FollowingSample previous, FollowingSample sample, double speed, double gap, double leaderSpeed) {
        long later = sample.timeMs() - previous.timeMs();
        if (later <= 0) {
            return GeneralRefusal.OUT_OF_STEP;
        }
        if (later > FollowingMemory.BRIDGED_MS) {
            return null;
        }
        long steps = Math.max(1, Math.round((double) later / CarFollowing.STEP_MS));
        double previousSpeed = previous.speedMetersPerSecond();
        double previousLeader = previous.leaderSpeedMetersPerSecond();
        double change = Math.max(Math.abs(speed - previousSpeed), Math.abs(leaderSpeed - previousLeader));
        if (change > steps * MAX_SPEED_CHANGE) {
            return RejectReason.SPEED_JUMP;
        }
        double explained = (double) later
                / CarFollowing.STEP_MS
                * CarFollowing.STEP_SECONDS
                * (leaderSpeed + previousLeader - speed - previousSpeed)
                / 2;
        if (Math.abs(gap - previous.gapMeters() - explained) > steps * MAX_GAP_CHANGE) {
            return RejectReason.GAP_JUMP;
        }
        return null;
    }
}
