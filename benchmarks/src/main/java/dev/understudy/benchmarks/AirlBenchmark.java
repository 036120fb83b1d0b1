package dev.understudy.benchmarks;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.data.Demonstrations;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.adversarial.Airl;
import dev.understudy.learn.adversarial.AirlConfig;
import dev.understudy.learn.adversarial.DacConfig;
import dev.understudy.learn.adversarial.DiscriminatorActorCritic;
import dev.understudy.learn.adversarial.GailUpdate;
import dev.understudy.learn.adversarial.ImprovementConfig;
import dev.understudy.learn.adversarial.PolicyImprovement;
import dev.understudy.learn.adversarial.Trpo;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.LoadedReward;
import dev.understudy.policy.StochasticPolicy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Adversarial inverse reinforcement learning over draws: the policy's return, that of a policy trained from scratch on
 * the recovered reward alone, and how that reward ranks episodes of mixed quality.
 */
final class AirlBenchmark {
    private static final int MOST_STEPS = 2_000_000;
    private static final double LEAST_SHARE = 0.95;
    private static final double LEAST_CORRELATION = 0.9;
    /** Episodes of mixed quality: by so many shares of random actions, this many each. */
    private static final int SHARES = 11;

    private static final int EPISODES_OF_EACH = 10;

    /**
     * What is measured.
     *
     * @param experts whose episodes are learned from
     * @param count of them in a draw
     * @param firstDraw number of the first draw
     * @param draws of demonstrations and seeds
     * @param episodes of each evaluation
     * @param again how another policy learns from the recovered reward
     * @param config how it is learned
     */
    record Settings(
            Demonstrations experts,
            Task task,
            int count,
            int firstDraw,
            int draws,
            int episodes,
            Again again,
            AirlConfig config) {}

    /**
     * How another policy learns from the recovered reward.
     *
     * @param learner by which
     * @param iterations of it; of an actor and critics, episodes
     * @param improvement how {@link Kind#TRPO} improves it
     * @param earns what by
     * @param practised where it practises
     * @param played where it is evaluated
     */
    record Again(
            Kind learner, int iterations, ImprovementConfig improvement, Earns earns, Task practised, Task played) {
        /** A learner of policies from rewards. */
        enum Kind {
            /** Trust regions, on-policy. */
            TRPO,
            /** Twin delayed deterministic policy gradients, off-policy; of actions that are numbers. */
            ACTOR_CRITIC
        }

        /** What another policy learns from. */
        enum Earns {
            /** The recovered reward. */
            RECOVERED,
            /** The environment's own: a control, what the same learner does with it. */
            TRUE
        }
    }

    private record Run(double mean, double steps, double retrained, double correlation, double seconds) {}

    private final Settings settings;
    private final ControlPolicySpec spec;
    private final Consumer<String> progress;

    AirlBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.spec = ControlPolicySpec.of(settings.task().name());
        this.progress = progress;
    }

    Map<String, Object> run() throws IOException {
        List<Run> runs = new ArrayList<>();
        for (int draw = settings.firstDraw(); draw < settings.firstDraw() + settings.draws(); draw++) {
            Run run = run(settings.experts().choose(settings.count(), draw), draw);
            runs.add(run);
            progress.accept(String.format(
                    Locale.ROOT,
                    "%s demonstrations=%d draw=%d return=%.2f steps=%.0f retrained=%.2f rankCorrelation=%.3f seconds=%.1f",
                    settings.task().name(),
                    settings.count(),
                    draw,
                    run.mean(),
                    run.steps(),
                    run.retrained(),
                    run.correlation(),
                    run.seconds()));
        }
        double shown = BcoBenchmark.shown(settings.experts());
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("demonstrators", shown);
        figures.put("return", spread(runs.stream().mapToDouble(Run::mean).toArray()));
        figures.put(
                "retrained", spread(runs.stream().mapToDouble(Run::retrained).toArray()));
        figures.put(
                "rankCorrelation",
                spread(runs.stream().mapToDouble(Run::correlation).toArray()));
        figures.put("steps", runs.stream().map(Run::steps).toList());
        figures.put("seconds", runs.stream().map(Run::seconds).toList());
        double least = shown - (1 - LEAST_SHARE) * Math.abs(shown);
        figures.put(
                "allReached",
                runs.stream()
                        .allMatch(run -> run.mean() >= least
                                && run.retrained() >= least
                                && run.correlation() >= LEAST_CORRELATION
                                && run.steps() <= MOST_STEPS));
        return figures;
    }

    private static Map<String, Object> spread(double[] values) {
        double mean = Arrays.stream(values).average().orElse(Double.NaN);
        Map<String, Object> spread = new LinkedHashMap<>();
        spread.put("mean", mean);
        spread.put("deviation", BcoBenchmark.deviation(values, mean));
        spread.put("worst", Arrays.stream(values).min().orElse(Double.NaN));
        spread.put("each", values);
        return spread;
    }

    private Run run(Demonstrations demonstrations, long seed) {
        Task task = settings.task();
        try (Airl airl = spec.airl(settings.config())) {
            var state = airl.initialState(seed);
            long begun = System.nanoTime();
            GailUpdate update = (GailUpdate)
                    airl.begin(state, spec.withoutEnd().held(demonstrations).trajectories(), List.of(), seed);
            boolean more = true;
            for (int iteration = 1; more; iteration++) {
                more = update.iterate();
                if (iteration % 25 == 0) {
                    progress.accept("%s draw %d iteration %d: drawn %.1f, mode %.1f, accuracy %.2f %.2f"
                            .formatted(
                                    task.name(),
                                    seed,
                                    iteration,
                                    update.returns()[iteration - 1],
                                    airl.evaluate(20, seed).meanReturn(),
                                    update.report().figures().get("expertAccuracy"),
                                    update.report().figures().get("generatedAccuracy")));
                }
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            double mean;
            try (LoadedPolicy policy =
                    LoadedPolicy.ofExport(airl.export(update.state()), spec.observationSize(), spec.actionSize())) {
                mean = played(Behaviour.modeOf(policy), seed);
            }
            try (LoadedReward reward =
                    LoadedReward.ofExport(airl.exportReward(update.state()), spec.observationSize(), spec.actions())) {
                double correlation = correlation(reward, airl.export(update.state()), seed);
                return new Run(
                        mean,
                        update.report().figures().getOrDefault("steps", Double.NaN),
                        retrained(reward, seed),
                        correlation,
                        seconds);
            }
        }
    }

    /** Returns the mean return in the task itself. */
    private double played(Behaviour mode, long seed) {
        return new RolloutCollector(settings.task().create(50, 0))
                .episodes(mode, settings.episodes(), 1_000_003L * (seed + 1))
                .meanReturn();
    }

    /** Returns the return of a new policy that has learned from the recovered reward and from nothing else. */
    private double retrained(LoadedReward reward, long seed) {
        if (settings.again().learner() == Again.Kind.ACTOR_CRITIC) {
            return retrainedOffPolicy(reward, seed);
        }
        StochasticPolicy policy = ControlPolicySpec.network(spec.observationSize(), spec.actions());
        ImprovementConfig config = settings.again().improvement();
        try (PolicyImprovement improvement = new PolicyImprovement(
                policy, spec.actions(), new Trpo(policy, config.region(), config.curvatureStride()), config)) {
            SplittableRandom random = new SplittableRandom(~seed);
            improvement.initialState(random.nextLong());
            improvement.practiseIn(() -> settings.again().practised().create(config.copies(), 0));
            improvement.demonstrated(settings.experts().trajectories());
            for (int iteration = 0; iteration < settings.again().iterations(); iteration++) {
                Rollout rollout = improvement.rollout(random.nextLong()).finish();
                float[] rewards = new float[rollout.steps()];
                if (settings.again().earns() == Again.Earns.TRUE) {
                    rewards = rollout.rewards();
                } else {
                    reward.rewards(rollout.observations(), rollout.actions(), rollout.steps(), rewards);
                }
                if (iteration % 25 == 0) {
                    progress.accept("again, iteration %d: drawn %.1f, mode %.1f"
                            .formatted(
                                    iteration,
                                    rollout.meanReturn(),
                                    improvement.evaluate(20, seed).meanReturn()));
                }
                double share = Math.min(
                        1.0,
                        (settings.again().iterations() - iteration)
                                / (0.4 * settings.again().iterations() + 1));
                improvement.improve(rollout, rewards, share, random.nextLong()).finish();
            }
            return improvement
                    .evaluateIn(
                            () -> settings.again().played().create(50, 0), settings.episodes(), 1_000_003L * (seed + 1))
                    .meanReturn();
        }
    }

    /** The same by an actor and critics, whose discount is that of {@link DacConfig#defaults}. */
    private double retrainedOffPolicy(LoadedReward reward, long seed) {
        DacConfig config = DacConfig.defaults().withIterations(settings.again().iterations());
        try (DiscriminatorActorCritic learner =
                new DiscriminatorActorCritic(spec.squashed(), settings.again().practised(), config, reward)) {
            GailUpdate update = (GailUpdate) learner.begin(
                    learner.initialState(~seed), settings.experts().trajectories(), List.of(), ~seed);
            boolean more = true;
            for (int iteration = 1; more; iteration++) {
                more = update.iterate();
                if (iteration % 10 == 0) {
                    progress.accept("again, episode %d: mode %.1f"
                            .formatted(iteration, learner.evaluate(20, seed).meanReturn()));
                }
            }
            try (LoadedPolicy policy =
                    LoadedPolicy.ofExport(learner.export(update.state()), spec.observationSize(), spec.actionSize())) {
                return new RolloutCollector(settings.again().played().create(50, 0))
                        .episodes(Behaviour.modeOf(policy), settings.episodes(), 1_000_003L * (seed + 1))
                        .meanReturn();
            }
        }
    }

    /** Returns Spearman's correlation between recovered and true returns of episodes with ever more random actions. */
    private double correlation(LoadedReward reward, byte[] policy, long seed) {
        Environment environment = spec.withoutEnd().create(EPISODES_OF_EACH, 0);
        List<Double> recovered = new ArrayList<>();
        List<Double> real = new ArrayList<>();
        try (LoadedPolicy loaded = LoadedPolicy.ofExport(policy, spec.observationSize(), spec.actionSize())) {
            Behaviour mode = Behaviour.modeOf(loaded);
            for (int i = 0; i < SHARES; i++) {
                double share = i / (SHARES - 1.0);
                Rollout rollout = new RolloutCollector(environment)
                        .episodes(mixed(mode, share), EPISODES_OF_EACH, seed * SHARES + i);
                float[] rewards = new float[rollout.steps()];
                reward.rewards(rollout.observations(), rollout.actions(), rollout.steps(), rewards);
                double[] returns = rollout.returns();
                for (int episode = 0; episode < rollout.episodes(); episode++) {
                    double sum = 0;
                    for (int row = rollout.firstStep(episode); row < rollout.firstStep(episode + 1); row++) {
                        sum += rewards[row];
                    }
                    recovered.add(sum);
                    real.add(returns[episode]);
                }
            }
        }
        return pearson(ranks(recovered), ranks(real));
    }

    private Behaviour mixed(Behaviour behaviour, double share) {
        return (float[] observations, int rows, RandomGenerator random, float[] actions, float[] logProbabilities) -> {
            behaviour.act(observations, rows, random, actions, logProbabilities);
            for (int row = 0; row < rows; row++) {
                if (random.nextDouble() < share) {
                    spec.actions().drawUniformly(random, actions, row * spec.actionSize());
                }
            }
        };
    }

    /** Returns the rank of each value; equal ones share the mean of theirs. */
    private static double[] ranks(List<Double> values) {
        return values.stream()
                .mapToDouble(value -> IntStream.range(0, values.size())
                        .mapToDouble(
                                i -> values.get(i) < value ? 1 : values.get(i).equals(value) ? 0.5 : 0)
                        .sum())
                .toArray();
    }

    private static double pearson(double[] left, double[] right) {
        double leftMean = Arrays.stream(left).average().orElse(0);
        double rightMean = Arrays.stream(right).average().orElse(0);
        double both = 0;
        double leftSquares = 0;
        double rightSquares = 0;
        for (int i = 0; i < left.length; i++) {
            both += (left[i] - leftMean) * (right[i] - rightMean);
            leftSquares += (left[i] - leftMean) * (left[i] - leftMean);
            rightSquares += (right[i] - rightMean) * (right[i] - rightMean);
        }
        return both / Math.sqrt(leftSquares * rightSquares);
    }
}
