package dev.understudy.driving;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.Environment;
import dev.understudy.environment.EnvironmentFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes {@link FollowingEnvironment}s: car following behind the leaders of demonstrations.
 *
 * @param horizon steps of 0.1 s after which an episode is truncated, at least 1
 * @param staleness logged steps by which what is known of the entity may lag behind at an episode's start, at most
 */
public record FollowingEnvironments(int horizon, int staleness) implements EnvironmentFactory {
    public FollowingEnvironments {
        if (horizon < 1 || staleness < 0) {
            throw new IllegalArgumentException("expected horizon >= 1 and staleness >= 0, got horizon=%d staleness=%d"
                    .formatted(horizon, staleness));
        }
    }

    /** Returns episodes of 20 s with knowledge up to 30 s old, the latter as the drives of cloning have it. */
    public static FollowingEnvironments defaults() {
        return new FollowingEnvironments(200, 300);
    }

    @Override
    public String name() {
        return CarFollowing.POLICY;
    }

    @Override
    public int observationSize() {
        return CarFollowing.observationSize();
    }

    @Override
    public ActionSpace actions() {
        return CarFollowing.actions();
    }

    /**
     * Returns car following behind the leaders of these demonstrations.
     *
     * @throws IllegalArgumentException if none is longer than the horizon, or one is not of {@link CarFollowing}
     */
    @Override
    public Environment create(List<Trajectory> demonstrations, int copies) {
        return new FollowingEnvironment(this, demonstrations, copies);
    }

    /**
     * Returns demonstrations as episodes show them: cut to pieces of {@link #horizon} steps, from a random first piece
     * on, each with the context of up to {@link #staleness} steps before its start and constant. All steps are kept.
     * Otherwise the freshness of the context alone would distinguish the expert from a policy.
     */
    @Override
    public List<Trajectory> shown(List<Trajectory> demonstrations, long seed) {
        int n = observationSize();
        SplittableRandom random = new SplittableRandom(seed);
        List<Trajectory> pieces = new ArrayList<>();
        for (Trajectory trajectory : demonstrations) {
            FollowingEnvironment.requireColumns(trajectory);
            float[] logged = trajectory.observations().floats();
            int start = 0;
            int end = 1 + random.nextInt(horizon);
            while (start < trajectory.steps()) {
                int steps = Math.min(end, trajectory.steps()) - start;
                float[] observations = new float[steps * n];
                float[] actions = new float[steps];
                int known = Math.max(0, start - random.nextInt(staleness + 1));
                for (int i = 0; i < steps; i++) {
                    copy(logged, start + i, known, observations, i);
                    actions[i] = trajectory.actions().at(start + i, 0);
                }
                pieces.add(new Trajectory(
                        trajectory.trip(),
                        trajectory.entity(),
                        trajectory.startMs() + start * trajectory.stepMs(),
                        trajectory.stepMs(),
                        new Matrix(steps, n, observations),
                        new Matrix(steps, CarFollowing.ACTION_SIZE, actions)));
                start += steps;
                end += horizon;
            }
        }
        return pieces;
    }

    /** Copies row {@code row} with the context of row {@code known}, and what depends on it computed anew. */
    static void copy(float[] logged, int row, int known, float[] observations, int to) {
        int n = CarFollowing.observationSize();
        int context = CarFollowing.CONTEXT;
        System.arraycopy(logged, row * n, observations, to * n, context);
        System.arraycopy(logged, known * n + context, observations, to * n + context, n - context);
        CarFollowing.moving(
                logged[row * n + CarFollowing.SPEED],
                logged[row * n + CarFollowing.GAP],
                leaderSpeed(logged, row),
                observations,
                to * n);
    }

    /** Returns the leader's speed in row {@code row}, m/s. */
    static float leaderSpeed(float[] logged, int row) {
        int at = row * CarFollowing.observationSize();
        return logged[at + CarFollowing.SPEED] + logged[at + CarFollowing.RELATIVE_SPEED];
    }
}
