package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.data.Demonstrations;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.ChunkPlayer;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.Update;
import dev.understudy.learn.adversarial.Airl;
import dev.understudy.learn.adversarial.AirlConfig;
import dev.understudy.learn.adversarial.DacConfig;
import dev.understudy.learn.adversarial.DiscriminatorActorCritic;
import dev.understudy.learn.adversarial.Gail;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.adversarial.GailUpdate;
import dev.understudy.learn.observation.BcoConfig;
import dev.understudy.learn.observation.BcoUpdate;
import dev.understudy.learn.observation.InverseDynamics;
import dev.understudy.model.LoadedChunks;
import dev.understudy.model.LoadedReward;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.ServedPolicy;
import dev.understudy.reward.RewardForm;
import dev.understudy.reward.ShapedReward;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Tasks of control: learned from a file of an expert's episodes, evaluated by playing whole episodes. */
final class ControlStudy implements Study {
    private static final Setting<Integer> TRAJECTORIES = Setting.integer(
            "trajectories", 4, 1, 1_000_000, "Episodes to learn from, in the file's order (of control).");
    private static final Setting<Integer> SUBSAMPLE =
            Setting.integer("subsample", 1, 1, 1_000_000, "Keep every n-th pair, from a random offset (of control).");
    private static final Setting<String> REWARD = Setting.text(
            "reward",
            "",
            "Form of gail's reward (of control): survival is -log(1-D), termination log D, log-odds their sum; the task's own"
                    + " if left out.");
    private static final Setting<GailConfig.Feedback> FEEDBACK = Setting.choice(
            "feedback",
            GailConfig.Feedback.EXPERT,
            GailConfig.Feedback.class,
            "What gail's discriminator learns from (of control): expert; or a control that must fail: constant, noise.");
    private static final Setting<Integer> CHUNK = Setting.integer(
            "chunk",
            1,
            1,
            1_000,
            "How many of the next actions bc predicts at once (of control); evaluate averages what was predicted for a step.");
    private static final Setting<ChunkPlayer.Carrying> CARRYING = Setting.choice(
            "carrying",
            ChunkPlayer.Carrying.ENSEMBLED,
            ChunkPlayer.Carrying.class,
            "How a policy of several actions at once acts (of control): ensembled, predicting in every step; or whole, in"
                    + " every --chunk steps.");
    private static final Setting<Integer> EPISODES =
            Setting.integer("episodes", 100, 1, 1_000_000, "Episodes to play (of control).");

    private static final Setting<Double> ALPHA = Setting.number(
            "alpha",
            BcoConfig.classicControl().alpha(),
            0,
            1_000,
            "Interaction of each iteration of bco after the first, as a share of --interaction; 0 for none, BCO(0).");
    private static final Setting<Integer> INTERACTION = Setting.integer(
            "interaction",
            BcoConfig.classicControl().interaction(),
            1,
            100_000_000,
            "Random steps that bco begins with.");
    private static final Setting<InverseDynamics.Labels> LABELS = Setting.choice(
            "labels",
            BcoConfig.classicControl().labels(),
            InverseDynamics.Labels.class,
            "How bco labels the demonstrations by p(a | s, s'): sampled, or mode for the likeliest action.");

    private static final Setting<ShapedReward.Reads> READS = Setting.choice(
            "reads",
            AirlConfig.defaults().reads(),
            ShapedReward.Reads.class,
            "What the reward that airl recovers reads: state, or state-and-action.");
    private static final Setting<String> REWARD_OUT =
            Setting.text("reward.out", "", "Where airl writes the recovered reward, which score reads.");

    /** What training asks for besides. */
    static final List<Setting<?>> TRAINING = List.of(
            ENVIRONMENT,
            TRAJECTORIES,
            SUBSAMPLE,
            CHUNK,
            REWARD,
            FEEDBACK,
            ALPHA,
            INTERACTION,
            LABELS,
            READS,
            REWARD_OUT);

    /** The algorithms that need no observation after a step. */
    private static final Set<String> THINNED = Set.of(Algorithms.CLONING, Algorithms.GAIL, Algorithms.DAC);

    /** What evaluation asks for besides. */
    static final List<Setting<?>> EVALUATION = List.of(ENVIRONMENT, EPISODES, CARRYING, TrainCommand.SEED);

    /** Episodes played after a training. */
    private static final int EPISODES_TRAINED = 50;

    private static final int MOST_COPIES = 50;

    private final ControlPolicySpec spec;
    private final Task task;
    /** The environment that the demonstrations are shown as of. */
    private Task practised;

    private boolean readsActions = true;
    private List<Trajectory> learned = List.of();
    private List<Trajectory> others = List.of();

