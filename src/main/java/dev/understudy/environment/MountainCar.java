package dev.understudy.environment;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A car too weak for its hill, pushed left (0), not (1) or right (2): Moore (1990), as in Gym's MountainCar-v0. State
 * and observation are position and velocity, in the task's units and per step. Ends at position 0.5; the reward is -1
 * for every step, the last included.
 */
final class MountainCar implements Motion {
    private static final double PUSH = 0.001;
    private static final double SLOPE = 0.0025;
    private static final double MAX_SPEED = 0.07;
    private static final double LEFT = -1.2;
    private static final double RIGHT = 0.6;
    private static final double GOAL = 0.5;

    @Override
    public List<String> observationNames() {
        return List.of("position", "velocity");
    }

    @Override
    public ActionSpace actions() {
        return new ActionSpace.Discrete(3);
    }

    @Override
    public int stateSize() {
        return 2;
    }

    @Override
    public void start(double[] states, int at, RandomGenerator random) {
        states[at] = random.nextDouble(-0.6, -0.4);
        states[at + 1] = 0;
    }

    @Override
    public double advance(double[] states, int at, float[] actions, int actionAt) {
        double velocity = states[at + 1] + PUSH * (actions[actionAt] - 1) - SLOPE * Math.cos(3 * states[at]);
        velocity = Math.max(-MAX_SPEED, Math.min(MAX_SPEED, velocity));
        double position = Math.max(LEFT, Math.min(RIGHT, states[at] + velocity));
        states[at] = position;
        states[at + 1] = position == LEFT && velocity < 0 ? 0 : velocity;
        return -1;
    }

    @Override
    public boolean isOver(double[] states, int at) {
        return states[at] >= GOAL;
    }

    @Override
    public boolean endIsGoal() {
        return true;
    }

    @Override
    public void observe(double[] states, int at, float[] observations, int observationAt) {
        observations[observationAt] = (float) states[at];
        observations[observationAt + 1] = (float) states[at + 1];
    }
}
