package dev.understudy.app;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.data.Demonstrations;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Task;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Update;
import dev.understudy.learn.adversarial.Gail;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.adversarial.GailUpdate;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.model.ControlPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.TrainedFigures;
import dev.understudy.reward.RewardForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code train gail --environment} and {@code train bc --environment}: imitates an expert of an environment, from a
 * file of its episodes.
 */
final class ControlTraining {
    static final Setting<String> ENVIRONMENT = Setting.text(
            "environment", "", "The environment: " + String.join(", ", Environments.names()) + "; none for driving.");
    private static final Setting<Integer> TRAJECTORIES = Setting.integer(
            "trajectories", 4, 1, 1_000_000, "Episodes to learn from, in the file's order (with --environment).");
    private static final Setting<Integer> SUBSAMPLE = Setting.integer(
            "subsample", 1, 1, 1_000_000, "Keep every n-th pair, from a random offset (with --environment).");
    private static final Setting<Integer> ITERATIONS =
            Setting.integer("iterations", 300, 1, 1_000_000, "Iterations of the algorithm (with --environment).");
    private static final Setting<String> REWARD = Setting.text(
            "reward",
            "",
            "Reward form (with --environment): survival is -log(1-D), termination log D, log-odds their sum; the task's own if left out.");
    private static final Setting<GailConfig.Feedback> FEEDBACK = Setting.choice(
            "feedback",
            GailConfig.Feedback.EXPERT,
            GailConfig.Feedback.class,
            "What the discriminator learns from (with --environment): expert; or a control that must fail: constant, noise.");

    static final List<Setting<?>> SETTINGS =
            List.of(ENVIRONMENT, TRAJECTORIES, SUBSAMPLE, ITERATIONS, REWARD, FEEDBACK);

    private static final int GOLDEN_ROWS = 16;
    private static final int EVALUATION_EPISODES = 50;

    private ControlTraining() {}

    /** Returns the task of that name. */
    static Task task(Settings settings) {
        try {
            return Environments.named(settings.get(ENVIRONMENT));
        } catch (IllegalArgumentException e) {
            throw new BadSettingsException(List.of("environment: " + e.getMessage()));
        }
    }

    private static RewardForm reward(Settings settings, Task task) {
        String name = settings.get(REWARD);
        if (name.isBlank()) {
            return GailConfig.reward(task);
        }
        try {
            return RewardForm.named(name);
        } catch (IllegalArgumentException e) {
            throw new BadSettingsException(List.of("reward: " + e.getMessage()));
        }
    }

    /**
     * What was learned.
     *
     * @param onnx the policy
     * @param seconds it took
     * @param figures of the training
     * @param result what is told of it beside them
     */
    private record Learned(byte[] onnx, double seconds, Map<String, Double> figures, Map<String, Object> result) {}

    /** Trains and writes the model. */
    static int run(Settings settings, String algorithm, Path demonstrations, Path out, long seed, Console console)
            throws IOException {
        Task task = task(settings);
        RewardForm reward = reward(settings, task);
        Demonstrations all;
        Demonstrations chosen;
        try {
            all = Demonstrations.read(demonstrations);
            task.check(all);
            chosen = task.held(all.first(settings.get(TRAJECTORIES))).subsample(settings.get(SUBSAMPLE), seed);
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(String.valueOf(e.getMessage()));
        }
        int pairs = chosen.trajectories().stream().mapToInt(Trajectory::steps).sum();
        if (pairs == 0) {
            throw new CommandFailedException(
                    "expected at least one pair in %d trajectories thinned by %d, got none (%s)"
                            .formatted(settings.get(TRAJECTORIES), settings.get(SUBSAMPLE), chosen.source()));
        }
        List<Trajectory> heldOut = all.trajectories()
                .subList(chosen.trajectories().size(), all.trajectories().size());
        Learned learned = algorithm.equals(Algorithms.GAIL)
                ? imitate(task, reward, settings, chosen.trajectories(), heldOut, seed, console)
                : clone(task, settings, chosen.trajectories(), seed, console);
        ModelFile file = ModelFile.create(
                learned.onnx(),
                metadata(
                        task,
                        algorithm,
                        learned.onnx(),
                        chosen,
                        learned.figures(),
                        seed,
                        TrainCommand.licence(settings, List.of(demonstrations))));
        Files.write(out, file.bytes());
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("algorithm", algorithm);
        result.put("environment", task.name());
        result.put("seed", seed);
        result.put("model", out.toString());
        result.put("sha256", file.sha256());
        result.put("trajectories", chosen.trajectories().size());
        result.put("pairs", pairs);
        result.put("seconds", learned.seconds());
        result.put("steps", learned.figures().get("steps"));
        result.putAll(learned.result());
        result.put("training", learned.figures());
        console.result(result, () -> "wrote %s: mean return %s over %d episodes, trained in %.1f s"
                .formatted(out, result.get("returnMean"), EVALUATION_EPISODES, learned.seconds()));
        return 0;
    }

