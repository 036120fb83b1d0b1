package dev.understudy.app;

import dev.understudy.environment.Behaviour;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.model.ControlPolicy;
import dev.understudy.model.InvalidModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code evaluate --environment}: whole episodes of an environment under a model's deterministic action. */
final class ControlEvaluation {
    private static final Setting<Integer> EPISODES =
            Setting.integer("episodes", 100, 1, 1_000_000, "Episodes to evaluate (with --environment).");
    private static final Setting<Integer> SEED = Setting.integer(
            "seed", 7, Integer.MIN_VALUE, Integer.MAX_VALUE, "What every draw follows from (with --environment).");
    private static final int MOST_COPIES = 50;

    static final List<Setting<?>> SETTINGS = List.of(ControlTraining.ENVIRONMENT, EPISODES, SEED);

    private ControlEvaluation() {}

    /**
     * Returns whole episodes under a model's deterministic action.
     *
     * @throws InvalidModelException if the model is none of this task
     */
    static Rollout rollout(Task task, byte[] onnx, int episodes, long seed) {
        try (ControlPolicy policy =
                new ControlPolicy(onnx, task.observationSize(), task.actions().size())) {
            return new RolloutCollector(task.create(Math.min(MOST_COPIES, episodes), 0))
                    .episodes(Behaviour.modeOf(policy), episodes, seed);
        }
    }

    /** Evaluates a model file. */
    static int run(Settings settings, Path model, Console console) throws IOException {
        Task task = ControlTraining.task(settings);
        int episodes = settings.get(EPISODES);
        Rollout rollout;
        try {
            rollout = rollout(task, Files.readAllBytes(model), episodes, settings.get(SEED));
        } catch (InvalidModelException e) {
            throw new CommandFailedException(
                    "model %s is none of %s: %s".formatted(model, task.name(), e.getMessage()));
        }
        double[] returns = rollout.returns();
        double mean = rollout.meanReturn();
        double deviation = Math.sqrt(Arrays.stream(returns)
                .map(value -> (value - mean) * (value - mean))
                .average()
                .orElse(Double.NaN));
        Map<String, Object> result = new LinkedHashMap<>();
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
