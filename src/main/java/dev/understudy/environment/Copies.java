package dev.understudy.environment;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * What environments of many copies have in common: which copies run, for how long, and their random numbers. A task
 * says how an episode begins, goes on and ends.
 */
public abstract class Copies implements Environment {
    private final EnvironmentFactory factory;
    private final ActionSpace actions;
    private final int observationSize;
    private final int horizon;
    private final int copies;
    private final int[] times;
    private final boolean[] running;
    private final SplittableRandom[] randoms;

    /**
     * Creates idle copies.
     *
     * @param factory whose name, sizes, actions and horizon they have
     * @param copies at least 1
     */
    protected Copies(EnvironmentFactory factory, int copies, long seed) {
        if (copies < 1) {
            throw new IllegalArgumentException(
                    "expected at least 1 copy of %s, got %d".formatted(factory.name(), copies));
        }
        this.factory = factory;
        actions = factory.actions();
        observationSize = factory.observationSize();
        horizon = factory.horizon();
        this.copies = copies;
        times = new int[copies];
        running = new boolean[copies];
        randoms = new SplittableRandom[copies];
        shuffle(seed);
    }

    /** Begins an episode of a copy. */
    protected abstract void begin(int copy, RandomGenerator random);

    /** Moves a copy by one step and returns its reward. The action stands from {@code actionAt} on. */
    protected abstract float advance(int copy, float[] done, int actionAt);

    /** Returns whether the last step ended the task of a copy. */
    protected abstract boolean isOver(int copy);

    /** Writes what a copy observes from {@code at} on. */
    protected abstract void observe(int copy, float[] observations, int at);

    @Override
    public final String name() {
        return factory.name();
    }

    @Override
    public final int observationSize() {
        return observationSize;
    }

    @Override
    public final ActionSpace actions() {
        return actions;
    }

    @Override
    public final int horizon() {
        return horizon;
    }

    @Override
    public final int copies() {
        return copies;
    }

    @Override
    public final void reset(long seed) {
        shuffle(seed);
    }

    private void shuffle(long seed) {
        SplittableRandom source = new SplittableRandom(seed);
        Arrays.setAll(randoms, copy -> source.split());
        Arrays.fill(running, false);
    }

    @Override
    public final void start(int copy, float[] observations) {
        begin(copy, randoms[copy]);
        times[copy] = 0;
        running[copy] = true;
        observe(copy, observations, copy * observationSize);
    }

    @Override
    public final void step(float[] done, float[] observations, float[] rewards, End[] ends) {
        checkActions(done);
        for (int copy = 0; copy < copies; copy++) {
            if (!running[copy]) {
                rewards[copy] = 0;
                ends[copy] = End.IDLE;
                continue;
            }
            times[copy]++;
            rewards[copy] = advance(copy, done, copy * actions.size());
            ends[copy] = isOver(copy) ? End.TERMINATED : times[copy] >= horizon ? End.TRUNCATED : End.RUNNING;
            running[copy] = ends[copy] == End.RUNNING;
            observe(copy, observations, copy * observationSize);
        }
    }

    private void checkActions(float[] done) {
        int size = actions.size();
        for (int copy = 0; copy < copies; copy++) {
            if (running[copy] && !actions.accepts(done, copy * size)) {
                throw new IllegalArgumentException("expected an action of %s, %s, got %s (copy=%d step=%d)"
                        .formatted(
                                name(),
                                actions,
                                Arrays.toString(Arrays.copyOfRange(done, copy * size, (copy + 1) * size)),
                                copy,
                                times[copy]));
            }
        }
    }
}
