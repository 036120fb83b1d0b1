package dev.understudy.environment;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Copies of a task given by its equations. */
final class MotionEnvironment implements Environment {
    private final Task task;
    private final Motion motion;
    private final ActionSpace actionSpace;
    private final int copies;
    private final int stateSize;
    private final int observationSize;
    private final boolean endsEarly;
    private final boolean goalHolds;
    private final double[] states;
    private final int[] times;
    private final boolean[] running;
    private final SplittableRandom[] randoms;

    MotionEnvironment(Task task, int copies, long seed) {
        if (copies < 1) {
            throw new IllegalArgumentException("expected at least 1 copy of %s, got %d".formatted(task.name(), copies));
        }
        this.task = task;
        this.motion = task.motion();
        this.actionSpace = task.actions();
        this.copies = copies;
        this.stateSize = motion.stateSize();
        this.observationSize = task.observationSize();
        this.endsEarly = task.ending() == Task.Ending.EARLY;
        this.goalHolds = motion.endIsGoal();
        this.states = new double[copies * stateSize];
        this.times = new int[copies];
        this.running = new boolean[copies];
        this.randoms = new SplittableRandom[copies];
        reset(seed);
    }

    @Override
    public String name() {
        return task.name();
    }

    @Override
    public int observationSize() {
        return observationSize;
    }

    @Override
    public ActionSpace actions() {
        return actionSpace;
    }

    @Override
    public int horizon() {
        return task.horizon();
    }

    @Override
    public int copies() {
        return copies;
    }

    @Override
    public void reset(long seed) {
        SplittableRandom source = new SplittableRandom(seed);
        Arrays.setAll(randoms, copy -> source.split());
        Arrays.fill(running, false);
    }

    @Override
    public void start(int copy, float[] observations) {
        motion.start(states, copy * stateSize, randoms[copy]);
        times[copy] = 0;
        running[copy] = true;
        motion.observe(states, copy * stateSize, observations, copy * observationSize);
    }

    @Override
    public void step(float[] actions, float[] observations, float[] rewards, End[] ends) {
        checkActions(actions);
        for (int copy = 0; copy < copies; copy++) {
            if (running[copy]) {
                rewards[copy] = (float) advance(copy, actions);
                ends[copy] = end(copy);
                running[copy] = ends[copy] == End.RUNNING;
                motion.observe(states, copy * stateSize, observations, copy * observationSize);
            } else {
                rewards[copy] = 0;
                ends[copy] = End.IDLE;
            }
        }
    }

    private void checkActions(float[] actions) {
        int size = actionSpace.size();
        for (int copy = 0; copy < copies; copy++) {
            if (running[copy] && !actionSpace.accepts(actions, copy * size)) {
                throw new IllegalArgumentException("expected an action of %s, %s, got %s (copy=%d step=%d)"
                        .formatted(
                                task.name(),
                                actionSpace,
                                Arrays.toString(Arrays.copyOfRange(actions, copy * size, (copy + 1) * size)),
                                copy,
                                times[copy]));
            }
        }
    }

    private double advance(int copy, float[] actions) {
        times[copy]++;
        int at = copy * stateSize;
        if (endsEarly || !motion.isOver(states, at)) {
            return motion.advance(states, at, actions, copy * actionSpace.size());
        }
        if (!goalHolds) {
            motion.advance(states, at, actions, copy * actionSpace.size());
        }
        return 0;
    }

    private End end(int copy) {
        if (endsEarly && motion.isOver(states, copy * stateSize)) {
            return End.TERMINATED;
        }
        return times[copy] >= task.horizon() ? End.TRUNCATED : End.RUNNING;
    }
}
