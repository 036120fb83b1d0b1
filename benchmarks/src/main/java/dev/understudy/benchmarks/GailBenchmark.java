package dev.understudy.benchmarks;

import dev.understudy.data.Demonstrations;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.Task;
import dev.understudy.learn.adversarial.Gail;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.adversarial.GailUpdate;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.reward.RewardForm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;

/**
 * GAIL by its authors' protocol over several draws of demonstrations: the last policy's deterministic action, against
 * the published means. Each draw takes its own trajectories and offsets, and has its own seed.
 */
final class GailBenchmark {
    /** Time to a stable 200: rollouts of the drawn policy from here on never mean less than this. */
    private static final double STABLE_RETURN = 195;

    static final int[] COUNTS = {1, 4, 7, 10};

    /** A task of the protocol: its file, thinning and what has to be reached at 1, 4, 7 and 10 trajectories. */
    record Row(String environment, String file, int every, RewardForm reward, double[] targets) {}

    static final List<Row> ROWS = List.of(
            new Row("cartpole-v0", "cartpole_openai.csv.gz", 10, RewardForm.SURVIVAL, new double[] {200, 200, 200, 200
            }),
            new Row("mountaincar-v0", "mountaincar_openai.csv.gz", 5, RewardForm.TERMINATION, new double[] {
                -101.6, -101.4, -99.9, -100.8
            }),
            new Row("acrobot-v0", "acrobot_openai.csv.gz", 5, RewardForm.TERMINATION, new double[] {-82, -82, -82, -82
            }));

    /**
     * What is measured.
     *
     * @param folder the files of the authors' experts
     * @param environments names of the environments, all if empty
     * @param draws of demonstrations per count
     * @param iterations of the algorithm
     * @param episodes of each evaluation
     * @param feedback what the discriminator learns from
     */
    record Settings(
            Path folder,
            List<String> environments,
            int draws,
            int iterations,
            int episodes,
            GailConfig.Feedback feedback) {}

    private final Settings settings;
    private final Consumer<String> progress;

    GailBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** What one run gave. */
    private record Run(double mean, double seconds, double steps, double stableSeconds) {}

    /** Runs all; draws are the outer loop, so that an early end leaves every cell with some. */
    Map<String, Object> run() throws IOException {
        Map<String, List<Run>> cells = new LinkedHashMap<>();
        for (int draw = 0; draw < settings.draws(); draw++) {
            for (Row row : ROWS) {
                if (!settings.environments().isEmpty()
                        && !settings.environments().contains(row.environment())) {
                    continue;
                }
                Demonstrations all = Demonstrations.read(settings.folder().resolve(row.file()));
                for (int count : COUNTS) {
                    Run run = run(row, all.choose(count, draw).subsample(row.every(), draw), draw);
                    cells.computeIfAbsent(row.environment() + "/" + count, key -> new ArrayList<>())
                            .add(run);
                    progress.accept(String.format(
                            Locale.ROOT,
                            "%s trajectories=%d draw=%d return=%.2f seconds=%.1f steps=%.0f stableSeconds=%.1f",
                            row.environment(),
                            count,
                            draw,
                            run.mean(),
                            run.seconds(),
                            run.steps(),
                            run.stableSeconds()));
                }
            }
        }
        return figures(cells);
    }

    private Run run(Row row, Demonstrations demonstrations, long seed) {
        Task task = Environments.named(row.environment());
        CategoricalPolicy policy = new CategoricalPolicy(
                task.observationSize(), task.actions().policyOutputs(), List.of(100, 100), Activation.TANH);
        GailConfig config = GailConfig.defaults(row.reward())
                .withIterations(settings.iterations())
                .withFeedback(settings.feedback());
        try (Gail gail = new Gail(policy, task, config)) {
            double[] at = new double[settings.iterations()];
            var state = gail.initialState(seed);
            long begun = System.nanoTime();
            GailUpdate update = (GailUpdate) gail.begin(state, demonstrations.trajectories(), List.of(), seed);
            boolean more = true;
            for (int i = 0; more; i++) {
                more = update.iterate();
                at[i] = (System.nanoTime() - begun) / 1e9;
            }
            double[] curve = update.returns();
            int stable = curve.length;
            while (stable > 0 && curve[stable - 1] >= STABLE_RETURN) {
                stable--;
            }
            Rollout rollout = gail.evaluate(settings.episodes(), 1_000_003L * (seed + 1));
            return new Run(
                    rollout.meanReturn(),
                    at[curve.length - 1],
                    update.report().figures().getOrDefault("steps", Double.NaN),
                    stable < curve.length ? at[stable] : Double.NaN);
        }
    }

    private Map<String, Object> figures(Map<String, List<Run>> cells) {
        Map<String, Object> figures = new LinkedHashMap<>();
        boolean met = true;
        for (Row row : ROWS) {
            for (int i = 0; i < COUNTS.length; i++) {
                List<Run> runs = cells.get(row.environment() + "/" + COUNTS[i]);
                if (runs == null) {
                    continue;
                }
                double[] means = runs.stream().mapToDouble(Run::mean).toArray();
                double mean = Arrays.stream(means).average().orElse(Double.NaN);
                Map<String, Object> cell = new LinkedHashMap<>();
                cell.put("mean", mean);
                cell.put("deviation", deviation(means, mean));
                cell.put("worst", Arrays.stream(means).min().orElse(Double.NaN));
                cell.put("target", row.targets()[i]);
                cell.put("draws", means.length);
                cell.put("secondsMean", average(runs.stream().mapToDouble(Run::seconds)));
                cell.put("stepsPerSecond", average(runs.stream().mapToDouble(run -> run.steps() / run.seconds())));
                figures.put(row.environment() + "/" + COUNTS[i], cell);
                met &= mean >= row.targets()[i];
            }
        }
        figures.put("allReached", met);
        return figures;
    }

    private static double average(DoubleStream values) {
        return values.average().orElse(Double.NaN);
    }

    private static double deviation(double[] values, double mean) {
        return Math.sqrt(average(Arrays.stream(values).map(value -> (value - mean) * (value - mean))));
    }
}
