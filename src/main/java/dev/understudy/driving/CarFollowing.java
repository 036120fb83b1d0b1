package dev.understudy.driving;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.environment.ActionSpace;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * The task of following the car in front: what a policy observes, what it does, and how one step leads to the next.
 *
 * <p>An observation has two parts. The first {@link #CONTEXT} numbers move with the traffic; the rest is the entity's
 * context (what this driver or car usually does), which changes only while the expert drives and is therefore constant
 * while a policy drives. In a demonstration the expert always drives, so there the context is as fresh as the rest; to
 * train for the closed loop, take the context from a step up to 60 s before and compute what depends on it anew. The
 * observation after a step is a closed-form function of the observation before it, the action and the leader's next
 * speed (with dt = 0.1 s; v own speed, g gap, l leader's speed, a the action):
 *
 * <pre>
 * v' = max(0, v + a dt)
 * g' = g + dt ((l + l') / 2 - (v + v') / 2)
 * r' = l' - v'
 * p' = k (p + (l' - l) / tau),  k = exp(-dt / tau)       for each filtered leader acceleration p with time constant tau
 * time gap' = g' / max(v', 2)
 * closing rate' = r' / max(g', 1)
 * gap error' = g' - s - T v'                             with s and T from the context
 * relative gap error' = gap error' / max(s + T v', 2)
 * </pre>
 *
 * <p>p is the derivative of the leader's speed behind a first-order low-pass filter: with m the filtered speed, m' = m
 * + (1 - k) (l' - m) and p = (l - m) / tau, so the filter's memory can be read from the observation itself.
 */
public final class CarFollowing {
    /** Name of the policy and key of its models. */
    public static final String POLICY = "driving/car-following";

    /** Length of an action: one acceleration. */
    public static final int ACTION_SIZE = 1;

    /** Lowest acceleration a policy may ask for, m/s^2. */
    public static final float MIN_ACCELERATION = -6f;

    /** Highest acceleration a policy may ask for, m/s^2. */
    public static final float MAX_ACCELERATION = 3f;

    /** Time between observations, milliseconds. */
    public static final int STEP_MS = 100;

    /** Time between observations, seconds. */
    public static final double STEP_SECONDS = 0.1;

    /** Index of own speed, m/s. */
    public static final int SPEED = 0;

    /** Index of the gap, m. */
    public static final int GAP = 1;

    /** Index of the relative speed, leader minus own, m/s. */
    public static final int RELATIVE_SPEED = 2;

    /** Index of the first filtered leader acceleration, m/s^2. */
    public static final int LEADER_ACCELERATION = 3;

    /** Time constants of the filtered leader accelerations, s; shortest first. */
    static final double[] LEADER_TIME_CONSTANTS = {0.5, 1.5, 4.0};

    /** Index of the time gap, s. */
    public static final int TIME_GAP = 6;

    /** Index of the relative speed over the gap, 1/s. */
    public static final int CLOSING_RATE = 7;

    /** Index of the gap minus the gap this entity usually keeps at this speed, m. */
    public static final int GAP_ERROR = 8;

    /** Index of the gap error over the usual gap. */
    public static final int RELATIVE_GAP_ERROR = 9;

    /** Index of the first number of the context; it and all that follow change only while the expert drives. */
    public static final int CONTEXT = 10;

    /** Index of the usual standstill gap s, m: intercept of gap over speed. */
    public static final int STANDSTILL_GAP = CONTEXT;

    /** Index of the usual time gap T, s: slope of gap over speed. */
    public static final int USUAL_TIME_GAP = CONTEXT + 1;

    /** What each number of an observation is, with its unit. */
    public static final List<String> OBSERVATION_NAMES = List.of(
            "own speed [m/s]",
            "gap [m]",
            "relative speed, leader minus own [m/s]",
            "leader acceleration behind 0.5 s [m/s^2]",
            "leader acceleration behind 1.5 s [m/s^2]",
            "leader acceleration behind 4 s [m/s^2]",
            "time gap [s]",
            "relative speed over gap [1/s]",
            "gap error [m]",
            "relative gap error [1]",
            "usual standstill gap [m]",
            "usual time gap [s]",
            "deviation from the usual gap [m]",
            "evidence for the usual gap, log(1 + weight) [1]",
            "mean gap over the usual gap, 30 s [m]",
            "standstill gap over 30 s [m]",
            "time gap over 30 s [s]",
            "response to relative speed [1/s]",
            "response to gap error [1/s^2]",
            "mean gap [m]",
            "mean speed [m/s]",
            "deviation of speed [m/s]",
            "highest speed [m/s]",
            "smallest gap [m]",
            "deviation of gap error [m]",
            "last gap error [m]",
            "root mean square acceleration [m/s^2]",
            "deviation of relative speed [m/s]");

    /** Rises whenever the featuriser computes another number for the same input. */
    private static final int FEATURISER_VERSION = 3;

    private static final double[] DECAY = new double[LEADER_TIME_CONSTANTS.length];

    static {
        for (int i = 0; i < DECAY.length; i++) {
            DECAY[i] = Math.exp(-STEP_SECONDS / LEADER_TIME_CONSTANTS[i]);
        }
    }

    private CarFollowing() {}

    /** Returns what can be done: one acceleration within its range. */
    static ActionSpace actions() {
        return new ActionSpace.Continuous(ACTION_SIZE, MIN_ACCELERATION, MAX_ACCELERATION);
    }

    /** Returns an assembler of the logs of one car. */
    public static Assembler<FollowingSample> assembler(Set<Actor> experts) {
        return new Assembler<>(new CarFollowingPolicy(), experts);
    }

    /** Returns the length of an observation. */
    public static int observationSize() {
        return OBSERVATION_NAMES.size();
    }

    /**
     * Returns 16 hexadecimal digits that change whenever observations or actions change their meaning: the start of the
     * SHA-256 of names, limits and the featuriser's version.
     */
    public static String fingerprint() {
        String text = String.join("\n", OBSERVATION_NAMES) + "\nversion " + FEATURISER_VERSION + "\naction ["
                + MIN_ACCELERATION + ", " + MAX_ACCELERATION + "] m/s^2\nstep " + STEP_MS + " ms";
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * Returns the weights of following at the entity's usual gap, for each number of an observation: acceleration =
     * 0.06 1/s^2 times the gap error + 0.4 1/s times the relative speed (of the gains 0.03, 0.3; 0.06, 0.4 and 0.1, 0.5
     * the best in closed loop on the OpenACC runs).
     */
    public static List<Float> law() {
        Float[] weights = new Float[observationSize()];
        Arrays.fill(weights, 0f);
        weights[GAP_ERROR] = 0.06f;
        weights[RELATIVE_SPEED] = 0.4f;
        return List.of(weights);
    }

    /**
     * Computes the observation one step later under an action, by the equations above.
     *
     * @param observation {@code [observationSize()]}
     * @param acceleration own acceleration over the step, m/s^2
     * @param nextLeaderSpeed the leader's speed after the step, m/s
     * @param nextObservation receives the result; may be {@code observation} itself
     */
    public static void next(float[] observation, float acceleration, float nextLeaderSpeed, float[] nextObservation) {
        next(observation, 0, acceleration, nextLeaderSpeed, nextObservation, 0);
    }

    /** The same for observations that start at an offset in their arrays. */
    public static void next(
            float[] observation,
            int offset,
            float acceleration,
            float nextLeaderSpeed,
            float[] nextObservation,
            int nextOffset) {
        double speed = observation[offset + SPEED];
        double leaderSpeed = speed + observation[offset + RELATIVE_SPEED];
        double nextSpeed = Math.max(0, speed + acceleration * STEP_SECONDS);
        double nextGap = observation[offset + GAP]
                + STEP_SECONDS * ((leaderSpeed + nextLeaderSpeed) / 2 - (speed + nextSpeed) / 2);
        for (int i = 0; i < DECAY.length; i++) {
            double filtered = observation[offset + LEADER_ACCELERATION + i];
            nextObservation[nextOffset + LEADER_ACCELERATION + i] =
                    (float) (DECAY[i] * (filtered + (nextLeaderSpeed - leaderSpeed) / LEADER_TIME_CONSTANTS[i]));
        }
        int context = observationSize() - CONTEXT;
        System.arraycopy(observation, offset + CONTEXT, nextObservation, nextOffset + CONTEXT, context);
        moving(nextSpeed, nextGap, nextLeaderSpeed, nextObservation, nextOffset);
    }

    /** Fills what follows from speed, gap, leader's speed and the context alone; the context must be there already. */
    static void moving(double speed, double gap, double leaderSpeed, float[] observation, int offset) {
        double usual = observation[offset + STANDSTILL_GAP] + observation[offset + USUAL_TIME_GAP] * speed;
        double relative = leaderSpeed - speed;
        observation[offset + SPEED] = (float) speed;
        observation[offset + GAP] = (float) gap;
        observation[offset + RELATIVE_SPEED] = (float) relative;
        observation[offset + TIME_GAP] = (float) (gap / Math.max(speed, 2));
        observation[offset + CLOSING_RATE] = (float) (relative / Math.max(gap, 1));
        observation[offset + GAP_ERROR] = (float) (gap - usual);
        observation[offset + RELATIVE_GAP_ERROR] = (float) ((gap - usual) / Math.max(usual, 2));
    }

    /** Returns exp(-dt / tau) of filter {@code i}. */
    static double decay(int i) {
        return DECAY[i];
    }
}
