package dev.understudy.environment;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Two hanging links, driven at the joint between them by -1, 0 or 1 Nm (actions 0, 1, 2), to be swung above the upper
 * end by one link's length: Sutton (1996) with the equations of his book, as in Gym's Acrobot. The state is theta1
 * (rad, 0 hanging down), theta2 (rad, relative to link 1) and their rates (rad/s). The reward is -1 for a step, and 0
 * for the one that gets there.
 */
final class Acrobot implements Motion {
    private static final double STEP_SECONDS = 0.2;
    private static final double MAX_RATE_1 = 4 * Math.PI;
    private static final double MAX_RATE_2 = 9 * Math.PI;
    private static final double START_RANGE = 0.1;

    private final Angles angles;

    /** How the two angles are observed. */
    enum Angles {
        /** In radians, from -pi to pi, as in Acrobot-v0 of 2016. */
        RAW,
        /** Each as its cosine and sine, as in Acrobot-v1. */
        COSINES_AND_SINES
    }

    Acrobot(Angles angles) {
        this.angles = angles;
    }

    @Override
    public List<String> observationNames() {
        return angles == Angles.RAW
                ? List.of("theta1", "theta2", "dtheta1", "dtheta2")
                : List.of("cos_theta1", "sin_theta1", "cos_theta2", "sin_theta2", "dtheta1", "dtheta2");
    }

    @Override
    public ActionSpace actions() {
        return new ActionSpace.Discrete(3);
    }

    @Override
    public int stateSize() {
        return 4;
    }

    @Override
    public void start(double[] states, int at, RandomGenerator random) {
        for (int i = at; i < at + 4; i++) {
            states[i] = random.nextDouble(-START_RANGE, START_RANGE);
        }
    }

    /** One classical Runge-Kutta step of 0.2 s with the torque held. Links of 1 m and 1 kg, moment of inertia 1. */
    @Override
    public double advance(double[] states, int at, float[] actions, int actionAt) {
        double torque = actions[actionAt] - 1;
        double t1 = states[at];
        double t2 = states[at + 1];
        double w1 = states[at + 2];
        double w2 = states[at + 3];
        double sumT1 = 0;
        double sumT2 = 0;
        double sumW1 = 0;
        double sumW2 = 0;
        for (int stage = 0; stage < 4; stage++) {
            double sin2 = Math.sin(t2);
            double cos2 = Math.cos(t2);
            double d1 = 3.5 + cos2;
            double d2 = 1.25 + 0.5 * cos2;
            double f2 = 4.9 * Math.sin(t1 + t2); // cos(t1 + t2 - pi/2)
            double f1 = -0.5 * w2 * w2 * sin2 - w2 * w1 * sin2 + 14.7 * Math.sin(t1) + f2;
            double a2 = (torque + d2 / d1 * f1 - 0.5 * w1 * w1 * sin2 - f2) / (1.25 - d2 * d2 / d1);
            double a1 = -(d2 * a2 + f1) / d1;
            double weight = stage == 0 || stage == 3 ? 1 : 2;
            sumT1 += weight * w1;
            sumT2 += weight * w2;
            sumW1 += weight * a1;
            sumW2 += weight * a2;
            double seconds = stage < 2 ? STEP_SECONDS / 2 : STEP_SECONDS;
            t1 = states[at] + seconds * w1;
            t2 = states[at + 1] + seconds * w2;
            w1 = states[at + 2] + seconds * a1;
            w2 = states[at + 3] + seconds * a2;
        }
        states[at] = wrap(states[at] + STEP_SECONDS / 6 * sumT1);
        states[at + 1] = wrap(states[at + 1] + STEP_SECONDS / 6 * sumT2);
        states[at + 2] = limit(states[at + 2] + STEP_SECONDS / 6 * sumW1, MAX_RATE_1);
        states[at + 3] = limit(states[at + 3] + STEP_SECONDS / 6 * sumW2, MAX_RATE_2);
        return isOver(states, at) ? 0 : -1;
    }

    private static double wrap(double angle) {
        double wrapped = angle;
        while (wrapped > Math.PI) {
            wrapped -= 2 * Math.PI;
        }
        while (wrapped < -Math.PI) {
            wrapped += 2 * Math.PI;
        }
        return wrapped;
    }

    private static double limit(double rate, double most) {
        return Math.max(-most, Math.min(most, rate));
    }

    @Override
    public boolean isOver(double[] states, int at) {
        return -Math.cos(states[at]) - Math.cos(states[at] + states[at + 1]) > 1;
    }

    @Override
    public boolean endIsGoal() {
        return true;
    }

    @Override
    public void observe(double[] states, int at, float[] observations, int observationAt) {
        int next = observationAt;
        for (int i = 0; i < 2; i++) {
            if (angles == Angles.RAW) {
                observations[next++] = (float) states[at + i];
            } else {
                observations[next++] = (float) Math.cos(states[at + i]);
                observations[next++] = (float) Math.sin(states[at + i]);
            }
        }
        observations[next++] = (float) states[at + 2];
        observations[next] = (float) states[at + 3];
    }
}
