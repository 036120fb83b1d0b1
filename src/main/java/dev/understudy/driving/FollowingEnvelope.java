package dev.understudy.driving;

import dev.understudy.domain.Envelope;
import org.jspecify.annotations.Nullable;

/**
 * The last step after any policy, independent of it: the action must be finite, in range, not jump, and leave the car
 * able to stop behind its leader. An action outside is replaced, and the verdict says so and why.
 *
 * <p>The safe speed is that of Gipps (1981), Transportation Research Part B 15, 105, without reaction time beyond one
 * step: after the next step, in which the leader brakes with b, own braking with b must still stop the car at least
 * {@link #MIN_GAP} behind the leader, which goes on braking with b. With l' = max(0, l - b dt) and R = g - MIN_GAP + dt
 * (l + l') / 2 + l'^2 / (2 b) - dt v / 2:
 *
 * <pre>
 * v' = -b dt / 2 + sqrt((b dt / 2)^2 + 2 b R)
 * </pre>
 *
 * <p>So a state that is safe stays safe while the leader brakes no harder than b, whatever the policy asks for.
 */
public final class FollowingEnvelope implements Envelope<FollowingSample> {
    private static final long serialVersionUID = 1L;

    /** What became of an action. */
    public sealed interface Verdict {
        /** Returns the action to carry out, m/s^2. */
        float acceleration();

        /** Returns whether the policy's own action is carried out. */
        boolean passed();
    }

    /** The action may be carried out as it is. */
    public record Passed(float acceleration) implements Verdict {
        @Override
        public boolean passed() {
            return true;
        }
    }

    /** Another action takes the policy's place. */
    public record Fallback(float acceleration, Reason reason) implements Verdict {
        @Override
        public boolean passed() {
            return false;
        }
    }

    /** Why an action was replaced. */
    public enum Reason {
        /** It is NaN or infinite. */
        NOT_FINITE,
        /** It is outside {@link CarFollowing#MIN_ACCELERATION} to {@link CarFollowing#MAX_ACCELERATION}. */
        OUT_OF_RANGE,
        /** It differs from the action before by more than time allows. */
        TOO_SUDDEN,
        /** It would leave too little room to stop. */
        UNSAFE
    }

    /** Deceleration b that the leader is trusted not to exceed and that the car itself can reach, m/s^2. */
    public static final double BRAKING = -CarFollowing.MIN_ACCELERATION;

    /** Distance to the leader at which the car must be able to come to a stop, m. */
    public static final double MIN_GAP = 0.5;

    /** Fastest change of the action, m/s^3. */
    public static final double MAX_JERK = 30;

    /** Tolerance for what rounding does to an action on the edge of what is allowed, m/s^2. */
    private static final float ROUNDING = 1e-3f;

    private final IntelligentDriverModel careful = new IntelligentDriverModel(35, 1.5, 3, 1, 1.5);

    @Override
    public @Nullable String judge(FollowingSample sample, float[] action, float[] previous, long millisSincePrevious) {
        Verdict verdict = apply(
                action,
                sample.speedMetersPerSecond(),
                sample.gapMeters(),
                sample.leaderSpeedMetersPerSecond(),
                previous[0],
                millisSincePrevious);
        action[0] = verdict.acceleration();
        return verdict instanceof Fallback fallback ? fallback.reason().name() : null;
    }

    @Override
    public void fallback(FollowingSample sample, float[] action) {
        action[0] = fallbackAcceleration(
                sample.speedMetersPerSecond(), sample.gapMeters(), sample.leaderSpeedMetersPerSecond());
    }

    /**
     * Judges an action.
     *
     * @param action the policy's action, {@code [1]}, m/s^2
     * @param speed own speed, m/s
     * @param gap gap to the leader, m
     * @param leaderSpeed the leader's speed, m/s
     * @param previousAction what was carried out before, m/s^2; NaN if there was nothing
     * @param millisSincePrevious event time since then, milliseconds
     */
    public Verdict apply(
            float[] action,
            double speed,
            double gap,
            double leaderSpeed,
            double previousAction,
            long millisSincePrevious) {
        float wanted = action[0];
        if (!Float.isFinite(wanted)) {
            return fallback(speed, gap, leaderSpeed, Reason.NOT_FINITE);
        }
        if (wanted < CarFollowing.MIN_ACCELERATION - ROUNDING || wanted > CarFollowing.MAX_ACCELERATION + ROUNDING) {
            return fallback(speed, gap, leaderSpeed, Reason.OUT_OF_RANGE);
        }
        double change = MAX_JERK * Math.max(millisSincePrevious, CarFollowing.STEP_MS) / 1000;
        if (Math.abs(wanted - previousAction) > change) {
            return fallback(speed, gap, leaderSpeed, Reason.TOO_SUDDEN);
        }
        // Written so that a measurement that is NaN counts as unsafe.
        double allowed = Math.max(CarFollowing.MIN_ACCELERATION, safeAcceleration(speed, gap, leaderSpeed));
        if (!(wanted <= allowed + ROUNDING)) {
            return fallback(speed, gap, leaderSpeed, Reason.UNSAFE);
        }
        return new Passed(wanted);
    }

    /**
     * Returns a labelled action for when there is no policy's action to judge: careful following by the Intelligent
     * Driver Model, or as much braking as is needed.
     */
    public Fallback fallback(double speed, double gap, double leaderSpeed, Reason reason) {
        return new Fallback(fallbackAcceleration(speed, gap, leaderSpeed), reason);
    }

    /** Returns the acceleration of {@link #fallback}, m/s^2; 0 where a measurement is not finite. */
    public float fallbackAcceleration(double speed, double gap, double leaderSpeed) {
        if (!Double.isFinite(speed) || !Double.isFinite(gap) || !Double.isFinite(leaderSpeed)) {
            return 0;
        }
        double calm =
                Math.min(careful.acceleration(speed, gap, leaderSpeed), safeAcceleration(speed, gap, leaderSpeed));
        return (float) Math.max(CarFollowing.MIN_ACCELERATION, Math.min(CarFollowing.MAX_ACCELERATION, calm));
    }

    /** Returns the highest acceleration over the next step that keeps the state safe, m/s^2; may be out of range. */
    static double safeAcceleration(double speed, double gap, double leaderSpeed) {
        double dt = CarFollowing.STEP_SECONDS;
        double leaderNext = Math.max(0, leaderSpeed - BRAKING * dt);
        double room = gap
                - MIN_GAP
                + dt * (leaderSpeed + leaderNext) / 2
                + leaderNext * leaderNext / (2 * BRAKING)
                - dt * speed / 2;
        double half = BRAKING * dt / 2;
        double underRoot = half * half + 2 * BRAKING * room;
        double safeSpeed = underRoot <= half * half ? 0 : Math.sqrt(underRoot) - half;
        return (safeSpeed - speed) / dt;
    }
}
