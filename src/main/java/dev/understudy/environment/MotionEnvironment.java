package dev.understudy.environment;

import java.util.random.RandomGenerator;

/** Copies of a task given by its equations. */
final class MotionEnvironment extends Copies {
    private final Motion motion;
    private final int stateSize;
    private final boolean endsEarly;
    private final boolean goalHolds;
    private final double[] states;

    MotionEnvironment(Task task, int copies, long seed) {
        super(task, copies, seed);
        motion = task.motion();
        stateSize = motion.stateSize();
        endsEarly = task.ending() == Task.Ending.EARLY;
        goalHolds = motion.endIsGoal();
        states = new double[copies * stateSize];
    }

    @Override
    protected void begin(int copy, RandomGenerator random) {
        motion.start(states, copy * stateSize, random);
    }

    @Override
    protected float advance(int copy, float[] done, int actionAt) {
        int at = copy * stateSize;
        if (endsEarly || !motion.isOver(states, at)) {
            return (float) motion.advance(states, at, done, actionAt);
        }
        if (!goalHolds) {
            motion.advance(states, at, done, actionAt);
        }
        return 0;
    }

    @Override
    protected boolean isOver(int copy) {
        return endsEarly && motion.isOver(states, copy * stateSize);
    }

    @Override
    protected void observe(int copy, float[] observations, int at) {
        motion.observe(states, copy * stateSize, observations, at);
    }
}
