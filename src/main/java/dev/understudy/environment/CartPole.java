package dev.understudy.environment;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A pole hinged on a cart that is pushed left (0) or right (1), to be kept upright: Barto, Sutton and Anderson (1983),
 * as in Gym's CartPole-v0 and -v1. State and observation are x (m), its rate (m/s), theta (rad, 0 upright) and its rate
 * (rad/s). Ends when |x| &gt; 2.4 m or |theta| &gt; 12 degrees; the reward is 1 for every step, the last included.
 */
final class CartPole implements Motion {
    private static final double GRAVITY = 9.8;
    private static final double TOTAL_MASS = 1.1;
    private static final double POLE_MASS = 0.1;
    private static final double HALF_LENGTH = 0.5;
    private static final double POLE_MOMENT = POLE_MASS * HALF_LENGTH;
    private static final double FORCE = 10;
    private static final double STEP_SECONDS = 0.02;
    private static final double MAX_X = 2.4;
    private static final double MAX_THETA = 12 * 2 * Math.PI / 360;
    private static final double START_RANGE = 0.05;

    @Override
    public List<String> observationNames() {
        return List.of("x", "x_dot", "theta", "theta_dot");
    }

    @Override
    public ActionSpace actions() {
        return new ActionSpace.Discrete(2);
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

    @Override
    public double advance(double[] states, int at, float[] actions, int actionAt) {
        double speed = states[at + 1];
        double theta = states[at + 2];
        double rate = states[at + 3];
        double force = actions[actionAt] == 1f ? FORCE : -FORCE;
        double sin = Math.sin(theta);
        double cos = Math.cos(theta);
        double q = (force + POLE_MOMENT * rate * rate * sin) / TOTAL_MASS;
        double thetaAcceleration =
                (GRAVITY * sin - q * cos) / (HALF_LENGTH * (4.0 / 3.0 - POLE_MASS * cos * cos / TOTAL_MASS));
        double acceleration = q - POLE_MOMENT * thetaAcceleration * cos / TOTAL_MASS;
        states[at] += STEP_SECONDS * speed;
        states[at + 1] = speed + STEP_SECONDS * acceleration;
        states[at + 2] = theta + STEP_SECONDS * rate;
        states[at + 3] = rate + STEP_SECONDS * thetaAcceleration;
        return 1;
    }

    @Override
    public boolean isOver(double[] states, int at) {
        return Math.abs(states[at]) > MAX_X || Math.abs(states[at + 2]) > MAX_THETA;
    }

    @Override
    public boolean endIsGoal() {
        return false;
    }

    @Override
    public void observe(double[] states, int at, float[] observations, int observationAt) {
        for (int i = 0; i < 4; i++) {
            observations[observationAt + i] = (float) states[at + i];
        }
    }
}