    ControlStudy(ControlPolicySpec spec) {
        this.spec = spec;
        task = Environments.named(spec.environment());
        practised = task;
    }

    @Override
    public Material read(List<Path> files, Settings settings, Console console) throws IOException {
        if (files.size() != 1) {
            throw new BadSettingsException(
                    List.of("demos: expected one file of episodes of %s, found %s".formatted(spec.name(), files)));
        }
        LogFiles.requireExisting(files);
        Demonstrations all;
        Demonstrations chosen;
        try {
            if (readsActions) {
                all = Demonstrations.read(files.get(0));
                task.check(all);
                chosen = practised
                        .held(all.first(settings.get(TRAJECTORIES)))
                        .subsample(settings.get(SUBSAMPLE), settings.get(TrainCommand.SEED));
            } else {
                all = Demonstrations.readObserved(files.get(0));
                task.checkObserved(all);
                chosen = practised.held(all.first(settings.get(TRAJECTORIES)));
            }
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(String.valueOf(e.getMessage()));
        }
        learned = chosen.trajectories();
        others = all.trajectories().subList(learned.size(), all.trajectories().size());
        int pairs = learned.stream().mapToInt(Trajectory::steps).sum();
        if (pairs == 0) {
            throw new CommandFailedException(
                    "expected at least one pair in %d trajectories thinned by %d, got none (%s)"
                            .formatted(settings.get(TRAJECTORIES), settings.get(SUBSAMPLE), chosen.source()));
        }
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("environment", task.name());
        told.put("trajectories", learned.size());
        told.put("pairs", pairs);
        return new Material(learned, Map.of("demonstrations", chosen.source()), told);
    }

    @Override
    public Learner learner(String algorithm, int length, Settings settings) {
        readsActions = !Algorithms.OF_OBSERVATIONS.contains(algorithm);
        if (!THINNED.contains(algorithm) && settings.get(SUBSAMPLE) > 1) {
            throw new BadSettingsException(
                    List.of("subsample: expected 1 for %s, which learns from successive observations, found %d"
                            .formatted(algorithm, settings.get(SUBSAMPLE))));
        }
        if (!settings.get(REWARD_OUT).isBlank() && !algorithm.equals(Algorithms.AIRL)) {
            throw new BadSettingsException(
                    List.of("reward.out: expected airl, which recovers a reward, found " + algorithm));
        }
        int chunk = settings.get(CHUNK);
        if (chunk > 1 && (!algorithm.equals(Algorithms.CLONING) || settings.get(SUBSAMPLE) > 1)) {
            throw new BadSettingsException(
                    List.of("chunk: expected 1 except of bc with every step of the demonstrations, found " + chunk));
        }
        if (algorithm.equals(Algorithms.CLONING)) {
            return chunk > 1 ? spec.cloningOfChunks(chunk, length) : spec.learner(algorithm, length);
        }
        if (algorithm.equals(Algorithms.AIRL)) {
            AirlConfig config =
                    AirlConfig.defaults().withReads(settings.get(READS)).withFeedback(settings.get(FEEDBACK));
            practised = spec.withoutEnd();
            return spec.airl(length == 0 ? config : config.withIterations(length));
        }
        if (algorithm.equals(Algorithms.DAC)) {
            DacConfig config = DacConfig.defaults().withFeedback(settings.get(FEEDBACK));
            return spec.discriminatorActorCritic(length == 0 ? config : config.withIterations(length));
        }
        if (algorithm.equals(Algorithms.BCO)) {
            BcoConfig config = BcoConfig.classicControl()
                    .withAlpha(settings.get(ALPHA))
                    .withInteraction(settings.get(INTERACTION))
                    .withLabels(settings.get(LABELS));
            return spec.cloningFromObservation(length == 0 ? config : config.withIterations(length));
        }
        RewardForm reward = reward(settings.get(REWARD));
        GailConfig config = (readsActions ? GailConfig.defaults(reward) : GailConfig.observed(reward))
                .withFeedback(settings.get(FEEDBACK));
        return spec.gail(length == 0 ? config : config.withIterations(length));
    }

    private RewardForm reward(String name) {
        if (name.isBlank()) {
            return GailConfig.reward(task);
        }
        try {
            return RewardForm.named(name);
        } catch (IllegalArgumentException e) {
            throw new BadSettingsException(List.of("reward: " + e.getMessage()));
        }
    }

