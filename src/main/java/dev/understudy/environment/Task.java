package dev.understudy.environment;

import dev.understudy.data.Demonstrations;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import java.util.List;

/**
 * What an environment is: its equations, its step limit, and whether it may end before that.
 *
 * @param name such as {@code cartpole-v0}
 * @param motion the equations
 * @param horizon steps after which an episode is truncated, at least 1
 * @param ending whether an episode may end before the limit
 */
public record Task(String name, Motion motion, int horizon, Ending ending) implements EnvironmentFactory {
    /** Whether an episode may end before the step limit, whose length would then give away how good it was. */
    public enum Ending {
        /** It ends where the task ends. */
        EARLY,
        /**
         * Every episode has exactly {@code horizon} steps. After a failure the motion goes on, with reward 0 for each
         * step that begins in a failed state; after a goal is reached the state stays as it is, with reward 0. So an
         * episode's return is that of the task itself, unless a failed state is left again.
         */
        NEVER
    }

    public Task {
        if (horizon < 1) {
            throw new IllegalArgumentException("expected a horizon of at least 1 step, got " + horizon);
        }
    }

    @Override
    public int observationSize() {
        return motion.observationNames().size();
    }

    /** Returns what the observation's elements are, in the words of the demonstration files. */
    public List<String> observationNames() {
        return motion.observationNames();
    }

    @Override
    public ActionSpace actions() {
        return motion.actions();
    }

    /**
     * Returns copies of this task, all idle.
     *
     * @param copies number of copies, at least 1
     * @param seed what their random numbers follow from
     */
    public Environment create(int copies, long seed) {
        return new MotionEnvironment(this, copies, seed);
    }

    /** Returns copies of this task, whatever the demonstrations. */
    @Override
    public Environment create(List<Trajectory> demonstrations, int copies) {
        return create(copies, 0);
    }

    /** Returns whether some episodes are shorter than others, so that a reward's sign alone can teach something. */
    public boolean hasShortEpisodes() {
        return ending == Ending.EARLY && motion.canEnd();
    }

    /**
     * Returns demonstrations of whole episodes as this task would have shown them: where the state after the goal is
     * held until the limit, so is theirs, with the last action.
     */
    public Demonstrations held(Demonstrations episodes) {
        return ending == Ending.NEVER && motion.endIsGoal() ? episodes.heldUntil(horizon) : episodes;
    }

    /**
     * Checks that demonstrations are of this task: names and number of the observation's elements, number and range of
     * the action's, nothing missing or infinite.
     *
     * @throws IllegalArgumentException if they are not, or there are none; the message says what was expected and found
     */
    public void check(Demonstrations demonstrations) {
        checkObserved(demonstrations);
        String source = demonstrations.source();
        if (demonstrations.actionNames().size() != actions().size()) {
            throw new IllegalArgumentException("expected demonstrations of %s with %d action column(s), got %s (%s)"
                    .formatted(name, actions().size(), demonstrations.actionNames(), source));
        }
        for (Trajectory trajectory : demonstrations.trajectories()) {
            check(trajectory, source);
        }
    }

    /**
     * Checks that what was observed in demonstrations is of this task: names and number of the elements, nothing
     * infinite, at least one step. What was done is not looked at.
     *
     * @throws IllegalArgumentException if it is not; the message says what was expected and found
     */
    public void checkObserved(Demonstrations demonstrations) {
        String source = demonstrations.source();
        List<String> names = demonstrations.observationNames();
        boolean named = names.stream().noneMatch(name -> name.matches("o\\d+"));
        if (names.size() != observationSize() || (named && !names.equals(observationNames()))) {
            throw new IllegalArgumentException("expected demonstrations of %s with observations %s, got %s (%s)"
                    .formatted(name, observationNames(), names, source));
        }
        if (demonstrations.trajectories().stream().mapToInt(Trajectory::steps).sum() == 0) {
            throw new IllegalArgumentException(
                    "expected at least one demonstrated step of %s, got none (%s)".formatted(name, source));
        }
        for (Trajectory trajectory : demonstrations.trajectories()) {
            for (float value : trajectory.observations().floats()) {
                if (!Float.isFinite(value)) {
                    throw new IllegalArgumentException("expected finite observations, got %s (%s episode=%s)"
                            .formatted(value, source, trajectory.trip()));
                }
            }
        }
    }

    private void check(Trajectory trajectory, String source) {
        Matrix done = trajectory.actions();
        for (int step = 0; step < done.rows(); step++) {
            if (!actions().contains(done.values(), step * done.columns())) {
                throw new IllegalArgumentException("expected an action of %s, %s, got %s (%s episode=%s step=%d)"
                        .formatted(name, actions(), done.at(step, 0), source, trajectory.trip(), step));
            }
        }
    }
}