    private static Learned imitate(
            Task task,
            RewardForm reward,
            Settings settings,
            List<Trajectory> chosen,
            List<Trajectory> heldOut,
            long seed,
            Console console) {
        GailConfig config = GailConfig.defaults(reward)
                .withIterations(settings.get(ITERATIONS))
                .withFeedback(settings.get(FEEDBACK));
        try (Gail gail = new Gail(ControlPolicySpec.network(task.observationSize(), task.actions()), task, config)) {
            long begun = System.nanoTime();
            GailUpdate update = (GailUpdate) gail.begin(gail.initialState(seed), chosen, List.of(), seed);
            learn(update, console);
            double seconds = (System.nanoTime() - begun) / 1e9;
            Map<String, Double> figures = update.report().figures();
            if (figures.getOrDefault("diverged", 0.0) != 0) {
                throw new CommandFailedException(
                        "the discriminator's logits are no longer finite after %s iterations; no model written"
                                .formatted(figures.get("iterations")));
            }
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("reward", reward.formula());
            result.put("rewardBias", reward.bias());
            result.put("feedback", settings.get(FEEDBACK).name().toLowerCase(java.util.Locale.ROOT));
            result.put("kl", figures.get("kl"));
            result.put("entropy", figures.get("entropy"));
            result.put(
                    "expertAgainstHeldOutExpertAccuracy",
                    heldOut.isEmpty() ? Double.NaN : gail.memorised(chosen, heldOut));
            result.put("returnMean", gail.evaluate(EVALUATION_EPISODES, seed).meanReturn());
            result.put("curve", update.returns());
            return new Learned(gail.export(update.state()), seconds, figures, result);
        }
    }

    private static Learned clone(Task task, Settings settings, List<Trajectory> chosen, long seed, Console console) {
        BehaviouralCloningConfig config = BehaviouralCloningConfig.classicControl();
        int steps = settings.get(TrainCommand.STEPS);
        try (BehaviouralCloning cloning = new BehaviouralCloning(
                ControlPolicySpec.network(task.observationSize(), task.actions()),
                steps == 0 ? config : config.withSteps(steps))) {
            long begun = System.nanoTime();
            Update update = cloning.begin(cloning.initialState(seed), chosen, List.of(), seed);
            learn(update, console);
            double seconds = (System.nanoTime() - begun) / 1e9;
            Map<String, Double> figures = update.report().figures();
            if (figures.getOrDefault("diverged", 0.0) != 0) {
                throw new CommandFailedException("the loss is no longer finite after %s steps; no model written"
                        .formatted(figures.get("steps")));
            }
            byte[] onnx = cloning.export(update.state());
            Map<String, Object> result = new LinkedHashMap<>();
            result.put(
                    "returnMean",
                    ControlEvaluation.rollout(task, onnx, EVALUATION_EPISODES, seed)
                            .meanReturn());
            return new Learned(onnx, seconds, figures, result);
        }
    }

    private static void learn(Update update, Console console) {
        while (update.step()) {
            console.status("learning %3.0f %%".formatted(100 * update.progress()));
        }
    }

    private static ModelMetadata metadata(
            Task task,
            String algorithm,
            byte[] onnx,
            Demonstrations chosen,
            Map<String, Double> figures,
            long seed,
            String licence) {
        int n = task.observationSize();
        int k = task.actions().size();
        Trajectory first = chosen.trajectories().get(0);
        int rows = Math.max(1, Math.min(GOLDEN_ROWS, first.steps()));
        Matrix golden =
                new Matrix(rows, n, java.util.Arrays.copyOf(first.observations().floats(), rows * n));
        float[] actions = new float[rows * k];
        try (ControlPolicy policy = new ControlPolicy(onnx, n, k)) {
            policy.act(golden.values(), rows, actions);
        }
        return new ModelMetadata(
                "control/" + task.name(),
                "",
                0,
                1,
                List.of(),
                seed,
                task.name() + " " + String.join(",", task.observationNames()),
                TrainedFigures.json(figures),
                golden,
                new Matrix(rows, k, actions),
                Versions.own(),
                licence,
                new TreeMap<>(Map.of(ModelMetadata.ALGORITHM, algorithm, "demonstrations", chosen.source())));
    }
}
