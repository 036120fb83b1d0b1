package dev.understudy.environment;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A pendulum to be swung up and held with a torque of -2 to 2 Nm, as in Gym's Pendulum (g = 10 m/s^2, 1 kg, 1 m unless
 * asked otherwise, steps of 0.05 s). The state is theta (rad, 0 upright, not wrapped) and its rate (rad/s); the
 * observation has theta's cosine and sine. Never ends; the reward is -(theta^2 + 0.1 rate^2 + 0.001 torque^2) of before
 * the step, with theta taken from -pi to pi.
 */
final class Pendulum implements Motion {
    private static final double GRAVITY = 10;
    private static final double STEP_SECONDS = 0.05;
    private static final float MAX_TORQUE = 2;
    private static final double MAX_RATE = 8;

    /** When the rate is limited to 8 rad/s. */
    enum Limit {
        /** After the angle has moved by it, as in Pendulum-v0. */
        AFTER_MOVING,
        /** Before the angle moves by it, as in Pendulum-v1. */
        BEFORE_MOVING
    }

    private final Limit limit;
    private final double massKg;
    private final double lengthMeters;

    Pendulum(Limit limit) {
        this(limit, 1, 1);
    }

    Pendulum(Limit limit, double massKg, double lengthMeters) {
        this.limit = limit;
        this.massKg = massKg;
        this.lengthMeters = lengthMeters;
    }

    @Override
    public List<String> observationNames() {
        return List.of("cos_theta", "sin_theta", "theta_dot");
    }

    @Override
    public ActionSpace actions() {
        return new ActionSpace.Continuous(1, -MAX_TORQUE, MAX_TORQUE);
    }

    @Override
    public int stateSize() {
        return 2;
    }

    @Override
    public void start(double[] states, int at, RandomGenerator random) {
        states[at] = random.nextDouble(-Math.PI, Math.PI);
        states[at + 1] = random.nextDouble(-1, 1);
    }

    @Override
    public double advance(double[] states, int at, float[] actions, int actionAt) {
        double theta = states[at];
        double rate = states[at + 1];
        double torque = Math.max(-MAX_TORQUE, Math.min(MAX_TORQUE, actions[actionAt]));
        double wrapped = theta - 2 * Math.PI * Math.floor((theta + Math.PI) / (2 * Math.PI));
        double cost = wrapped * wrapped + 0.1 * rate * rate + 0.001 * torque * torque;
        double pulled = 1.5 * GRAVITY / lengthMeters * Math.sin(theta);
        double turned = 3 / (massKg * lengthMeters * lengthMeters) * torque;
        double next = rate + (pulled + turned) * STEP_SECONDS;
        double limited = Math.max(-MAX_RATE, Math.min(MAX_RATE, next));
        states[at] = theta + (limit == Limit.BEFORE_MOVING ? limited : next) * STEP_SECONDS;
        states[at + 1] = limited;
        return -cost;
    }

    @Override
    public boolean isOver(double[] states, int at) {
        return false;
    }

    @Override
    public boolean canEnd() {
        return false;
    }

    @Override
    public boolean endIsGoal() {
        return false;
    }

    @Override
    public void observe(double[] states, int at, float[] observations, int observationAt) {
        observations[observationAt] = (float) Math.cos(states[at]);
        observations[observationAt + 1] = (float) Math.sin(states[at]);
        observations[observationAt + 2] = (float) states[at + 1];
    }
}
