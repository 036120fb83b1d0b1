package dev.understudy.benchmarks;

import dev.understudy.data.Demonstrations;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.Environments;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.Update;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Behavioural cloning by the protocol of GAIL's authors, on the very demonstrations that {@link GailBenchmark} draws:
 * what stands beside GAIL in its table.
 */
final class CloningBenchmark {
    /**
     * What is measured.
     *
     * @param folder the files of the authors' experts
     * @param environments names of the environments, all if empty
     * @param draws of demonstrations per count
     * @param episodes of each evaluation
     */
    record Settings(Path folder, List<String> environments, int draws, int episodes) {}

    private final Settings settings;
    private final Consumer<String> progress;

    CloningBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    Map<String, Object> run() throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>();
        for (GailBenchmark.Row row : GailBenchmark.ROWS) {
            if (!settings.environments().isEmpty() && !settings.environments().contains(row.environment())) {
                continue;
            }
            Demonstrations all = Demonstrations.read(settings.folder().resolve(row.file()));
            for (int count : GailBenchmark.COUNTS) {
                double[] means = new double[settings.draws()];
                long begun = System.nanoTime();
                for (int draw = 0; draw < means.length; draw++) {
                    means[draw] = run(row, all.choose(count, draw).subsample(row.every(), draw), draw);
                }
                Map<String, Object> cell = cell(means);
                cell.put("secondsMean", (System.nanoTime() - begun) / 1e9 / means.length);
                progress.accept(
                        String.format(Locale.ROOT, "cloning %s trajectories=%d %s", row.environment(), count, cell));
                figures.put(row.environment() + "/" + count, cell);
            }
        }
        return figures;
    }

    private static Map<String, Object> cell(double[] means) {
        double mean = Arrays.stream(means).average().orElse(Double.NaN);
        Map<String, Object> cell = new LinkedHashMap<>();
        cell.put("mean", mean);
        cell.put(
                "deviation",
                Math.sqrt(Arrays.stream(means)
                        .map(value -> (value - mean) * (value - mean))
                        .average()
                        .orElse(Double.NaN)));
        cell.put("worst", Arrays.stream(means).min().orElse(Double.NaN));
        cell.put("draws", means.length);
        return cell;
    }

    private double run(GailBenchmark.Row row, Demonstrations demonstrations, long seed) {
        Task task = Environments.named(row.environment());
        CategoricalPolicy policy = new CategoricalPolicy(
                task.observationSize(), task.actions().policyOutputs(), List.of(100, 100), Activation.TANH);
        try (BehaviouralCloning cloning = new BehaviouralCloning(policy, BehaviouralCloningConfig.classicControl())) {
            Update update = cloning.begin(cloning.initialState(seed), demonstrations.trajectories(), List.of(), seed);
            while (update.step()) {}
            try (LoadedPolicy cloned =
                    LoadedPolicy.ofExport(cloning.export(update.state()), task.observationSize(), 1)) {
                return new RolloutCollector(task.create(Math.min(25, settings.episodes()), 0))
                        .episodes(Behaviour.modeOf(cloned), settings.episodes(), 1_000_003L * (seed + 1))
                        .meanReturn();
            }
        }
    }
}
