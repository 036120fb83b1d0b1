package dev.understudy.benchmarks;

import dev.understudy.data.Demonstrations;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.ChunkPlayer;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Task;
import dev.understudy.learn.Update;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.learn.cloning.ChunkedCloning;
import dev.understudy.model.LoadedChunks;
import dev.understudy.network.Activation;
import dev.understudy.network.Mlp;
import dev.understudy.network.ParameterLayout;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.policy.GaussianPolicy;
import dev.understudy.policy.StochasticPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Cloning of the next k actions at once, played in closed loop: averaged over what was predicted for a step, or carried
 * out whole. All k have as many parameters as k = 1 with 100-100, within the rounding of a layer's width.
 */
final class ChunkBenchmark {
    private static final int[] LENGTHS = {1, 5, 10, 20};
    private static final int WIDTH = 100;

    /** A task, the file of its demonstrators, and how many of their episodes are learned from. */
    private record Row(String environment, boolean isOfGail, String file, int count) {}

    private static final List<Row> ROWS = List.of(
            new Row("cartpole-v0", true, "cartpole_openai.csv.gz", 4),
            new Row("mountaincar-v0", true, "mountaincar_openai.csv.gz", 4),
            new Row("acrobot-v0", true, "acrobot_openai.csv.gz", 4),
            new Row("pendulum-v1", false, "pendulum_imitation.csv.gz", 20));

    /**
     * What is measured.
     *
     * @param gail folder of the authors' experts
     * @param control folder of the other experts
     * @param environments names; all if empty
     * @param draws of demonstrations and seeds
     * @param episodes of each evaluation
     */
    record Settings(Path gail, Path control, List<String> environments, int draws, int episodes) {}

    private final Settings settings;
    private final Consumer<String> progress;

    ChunkBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    Map<String, Object> run() throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>();
        for (Row row : ROWS) {
            if (!settings.environments().isEmpty() && !settings.environments().contains(row.environment())) {
                continue;
            }
            Demonstrations all =
                    Demonstrations.read((row.isOfGail() ? settings.gail() : settings.control()).resolve(row.file()));
            for (int length : LENGTHS) {
                double[] ensembled = new double[settings.draws()];
                double[] whole = new double[settings.draws()];
                for (int draw = 0; draw < settings.draws(); draw++) {
                    double[] means = means(row, all.choose(row.count(), draw), length, draw);
                    ensembled[draw] = means[0];
                    whole[draw] = means[1];
                }
                figures.put(row.environment() + "/" + length + "/ensembled", spread(ensembled));
                figures.put(row.environment() + "/" + length + "/whole", spread(whole));
                progress.accept(String.format(
                        Locale.ROOT,
                        "%s k=%d ensembled %s whole %s",
                        row.environment(),
                        length,
                        spread(ensembled),
                        spread(whole)));
            }
        }
        return figures;
    }

    private static Map<String, Object> spread(double[] means) {
        double mean = Arrays.stream(means).average().orElse(Double.NaN);
        Map<String, Object> spread = new LinkedHashMap<>();
        spread.put("mean", mean);
        spread.put("deviation", BcoBenchmark.deviation(means, mean));
        spread.put("worst", Arrays.stream(means).min().orElse(Double.NaN));
        return spread;
    }

    private double[] means(Row row, Demonstrations demonstrations, int length, long seed) {
        Task task = Environments.named(row.environment());
        StochasticPolicy policy = policy(task, width(task, length));
        try (ChunkedCloning cloning = new ChunkedCloning(policy, length, BehaviouralCloningConfig.classicControl())) {
            Update update = cloning.begin(cloning.initialState(seed), demonstrations.trajectories(), List.of(), seed);
            while (update.step()) {}
            try (LoadedChunks chunks =
                    LoadedChunks.of(cloning.export(update.state()), task.observationSize(), task.actions(), length)) {
                return Arrays.stream(ChunkPlayer.Carrying.values())
                        .mapToDouble(carrying -> Arrays.stream(new ChunkPlayer(
                                                task.create(Math.min(50, settings.episodes()), 0), chunks, carrying)
                                        .returns(settings.episodes(), 1_000_003L * (seed + 1)))
                                .average()
                                .orElse(Double.NaN))
                        .toArray();
            }
        }
    }

    private static StochasticPolicy policy(Task task, int width) {
        List<Integer> hidden = List.of(width, width);
        if (task.actions() instanceof ActionSpace.Continuous range) {
            return new GaussianPolicy(
                    task.observationSize(),
                    range.size(),
                    hidden,
                    Activation.TANH,
                    GaussianPolicy.Deviation.STATE_INDEPENDENT,
                    GaussianPolicy.Bounds.CLIPPED,
                    range.low(),
                    range.high());
        }
        return new CategoricalPolicy(task.observationSize(), task.actions().policyOutputs(), hidden, Activation.TANH);
    }

    /** Returns the width of both hidden layers with which as many parameters come out as with one action. */
    private static int width(Task task, int length) {
        int wanted = parameters(task, WIDTH, 1);
        int width = WIDTH;
        while (parameters(task, width, length) > wanted) {
            width--;
        }
        return width;
    }

    private static int parameters(Task task, int width, int length) {
        ParameterLayout.Builder layout = ParameterLayout.builder();
        int outputs = length * task.actions().policyOutputs();
        new Mlp("policy", task.observationSize(), List.of(width, width), outputs, Activation.TANH).declare(layout);
        return layout.build().size();
    }
}
