package dev.understudy.driving;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.End;
import dev.understudy.environment.Environment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Copies of car following behind logged leaders. An episode starts at a random step of the demonstrations, each step
 * that has a whole episode after it as likely as another. The leader drives as it was logged, the policy drives the
 * follower by {@link CarFollowing#next}, and the context is that of up to {@code staleness} steps before the start and
 * constant. After {@code horizon} steps the episode is truncated; a gap of 0 or less terminates it.
 *
 * <p>Actions are clipped to the range of {@link CarFollowing}. The reward of a step is a diagnostic that no imitator is
 * to learn from: minus the squared spacing error after it, -(gap - logged gap)^2, m^2.
 */
public final class FollowingEnvironment implements Environment {
    private final FollowingEnvironments factory;
    private final ActionSpace actionSpace;
    private final int copies;
    private final float[] logged;
    private final int[] first;
    private final int[] starts;
    private final float[] states;
    private final int[] rows;
    private final int[] times;
    private final boolean[] running;
    private final SplittableRandom[] randoms;

    FollowingEnvironment(FollowingEnvironments factory, List<Trajectory> demonstrations, int copies) {
        if (copies < 1) {
            throw new IllegalArgumentException(
                    "expected at least 1 copy of %s, got %d".formatted(factory.name(), copies));
        }
        this.factory = factory;
        this.actionSpace = factory.actions();
        this.copies = copies;
        int n = observationSize();
        int horizon = factory.horizon();
        int all = 0;
        int eligible = 0;
        int longest = 0;
        for (Trajectory trajectory : demonstrations) {
            requireColumns(trajectory);
            int length = trajectory.observations().rows();
            all += length;
            eligible += Math.max(0, length - horizon);
            longest = Math.max(longest, length - 1);
        }
        if (eligible == 0) {
            throw new IllegalArgumentException(
                    "expected a trajectory of at least %d steps of %d ms to follow in, the longest of %d has %d"
                            .formatted(horizon, CarFollowing.STEP_MS, demonstrations.size(), longest));
        }
        this.logged = new float[all * n];
        this.first = new int[all];
        this.starts = new int[eligible];
        int row = 0;
        int start = 0;
        for (Trajectory trajectory : demonstrations) {
            int length = trajectory.observations().rows();
            System.arraycopy(trajectory.observations().floats(), 0, logged, row * n, length * n);
            Arrays.fill(first, row, row + length, row);
            for (int i = 0; i + horizon < length; i++) {
                starts[start++] = row + i;
            }
            row += length;
        }
        this.states = new float[copies * n];
        this.rows = new int[copies];
        this.times = new int[copies];
        this.running = new boolean[copies];
        this.randoms = new SplittableRandom[copies];
        reset(0);
    }

    static void requireColumns(Trajectory trajectory) {
        if (trajectory.observations().columns() != CarFollowing.observationSize()
                || trajectory.actions().columns() != CarFollowing.ACTION_SIZE) {
            throw new IllegalArgumentException("expected observations of %d and actions of %d, got %d and %d (trip=%s)"
                    .formatted(
                            CarFollowing.observationSize(),
                            CarFollowing.ACTION_SIZE,
                            trajectory.observations().columns(),
                            trajectory.actions().columns(),
                            trajectory.trip()));
        }
    }

    @Override
    public String name() {
        return factory.name();
    }

    @Override
    public int observationSize() {
        return factory.observationSize();
    }

    @Override
    public ActionSpace actions() {
        return actionSpace;
    }

    @Override
    public int horizon() {
        return factory.horizon();
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
        SplittableRandom random = randoms[copy];
        int row = starts[random.nextInt(starts.length)];
        int known = Math.max(first[row], row - random.nextInt(factory.staleness() + 1));
        FollowingEnvironments.copy(logged, row, known, states, copy);
        rows[copy] = row;
        times[copy] = 0;
        running[copy] = true;
        show(copy, observations);
    }

    @Override
    public void step(float[] actions, float[] observations, float[] rewards, End[] ends) {
        for (int copy = 0; copy < copies; copy++) {
            if (running[copy] && !actionSpace.accepts(actions, copy)) {
                throw new IllegalArgumentException("expected an action of %s, %s, got %s (copy=%d step=%d)"
                        .formatted(name(), actionSpace, actions[copy], copy, times[copy]));
            }
        }
        int n = observationSize();
        for (int copy = 0; copy < copies; copy++) {
            if (!running[copy]) {
                rewards[copy] = 0;
                ends[copy] = End.IDLE;
                continue;
            }
            float acceleration =
                    Math.max(CarFollowing.MIN_ACCELERATION, Math.min(CarFollowing.MAX_ACCELERATION, actions[copy]));
            int row = ++rows[copy];
            float leaderSpeed = FollowingEnvironments.leaderSpeed(logged, row);
            CarFollowing.next(states, copy * n, acceleration, leaderSpeed, states, copy * n);
            float gap = states[copy * n + CarFollowing.GAP];
            float error = gap - logged[row * n + CarFollowing.GAP];
            rewards[copy] = -error * error;
            times[copy]++;
            ends[copy] = gap <= 0 ? End.TERMINATED : times[copy] >= horizon() ? End.TRUNCATED : End.RUNNING;
            running[copy] = ends[copy] == End.RUNNING;
            show(copy, observations);
        }
    }

    private void show(int copy, float[] observations) {
        int n = observationSize();
        System.arraycopy(states, copy * n, observations, copy * n, n);
    }
}
