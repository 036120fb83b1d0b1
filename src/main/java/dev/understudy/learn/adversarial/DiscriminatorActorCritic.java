package dev.understudy.learn.adversarial;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.End;
import dev.understudy.environment.Environment;
import dev.understudy.environment.EnvironmentFactory;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.network.Scaler;
import dev.understudy.policy.GaussianPolicy;
import dev.understudy.reward.Discriminator;
import dev.understudy.reward.RewardFunction;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Discriminator-actor-critic: Kostrikov, Agrawal, Dwibedi, Levine and Tompson (2019), arXiv:1809.02925, Algorithm 1.
 * All that was ever done is kept; the discriminator tells the expert's pairs from it, and an off-policy actor and
 * critics ({@link ActorCritic}) learn from it by the reward log D - log(1 - D), computed when a step is drawn. So it
 * needs far fewer steps in the environment than {@link Gail}.
 *
 * <p>Departures: the discriminator is GAIL's, with its gradient penalty. There are no absorbing states: the tasks here
 * whose actions are numbers never end early, which is what absorbing states correct for.
 *
 * <p>An update may be left at any time; it goes on from the end of its last whole episode.
 */
public final class DiscriminatorActorCritic implements Learner, Imitation {
    private static final String REPLAY = "replay.steps";
    private static final String UPDATES = "replay.updates";
    /** Updates of one slice. */
    private static final int UPDATES_PER_SLICE = 2;

    private final GaussianPolicy policy;
    private final EnvironmentFactory environments;
    private final DacConfig config;
    private final @Nullable RewardFunction reward;
    private final PairEncoding encoding;
    private final int columns;
    private @Nullable ActorCritic actorCritic;
    private @Nullable Discriminator discriminator;
    private @Nullable Supplier<Environment> practice;
    private Scaler scaler;
    /** Steps as rows of s, a, s', alive. */
    private float[] replay = {};

    private long updates;
    /** What a given reward is standardised by: that of what was demonstrated. */
    private Scaler earned = Scaler.empty(1);

    /**
     * Creates the learner.
     *
     * @param policy squashed into the range of the environment's actions
     */
    public DiscriminatorActorCritic(GaussianPolicy policy, EnvironmentFactory environments, DacConfig config) {
        this(policy, environments, config, null);
    }

    /**
     * Creates the learner.
     *
     * @param reward what is learned from in place of the discriminator, which then learns nothing; demonstrations only
     *     decide how observations and rewards are standardised. Not closed with this learner
     */
    public DiscriminatorActorCritic(
            GaussianPolicy policy, EnvironmentFactory environments, DacConfig config, @Nullable RewardFunction reward) {
        if (policy.observationSize() != environments.observationSize()
                || policy.actionSize() != environments.actions().policyOutputs()
                || policy.bounds() != GaussianPolicy.Bounds.SQUASHED) {
            throw new IllegalArgumentException("expected a squashed policy of %s: %d observations, %d actions; got %s"
                    .formatted(
                            environments.name(),
                            environments.observationSize(),
                            environments.actions().policyOutputs(),
                            policy));
        }
        this.policy = policy;
        this.environments = environments;
        this.config = config;
        this.reward = reward;
        this.encoding =
                new PairEncoding(environments.observationSize(), environments.actions(), GailConfig.Judged.pairs());
        this.columns = 2 * policy.observationSize() + policy.actionSize() + 1;
        this.scaler = Scaler.empty(policy.observationSize());
    }

    private ActorCritic actorCritic() {
        ActorCritic made = actorCritic;
        if (made == null) {
            made = new ActorCritic(policy, config);
            actorCritic = made;
        }
        return made;
    }

    private Discriminator discriminator() {
        Discriminator made = discriminator;
        if (made == null) {
            made = new Discriminator(encoding.size(), config.loop().discriminator(), 0);
            discriminator = made;
        }
        return made;
    }

    @Override
    public LearnerState initialState(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return state(
                actorCritic().initialMemory(random),
                Scaler.empty(policy.observationSize()),
                new float[0],
                0,
                discriminator().initialMemory(random.nextLong()),
                new TreeMap<>());
    }

    @Override
    public LearnerState state(SortedMap<String, Long> counters) {
        return state(
                actorCritic().memory(), scaler, replay, updates, discriminator().memory(), counters);
    }

