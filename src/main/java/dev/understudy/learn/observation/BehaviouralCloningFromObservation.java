package dev.understudy.learn.observation;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.Environment;
import dev.understudy.environment.EnvironmentFactory;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.learn.adversarial.SampledPolicy;
import dev.understudy.learn.adversarial.Sliced;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.policy.StochasticPolicy;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Behavioural cloning from observation: Torabi, Warnell and Stone (2018), arXiv:1805.01954, Algorithm 1, BCO(alpha).
 * Demonstrations are observations alone: their actions are not read, whatever they are.
 *
 * <p>Departures: the first interaction is uniformly random, not that of an untrained network; later ones mix in random
 * actions, so that p(a | s, s') cannot be learned from s alone; both networks start afresh in each iteration, on all
 * that was ever collected; "while there is improvement" is decided without the task's reward, by how near the policy's
 * own visits come to the demonstrations' ({@link VisitDistance}), and the nearest policy is the one that is kept.
 *
 * <p>An update may be left at any time; it goes on from the end of its last whole iteration.
 */
public final class BehaviouralCloningFromObservation implements Learner {
    /** Of all copies together: about a millisecond's worth. */
    private static final int STEPS_PER_SLICE = 40;

    private final StochasticPolicy policy;
    private final EnvironmentFactory environments;
    private final BcoConfig config;
    private final InverseDynamics dynamics;
    private final BehaviouralCloning cloning;
    private @Nullable SampledPolicy acting;

    /**
     * What an iteration left.
     *
     * @param interaction T of the paper: all transitions collected so far
     * @param policy memory of the clone
     * @param steps of the environment that the iteration took
     * @param distance of the policy's own visits from the demonstrations'; infinite where it was not tried
     * @param dynamicsLoss of p(a | s, s') on transitions that it was not fitted to, nats
     * @param cloningLoss of the clone on labelled pairs that it was not fitted to, nats
     */
    record Iteration(
            Transitions interaction,
            LearnerState policy,
            int steps,
            double distance,
            double dynamicsLoss,
            double cloningLoss) {}

    /**
     * What does not change from iteration to iteration.
     *
     * @param environment where the learner interacts
     * @param demonstrations observations alone
     * @param transitions theirs
     * @param distance from them
     */
    record Setting(
            Environment environment,
            List<Trajectory> demonstrations,
            Transitions transitions,
            VisitDistance distance) {}

    /**
     * Creates the learner.
     *
     * @param policy one that fits the environment
     * @param network of the inverse dynamics: of two observations, with the policy's outputs
     * @param environments where it interacts
     */
    public BehaviouralCloningFromObservation(
            StochasticPolicy policy, StochasticPolicy network, EnvironmentFactory environments, BcoConfig config) {
        if (policy.observationSize() != environments.observationSize()
                || policy.actionSize() != environments.actions().policyOutputs()
                || network.observationSize() != 2 * policy.observationSize()
                || network.actionSize() != policy.actionSize()) {
            throw new IllegalArgumentException(
                    "expected a policy of %s, of %d observations and %d outputs, and inverse dynamics of twice as many; got %d and %d, %d and %d"
                            .formatted(
                                    environments.name(),
                                    environments.observationSize(),
                                    environments.actions().policyOutputs(),
                                    policy.observationSize(),
                                    policy.actionSize(),
                                    network.observationSize(),
                                    network.actionSize()));
        }
        this.policy = policy;
        this.environments = environments;
        this.config = config;
        this.dynamics = new InverseDynamics(network, environments.actions(), config.dynamics());
        this.cloning = new BehaviouralCloning(policy, config.cloning());
    }

    @Override
    public LearnerState initialState(long seed) {
        return BcoUpdate.initial(cloning.initialState(seed));
    }

    /**
     * Begins an update. Replay is demonstrated as well.
     *
     * @throws IllegalArgumentException if no demonstration has two successive observations, or they are of another size
     */
    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        List<Trajectory> shown =
                Stream.concat(demonstrations.stream(), replay.stream()).toList();
        long steps = shown.get(0).stepMs();
        for (Trajectory trajectory : shown) {
            if (trajectory.stepMs() != steps) {
                throw new IllegalArgumentException(
                        "expected demonstrations with one time between steps, got %d and %d ms (trip=%s)"
                                .formatted(steps, trajectory.stepMs(), trajectory.trip()));
            }
        }
        Transitions transitions = Transitions.of(
                shown, environments.observationSize(), environments.actions().size());
        if (transitions.rows() == 0) {
            throw new IllegalArgumentException(
                    "expected a demonstration with two successive observations, got none in %d of at most 1 observation"
                            .formatted(shown.size()));
        }
        VisitDistance distance = new VisitDistance(shown, environments.observationSize(), environments.horizon(), seed);
        Environment environment = environments.create(demonstrations, config.copies());
        return new BcoUpdate(this, config, new Setting(environment, shown, transitions, distance), state, seed);
    }

    /** Returns no interaction. */
    Transitions none() {
        return Transitions.none(
                environments.observationSize(), environments.actions().size());
    }

    /**
     * Returns lines 5 to 10 of Algorithm 1, to be done once.
     *
     * @param before all that was collected before
     * @param last memory of the policy that acts; null to act at random
     * @param randomShare share of actions that are random where the policy acts
     */
    Sliced<Iteration> iterate(
            Setting setting, Transitions before, @Nullable LearnerState last, double randomShare, long seed) {
        long[] seeds = new SplittableRandom(seed).longs(6).toArray();
        return interact(setting.environment(), last, randomShare, seeds[0])
                .then(
                        collected -> { // line 5
                            Transitions all = before.and(collected).newest(config.most());
                            return finished(() ->
                                            dynamics.fit(dynamics.initialState(seeds[1]), all, seeds[1])) // line 7
                                    .then(inverse -> {
                                        Matrix actions = dynamics.infer( // line 9
                                                inverse.state(), setting.transitions(), config.labels(), seeds[2]);
                                        List<Trajectory> labelled =
                                                Observed.labelled(setting.demonstrations(), actions);
                                        return finished(
                                                        () -> // line 10
                                                        cloning.begin(
                                                                        cloning.initialState(seeds[3]),
                                                                        labelled,
                                                                        List.of(),
                                                                        seeds[3]))
                                                .thenOne(cloned -> tried(
                                                        setting, all, collected.rows(), inverse, cloned, seeds[4]));
                                    });
                        });
    }

    private Sliced<Transitions> interact(
            Environment environment, @Nullable LearnerState last, double randomShare, long seed) {
        int steps = last == null ? config.interaction() : (int) Math.round(config.alpha() * config.interaction());
        if (steps == 0) {
            return Sliced.of(this::none);
        }
        Behaviour behaviour =
                last == null ? environment.randomBehaviour() : mixed(acting(last), environment.actions(), randomShare);
        return Sliced.of(() -> new RolloutCollector(environment).beginSteps(behaviour, steps, seed))
                .then(collection -> new Sliced<Transitions>() {
                    @Override
                    public boolean advance() {
                        return collection.advance(STEPS_PER_SLICE);
                    }

                    @Override
                    public Transitions outcome() {
                        return transitions(collection.rollout());
                    }
                });
    }

    private static Behaviour mixed(Behaviour behaviour, ActionSpace actions, double randomShare) {
        return (float[] observations, int rows, RandomGenerator random, float[] done, float[] logProbabilities) -> {
            behaviour.act(observations, rows, random, done, logProbabilities);
            for (int row = 0; row < rows; row++) {
                if (random.nextDouble() < randomShare) {
                    logProbabilities[row] = actions.drawUniformly(random, done, row * actions.size());
                }
            }
        };
    }

    private static Transitions transitions(Rollout rollout) {
        return Transitions.of(rollout.trajectories(), rollout.observationSize(), rollout.actionSize());
    }

    /** Returns an update that is done step by step, with the update as its outcome. */
    private static Sliced<Update> finished(Supplier<Update> begun) {
        return Sliced.of(begun).then(update -> new Sliced<Update>() {
            @Override
            public boolean advance() {
                return update.step();
            }

            @Override
            public Update outcome() {
                return update;
            }
        });
    }

    /** Judges the clone by what it visits itself, which is also collected; BCO(0) takes it as it is. */
    private Iteration tried(Setting setting, Transitions all, int steps, Update inverse, Update cloned, long seed) {
        double dynamicsLoss = loss(inverse);
        double cloningLoss = loss(cloned);
        LearnerState policyNow = cloned.state();
        if (config.alpha() == 0) {
            return new Iteration(all, policyNow, steps, Double.POSITIVE_INFINITY, dynamicsLoss, cloningLoss);
        }
        Rollout trial = new RolloutCollector(setting.environment())
                .episodes(acting(policyNow).mode(), config.trialEpisodes(), seed);
        return new Iteration(
                all.and(transitions(trial)).newest(config.most()),
                policyNow,
                steps + trial.steps(),
                setting.distance().to(trial.trajectories(), seed),
                dynamicsLoss,
                cloningLoss);
    }

    private static double loss(Update update) {
        return Objects.requireNonNull(update.report().figures().get("validationLoss"));
    }

    private SampledPolicy acting(LearnerState state) {
        SampledPolicy made = acting;
        if (made == null) {
            made = new SampledPolicy(policy, environments.actions());
            acting = made;
        }
        return made.with(BehaviouralCloning.theta(state), BehaviouralCloning.scaler(state));
    }

    @Override
    public byte[] export(LearnerState state) {
        return cloning.export(BcoUpdate.policy(state));
    }

    @Override
    public void close() {
        dynamics.close();
        cloning.close();
        if (acting != null) {
            acting.close();
        }
    }
}
