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
import dev.understudy.environment.Environments;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.Update;
import dev.understudy.learn.adversarial.Gail;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.adversarial.GailUpdate;
import dev.understudy.model.ServedPolicy;
import dev.understudy.reward.RewardForm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

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
    private static final Setting<Integer> EPISODES =
            Setting.integer("episodes", 100, 1, 1_000_000, "Episodes to play (of control).");

    /** What training asks for besides. */
    static final List<Setting<?>> TRAINING = List.of(ENVIRONMENT, TRAJECTORIES, SUBSAMPLE, REWARD, FEEDBACK);

    /** What evaluation asks for besides. */
    static final List<Setting<?>> EVALUATION = List.of(ENVIRONMENT, EPISODES, TrainCommand.SEED);

    /** Episodes played after a training. */
    private static final int EPISODES_TRAINED = 50;

    private static final int MOST_COPIES = 50;

    private final ControlPolicySpec spec;
    private final Task task;
    private List<Trajectory> learned = List.of();
    private List<Trajectory> others = List.of();

    ControlStudy(ControlPolicySpec spec) {
        this.spec = spec;
        task = Environments.named(spec.environment());
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
            all = Demonstrations.read(files.get(0));
            task.check(all);
            chosen = task.held(all.first(settings.get(TRAJECTORIES)))
                    .subsample(settings.get(SUBSAMPLE), settings.get(TrainCommand.SEED));
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
        if (!algorithm.equals(Algorithms.GAIL)) {
            return spec.learner(algorithm, length);
        }
        GailConfig config = GailConfig.defaults(reward(settings.get(REWARD))).withFeedback(settings.get(FEEDBACK));
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
                play(policy, EPISODES_TRAINED, settings.get(TrainCommand.SEED)).meanReturn());
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
        return told;
    }

    /** Plays whole episodes, each action the one that the policy deems best. */
    private Rollout play(ServedPolicy policy, int episodes, long seed) {
        return new RolloutCollector(task.create(Math.min(MOST_COPIES, episodes), 0))
                .episodes(Behaviour.modeOf(policy), episodes, seed);
    }

    @Override
    public int evaluate(ServedPolicy policy, List<Path> files, Settings settings, Console console) {
        if (!files.isEmpty()) {
            throw new BadSettingsException(List.of(
                    "demos: expected none, as %s is evaluated by playing, found %s".formatted(spec.name(), files)));
        }
        int episodes = settings.get(EPISODES);
        Rollout rollout = play(policy, episodes, settings.get(TrainCommand.SEED));
        double mean = rollout.meanReturn();
        double deviation = Math.sqrt(Arrays.stream(rollout.returns())
                .map(value -> (value - mean) * (value - mean))
                .average()
                .orElse(Double.NaN));
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("policy", policy.metadata().policy());
        result.put("sha256", policy.sha256());
        result.put("environment", task.name());
        result.put("returnMean", mean);
        result.put("returnStd", deviation);
        result.put("returns", rollout.returns());
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
