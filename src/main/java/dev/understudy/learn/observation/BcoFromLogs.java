package dev.understudy.learn.observation;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.Environment;
import dev.understudy.environment.EnvironmentFactory;
import dev.understudy.environment.Rollout;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.policy.StochasticPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Behavioural cloning from observation on the windows of a stream: Torabi, Warnell and Stone (2018), arXiv:1805.01954,
 * Algorithm 1 without its loop, BCO(0). Steps with an action, of whoever logs them and of recorded rollouts, are
 * interaction: all are kept up to a bound, and teach p(a | s, s'). Steps without one are labelled by it and cloned,
 * with a warm start from window to window.
 *
 * <p>Departures: the interaction is whatever the system has, random exploration only where it is configured; the
 * dynamics are fitted anew when there is half as much interaction again, or when new interaction is certainly less
 * likely than what they were fitted to ({@link Drift}). If that happens twice in a row, so that a fit with the new
 * among the old did not help, older interaction is forgotten: it is of other dynamics.
 *
 * <p>Until an action was ever seen the policy is held ({@link dev.understudy.learn.TrainingReport#held}).
 */
public final class BcoFromLogs implements Learner {
    private final ActionSpace actions;
    private final int observationSize;
    private final int reads;
    private final @Nullable EnvironmentFactory exploration;
    private final BcoFromLogsConfig config;
    private final InverseDynamics dynamics;
    private final BehaviouralCloning cloning;

    /**
     * What one window brings.
     *
     * @param fresh transitions with an action
     * @param shown steps without one
     * @param earlier the same of older windows
     * @param environment to explore; null where there is none, or nothing to explore any more
     */
    record Material(
            Transitions fresh,
            List<Trajectory> shown,
            List<Trajectory> earlier,
            @Nullable Environment environment) {}

    /**
     * Creates the learner.
     *
     * @param network of the inverse dynamics, which read as many first numbers of two observations as half of it
     * @param cloning of the policy; becomes this learner's to close
     * @param exploration what it explores; null for nothing, then {@code config.explored()} is 0
     */
    public BcoFromLogs(
            StochasticPolicy network,
            ActionSpace actions,
            int observationSize,
            BehaviouralCloning cloning,
            @Nullable EnvironmentFactory exploration,
            BcoFromLogsConfig config) {
        if ((exploration == null) != (config.explored() == 0)) {
            throw new IllegalArgumentException("expected an environment to explore for %d steps, got %s"
                    .formatted(config.explored(), exploration));
        }
        this.actions = actions;
        this.observationSize = observationSize;
        this.reads = network.observationSize() / 2;
        this.cloning = cloning;
        this.exploration = exploration;
        this.config = config;
        this.dynamics = new InverseDynamics(network, actions, config.dynamics());
    }

    @Override
    public LearnerState initialState(long seed) {
        return BcoFromLogsUpdate.initial(cloning.initialState(seed));
    }

    @Override
    public @Nullable LearnerState stateFrom(byte[] model, long seed) {
        LearnerState cloned = cloning.stateFrom(model, seed);
        return cloned == null ? null : BcoFromLogsUpdate.initial(cloned);
    }

    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        return begin(state, demonstrations, replay, List.of(), seed);
    }

    /**
     * Begins an update; what policies did in rollouts is interaction too.
     *
     * @throws IllegalArgumentException if an action is none that can be done, steps differ in the time between them, or
     *     there is no room to explore in the demonstrations
     */
    @Override
    public Update begin(
            LearnerState state,
            List<Trajectory> demonstrations,
            List<Trajectory> replay,
            List<Rollout> recorded,
            long seed) {
        requireOneRate(Stream.concat(demonstrations.stream(), replay.stream()).toList());
        List<Trajectory> acted = new ArrayList<>();
        if (config.logged() == BcoFromLogsConfig.Logged.INTERACTION) {
            acted.addAll(demonstrations);
        }
        recorded.forEach(rollout -> acted.addAll(rollout.trajectories()));
        EnvironmentFactory unexplored = BcoFromLogsUpdate.explores(state) ? exploration : null;
        Material material = new Material(
                Transitions.of(acted, observationSize, actions.size())
                        .reading(reads)
                        .withActions(),
                imitated(demonstrations),
                imitated(replay),
                unexplored == null ? null : unexplored.create(demonstrations, config.copies()));
        return new BcoFromLogsUpdate(this, config, material, state, seed);
    }

    private static void requireOneRate(List<Trajectory> trajectories) {
        for (Trajectory trajectory : trajectories) {
            long stepMs = trajectories.get(0).stepMs();
            if (trajectory.stepMs() != stepMs) {
                throw new IllegalArgumentException(
                        "expected logs with one time between steps, got %d and %d ms (trip=%s)"
                                .formatted(stepMs, trajectory.stepMs(), trajectory.trip()));
            }
        }
    }

    @Override
    public List<Trajectory> imitated(List<Trajectory> demonstrations) {
        return config.logged() == BcoFromLogsConfig.Logged.HIDDEN
                ? demonstrations
                : Observed.withoutActions(demonstrations);
    }

    InverseDynamics dynamics() {
        return dynamics;
    }

    /** Returns no interaction. */
    Interaction none() {
        return Interaction.none(reads, actions.size());
    }

    /** Returns the interaction of a memory. */
    Interaction interaction(LearnerState state) {
        return Interaction.of(state, reads, actions.size());
    }

    /** Returns the transitions of an exploration. */
    Transitions explored(Rollout rollout) {
        return Transitions.of(rollout.trajectories(), observationSize, actions.size())
                .reading(reads);
    }

    /** Returns steps with the actions that the dynamics infer; those without a next observation are left out. */
    List<Trajectory> labelled(LearnerState fitted, List<Trajectory> shown, long seed) {
        Transitions transitions =
                Transitions.of(shown, observationSize, actions.size()).reading(reads);
        return Observed.labelled(shown, dynamics.infer(fitted, transitions, config.labels(), seed));
    }

    /** Begins or continues to clone labelled steps. */
    Update clone(LearnerState policy, List<Trajectory> shown, List<Trajectory> earlier, long seed) {
        return cloning.begin(policy, shown, earlier, seed);
    }

    @Override
    public byte[] export(LearnerState state) {
        return cloning.export(BcoFromLogsUpdate.policy(state));
    }

    @Override
    public void close() {
        dynamics.close();
        cloning.close();
    }
}
