package dev.understudy.driving;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.Copies;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Copies of car following behind logged leaders. An episode starts at a random step of the demonstrations, each step
 * that has a whole episode after it as likely as another. The leader drives as it was logged, the policy drives the
 * follower by {@link CarFollowing#next}, and the context is that of up to {@code staleness} steps before the start and
 * constant. After {@code horizon} steps the episode is truncated; a gap of 0 or less terminates it.
 *
 * <p>Actions are clipped to the range of {@link CarFollowing}. The reward of a step is a diagnostic that no imitator is
 * to learn from: minus the squared spacing error after it, -(gap - logged gap)^2, m^2.
 */
public final class FollowingEnvironment extends Copies {
    private final FollowingEnvironments factory;
    private final float[] logged;
    private final int[] first;
    private final int[] starts;
    private final float[] states;
    private final int[] rows;

    FollowingEnvironment(FollowingEnvironments factory, List<Trajectory> demonstrations, int copies) {
        super(factory, copies, 0);
        this.factory = factory;
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
    protected void begin(int copy, RandomGenerator random) {
        int row = starts[random.nextInt(starts.length)];
        int known = Math.max(first[row], row - random.nextInt(factory.staleness() + 1));
        FollowingEnvironments.copy(logged, row, known, states, copy);
        rows[copy] = row;
    }

    @Override
    protected float advance(int copy, float[] done, int actionAt) {
        int at = copy * observationSize();
        float acceleration =
                Math.max(CarFollowing.MIN_ACCELERATION, Math.min(CarFollowing.MAX_ACCELERATION, done[actionAt]));
        int row = ++rows[copy];
        float leaderSpeed = FollowingEnvironments.leaderSpeed(logged, row);
        CarFollowing.next(states, at, acceleration, leaderSpeed, states, at);
        float error = states[at + CarFollowing.GAP] - logged[row * observationSize() + CarFollowing.GAP];
        return -error * error;
    }

    @Override
    protected boolean isOver(int copy) {
        return states[copy * observationSize() + CarFollowing.GAP] <= 0;
    }

    @Override
    protected void observe(int copy, float[] observations, int at) {
        System.arraycopy(states, copy * observationSize(), observations, at, observationSize());
    }
}