    private static LearnerState state(
            SortedMap<String, float[]> learned,
            Scaler scaler,
            float[] replay,
            long updates,
            Discriminator.Memory discriminator,
            SortedMap<String, Long> counters) {
        SortedMap<String, float[]> vectors = new TreeMap<>(learned);
        vectors.put(REPLAY, replay);
        vectors.put(PolicyImprovement.THETA, Objects.requireNonNull(learned.get("actor.theta")));
        SortedMap<String, double[]> statistics = new TreeMap<>();
        statistics.put(PolicyImprovement.SCALER, scaler.toStatistics());
        counters.put(UPDATES, updates);
        return Gail.both(new LearnerState(vectors, statistics, new TreeMap<>()), discriminator, counters);
    }

    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> more, long seed) {
        List<Trajectory> all =
                Stream.concat(demonstrations.stream(), more.stream()).toList();
        Matrix expert = encoding.of(environments.shown(all, seed));
        if (expert.rows() == 0) {
            throw new IllegalArgumentException("expected at least one demonstrated step, got none");
        }
        actorCritic().restore(state.vectors());
        discriminator().restore(Gail.discriminator(state, false));
        replay = state.vector(REPLAY);
        updates = state.counter(UPDATES);
        scaler = PolicyImprovement.scaler(state);
        for (Trajectory trajectory : scaler.count() == 0 ? demonstrations : List.<Trajectory>of()) {
            scaler = scaler.merge(trajectory.observations());
        }
        earned = earned(demonstrations);
        practice = () -> environments.create(demonstrations, 1);
        boolean isNoise = config.loop().feedback() == GailConfig.Feedback.NOISE;
        return new GailUpdate(this, config.loop(), isNoise ? Gail.noise(encoding.size(), seed) : expert, state, seed);
    }

    private Scaler earned(List<Trajectory> demonstrations) {
        Scaler all = Scaler.empty(1);
        for (Trajectory trajectory : reward == null ? List.<Trajectory>of() : demonstrations) {
            float[] rewards = new float[trajectory.steps()];
            Objects.requireNonNull(reward)
                    .rewards(
                            trajectory.observations().floats(),
                            trajectory.actions().values(),
                            rewards.length,
                            rewards);
            all = all.merge(new Matrix(rewards.length, 1, rewards));
        }
        return all;
    }

    private Environment environment() {
        return Objects.requireNonNull(practice, "an environment to act in, from begin")
                .get();
    }

    /** Returns an episode, which the replay buffer keeps, and as many updates as it has steps. */
    @Override
    public Sliced<Gail.Iteration> iterate(int iteration, Matrix expert, double share, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return Sliced.of(() -> episode(random.nextLong())).then(rollout -> learn(rollout, expert, random));
    }

    private Rollout episode(long seed) {
        Environment environment = environment();
        actorCritic().refresh(scaler);
        boolean knowsNothing = replay.length / columns < config.randomSteps();
        Behaviour behaviour = knowsNothing
                ? environment.randomBehaviour()
                : (float[] o, int rows, RandomGenerator random, float[] actions, float[] logProbabilities) ->
                        actorCritic().act(o, rows, config.exploration(), random, actions);
        Rollout rollout = new RolloutCollector(environment).episodes(behaviour, 1, seed);
        keep(rollout);
        return rollout;
    }

    private void keep(Rollout rollout) {
        int n = policy.observationSize();
        int k = policy.actionSize();
        int before = replay.length;
        float[] kept = java.util.Arrays.copyOf(replay, before + rollout.steps() * columns);
        for (int row = 0; row < rollout.steps(); row++) {
            boolean isLast = row + 1 == rollout.steps();
            int at = before + row * columns;
            System.arraycopy(rollout.observations(), row * n, kept, at, n);
            System.arraycopy(rollout.actions(), row * k, kept, at + n, k);
            if (isLast) {
                System.arraycopy(rollout.lastObservations(), 0, kept, at + n + k, n);
            } else {
                System.arraycopy(rollout.observations(), (row + 1) * n, kept, at + n + k, n);
            }
            kept[at + 2 * n + k] = isLast && rollout.end(0) == End.TERMINATED ? 0f : 1f;
        }
        replay = kept;
    }

    private Sliced<Gail.Iteration> learn(Rollout rollout, Matrix expert, SplittableRandom random) {
        return new Sliced<>() {
            private int done;
            private Discriminator.Report report = Gail.constant();

            @Override
            public boolean advance() {
                for (int i = 0; i < UPDATES_PER_SLICE && done < rollout.steps(); i++, done++) {
                    report = update(expert, random);
                }
                return done < rollout.steps();
            }

            @Override
            public Gail.Iteration outcome() {
                return new Gail.Iteration(rollout, report, new PolicyStep.Outcome(new float[0], 0, 0, 0, true));
            }
        };
    }

    private Discriminator.Report update(Matrix expert, SplittableRandom random) {
        int n = policy.observationSize();
        int k = policy.actionSize();
        int size = config.batchSize();
        float[] pairs = new float[size * (n + k)];
        float[] observations = new float[size * n];
        float[] actions = new float[size * k];
        float[] next = new float[size * n];
        float[] alive = new float[size];
        for (int row = 0; row < size; row++) {
            int from = random.nextInt(replay.length / columns) * columns;
            System.arraycopy(replay, from, pairs, row * (n + k), n + k);
            System.arraycopy(replay, from, observations, row * n, n);
            System.arraycopy(replay, from + n, actions, row * k, k);
            System.arraycopy(replay, from + n + k, next, row * n, n);
            alive[row] = replay[from + 2 * n + k];
        }
        Matrix generated = new Matrix(size, n + k, pairs);
        boolean learns = reward == null && config.loop().feedback() != GailConfig.Feedback.CONSTANT;
        Discriminator.Report report = learns ? discriminator().update(expert, generated, random) : Gail.constant();
        float[] rewards;
        if (reward == null) {
            rewards = discriminator().logits(generated);
        } else {
            rewards = new float[size];
            reward.rewards(observations, actions, size, rewards);
            for (int row = 0; row < size; row++) {
                rewards[row] = (rewards[row] - earned.shift()[0]) * earned.scale()[0];
            }
        }
        updates++;
        actorCritic()
                .update(
                        new ActorCritic.Steps(observations, actions, next, alive, rewards),
                        scaler,
                        updates % config.delay() == 0,
                        random);
        return report;
    }

    /** Returns whole episodes of what the actor does, without noise. */
    public Rollout evaluate(int episodes, long seed) {
        actorCritic().refresh(scaler);
        return new RolloutCollector(environment())
                .episodes(
                        (float[] o, int rows, RandomGenerator random, float[] actions, float[] logProbabilities) ->
                                actorCritic().act(o, rows, 0, random, actions),
                        episodes,
                        seed);
    }

    @Override
    public byte[] export(LearnerState state) {
        return PolicyImprovement.export(policy, state);
    }

    @Override
    public void close() {
        if (actorCritic != null) {
            actorCritic.close();
            actorCritic = null;
        }
        if (discriminator != null) {
            discriminator.close();
            discriminator = null;
        }
    }
}
