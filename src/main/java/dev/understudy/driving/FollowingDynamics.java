package dev.understudy.driving;

import dev.understudy.environment.Dynamics;
import dev.understudy.graph.Tensor;
import java.util.List;

/**
 * {@link CarFollowing}'s equations as a graph: the follower answers to the policy, the leader drives as it was logged,
 * and what is known of the entity stays as it was when the policy took over.
 *
 * <p>The distance from the expert is h((gap - logged gap) / 5 m) + 0.3 h((speed - logged speed) / 1 m/s) with h(x) = 2
 * d^2 (sqrt(1 + (x / d)^2) - 1) and d = 0.7: the square near 0, and growing with |x| far away (pseudo-Huber;
 * Charbonnier and others 1997). A few drives are far from all others, for example if a car left the platoon; with
 * squares they would dominate.
 *
 * @param stepSeconds time between two observations, s
 */
public record FollowingDynamics(double stepSeconds) implements Dynamics {
    private static final float SPACING_METERS = 5f;
    private static final float SPEED_WEIGHT = 0.3f;
    private static final float OUTLIER = 0.7f;

    @Override
    public Tensor start(Tensor logged, Tensor earlier) {
        return observation(
                column(logged, CarFollowing.SPEED),
                column(logged, CarFollowing.GAP),
                leaderSpeed(logged),
                leaderHistory(logged),
                context(earlier));
    }

    @Override
    public Tensor next(Tensor observation, Tensor action, Tensor loggedNext) {
        // One split, because its gradient is one concatenation; a slice's gradient is a padded copy for each.
        List<Tensor> parts = observation.split(
                1, 1, 1, 1, CarFollowing.CONTEXT - 3L, (long) CarFollowing.observationSize() - CarFollowing.CONTEXT);
        Tensor speed = parts.get(CarFollowing.SPEED);
        Tensor nextSpeed = speed.add(action.mul((float) stepSeconds)).relu();
        Tensor leader = speed.add(parts.get(CarFollowing.RELATIVE_SPEED));
        Tensor nextLeader = leaderSpeed(loggedNext);
        Tensor opened = leader.add(nextLeader).sub(speed).sub(nextSpeed).mul((float) (stepSeconds / 2));
        Tensor nextGap = parts.get(CarFollowing.GAP).add(opened);
        return observation(nextSpeed, nextGap, nextLeader, leaderHistory(loggedNext), parts.get(4));
    }

    @Override
    public Tensor distance(Tensor observation, Tensor logged) {
        Tensor spacing = column(observation, CarFollowing.GAP)
                .sub(column(logged, CarFollowing.GAP))
                .div(SPACING_METERS);
        Tensor speed = column(observation, CarFollowing.SPEED).sub(column(logged, CarFollowing.SPEED));
        return robust(spacing).add(robust(speed).mul(SPEED_WEIGHT)).sum(1);
    }

    /** Returns 2 d^2 (sqrt(1 + (x / d)^2) - 1). */
    private static Tensor robust(Tensor x) {
        Tensor scaled = x.div(OUTLIER);
        return scaled.mul(scaled).add(1f).sqrt().sub(1f).mul(2 * OUTLIER * OUTLIER);
    }

    private static Tensor observation(
            Tensor speed, Tensor gap, Tensor leaderSpeed, Tensor leaderHistory, Tensor context) {
        Tensor relative = leaderSpeed.sub(speed);
        Tensor usual = column(context, 0)
                .add(column(context, CarFollowing.USUAL_TIME_GAP - CarFollowing.CONTEXT)
                        .mul(speed));
        Tensor error = gap.sub(usual);
        return Tensor.concat(
                1,
                List.of(
                        speed,
                        gap,
                        relative,
                        leaderHistory,
                        gap.div(atLeast(speed, 2f)),
                        relative.div(atLeast(gap, 1f)),
                        error,
                        error.div(atLeast(usual, 2f)),
                        context));
    }

    private static Tensor atLeast(Tensor x, float floor) {
        return x.max(x.graph().constant(floor));
    }

    private static Tensor column(Tensor observation, int column) {
        return observation.slice(1, column, column + 1L);
    }

    private static Tensor leaderSpeed(Tensor observation) {
        return column(observation, CarFollowing.SPEED).add(column(observation, CarFollowing.RELATIVE_SPEED));
    }

    /** The filtered leader accelerations: what others did, whatever the policy does. */
    private static Tensor leaderHistory(Tensor observation) {
        return observation.slice(1, CarFollowing.LEADER_ACCELERATION, CarFollowing.TIME_GAP);
    }

    private static Tensor context(Tensor observation) {
        return observation.slice(1, CarFollowing.CONTEXT, CarFollowing.observationSize());
    }
}