    @Override
    public Map<String, Object> trained(Learner learner, Update update, ServedPolicy policy, Settings settings) {
        Map<String, Object> told = new LinkedHashMap<>();
        Map<String, Double> figures = update.report().figures();
        told.put("steps", Objects.requireNonNull(figures.get("steps")));
        told.put(
                "returnMean",
                mean(play(policy, EPISODES_TRAINED, ChunkPlayer.Carrying.ENSEMBLED, settings.get(TrainCommand.SEED))));
        if (learner instanceof Gail gail && update instanceof GailUpdate imitation) {
            RewardForm reward = reward(settings.get(REWARD));
            told.put("reward", reward.formula());
            told.put("rewardBias", reward.bias());
            told.put("feedback", settings.get(FEEDBACK).name().toLowerCase(Locale.ROOT));
            told.put("kl", Objects.requireNonNull(figures.get("kl")));
            told.put("entropy", Objects.requireNonNull(figures.get("entropy")));
            told.put(
                    "expertAgainstHeldOutExpertAccuracy",
                    others.isEmpty() ? Double.NaN : gail.memorised(learned, others));
            told.put("curve", Arrays.stream(imitation.returns()).boxed().toList());
        }
        if (learner instanceof DiscriminatorActorCritic && update instanceof GailUpdate imitation) {
            told.put("feedback", settings.get(FEEDBACK).name().toLowerCase(Locale.ROOT));
            told.put("curve", Arrays.stream(imitation.returns()).boxed().toList());
        }
        if (learner instanceof Airl airl && update instanceof GailUpdate imitation) {
            told.put("feedback", settings.get(FEEDBACK).name().toLowerCase(Locale.ROOT));
            told.put("reads", airl.reads().name().toLowerCase(Locale.ROOT).replace('_', '-'));
            told.put("kl", Objects.requireNonNull(figures.get("kl")));
            told.put("entropy", Objects.requireNonNull(figures.get("entropy")));
            told.put("curve", Arrays.stream(imitation.returns()).boxed().toList());
            if (!settings.get(REWARD_OUT).isBlank()) {
                told.putAll(write(airl, update, policy, Path.of(settings.get(REWARD_OUT))));
            }
        }
        if (update instanceof BcoUpdate imitation) {
            told.put("alpha", settings.get(ALPHA));
            told.put("labels", settings.get(LABELS).name().toLowerCase(Locale.ROOT));
            told.put(
                    "distances",
                    Arrays.stream(imitation.distances())
                            .filter(Double::isFinite)
                            .boxed()
                            .toList());
        }
        return told;
    }

    /** Writes the recovered reward, with the metadata of the policy that was learned with it. */
    private Map<String, Object> write(Airl airl, Update update, ServedPolicy policy, Path out) {
        ModelFile file = LoadedReward.create(
                airl.exportReward(update.state()),
                policy.metadata().withExtra(Map.of(ModelMetadata.ALGORITHM, Algorithms.AIRL)),
                spec.actions());
        try {
            Files.write(out, file.bytes());
        } catch (IOException e) {
            throw new CommandFailedException("cannot write the reward to %s: %s".formatted(out, e.getMessage()));
        }
        return Map.of("rewardModel", out.toAbsolutePath().normalize().toString(), "rewardSha256", file.sha256());
    }

    /** Returns the returns of whole episodes, each action the one that the policy deems best. */
    private double[] play(ServedPolicy policy, int episodes, ChunkPlayer.Carrying carrying, long seed) {
        Environment environment = task.create(Math.min(MOST_COPIES, episodes), 0);
        int chunk = LoadedChunks.length(policy.metadata());
        if (chunk == 1) {
            return new RolloutCollector(environment)
                    .episodes(Behaviour.modeOf(policy), episodes, seed)
                    .returns();
        }
        try (LoadedChunks chunks =
                LoadedChunks.of(policy.file().bytes(), spec.observationSize(), spec.actions(), chunk)) {
            return new ChunkPlayer(environment, chunks, carrying).returns(episodes, seed);
        }
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }

    @Override
    public int evaluate(ServedPolicy policy, List<Path> files, Settings settings, Console console) {
        if (!files.isEmpty()) {
            throw new BadSettingsException(List.of(
                    "demos: expected none, as %s is evaluated by playing, found %s".formatted(spec.name(), files)));
        }
        int episodes = settings.get(EPISODES);
        double[] returns = play(policy, episodes, settings.get(CARRYING), settings.get(TrainCommand.SEED));
        double mean = mean(returns);
        double deviation = Math.sqrt(Arrays.stream(returns)
                .map(value -> (value - mean) * (value - mean))
                .average()
                .orElse(Double.NaN));
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("policy", policy.metadata().policy());
        result.put("sha256", policy.sha256());
        result.put("environment", task.name());
        result.put("returnMean", mean);
        result.put("returnStd", deviation);
        result.put("returns", returns);
        result.put("episodes", episodes);
        console.result(
                result,
                () -> String.format(
                        Locale.ROOT,
                        "%s: mean return %.2f, deviation %.2f, %d episodes",
                        task.name(),
                        mean,
                        deviation,
                        episodes));
        return 0;
    }
}
