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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;

/**
 * GAIL by its authors' protocol over several draws of demonstrations: the last policy's deterministic action, against
 * the published means. Each draw takes its own trajectories and offsets, and has its own seed.
 */
final class GailBenchmark {
    static final int[] COUNTS = {1, 4, 7, 10};
    private static final int SNAPSHOT_EPISODES = 20;
    private static final String FIXED = "-fixed";

    /**
     * A task of the protocol.
     *
     * @param file of the expert's episodes
     * @param every thinning
     * @param targets what has to be reached at 1, 4, 7 and 10 trajectories
     * @param expert the expert's own mean return in the long run
     * @param floor the least possible return, or that of random actions
     */
    record Row(String environment, String file, int every, double[] targets, double expert, double floor) {
        Task task() {
            return Environments.named(environment);
        }

        /** Returns the same where episodes never end early; the targets are then out of place, and stay to compare. */
        Row fixed() {
            return new Row(environment + FIXED, file, every, targets, expert, floor);
        }
    }

    static final List<Row> ROWS = List.of(
            new Row("cartpole-v0", "cartpole_openai.csv.gz", 10, new double[] {200, 200, 200, 200}, 200, 0),
            new Row(
                    "mountaincar-v0",
                    "mountaincar_openai.csv.gz",
                    5,
                    new double[] {-101.6, -101.4, -99.9, -100.8},
                    -98.8,
                    -200),
            new Row("acrobot-v0", "acrobot_openai.csv.gz", 5, new double[] {-82, -82, -82, -82}, -80.6, -200));

    /** Ways to learn. */
    enum Preset {
        /** {@link GailConfig#authors}. */
        AUTHORS,
        /** {@link GailConfig#defaults}. */
        DEFAULTS,
        /** {@link GailConfig#quick}. */
        QUICK;

        GailConfig of(RewardForm reward) {
            return switch (this) {
                case AUTHORS -> GailConfig.authors(reward);
                case DEFAULTS -> GailConfig.defaults(reward);
                case QUICK -> GailConfig.quick(reward);
            };
        }
    }

    /**
     * What is measured.
     *
     * @param folder the files of the authors' experts
     * @param environments names of the environments, the three of the protocol if empty
     * @param counts numbers of trajectories, the protocol's if empty
     * @param firstDraw number of the first draw of demonstrations
     * @param draws of demonstrations per count
     * @param preset how it is learned
     * @param iterations of the algorithm; 0 for the preset's
     * @param episodes of each evaluation of a last policy
     * @param snapshotEvery every how many iterations the policy is looked at
     * @param feedback what the discriminator learns from
     * @param observed whether it is state-only GAIL, with its own settings and whole demonstrations
     * @param curves where pictures are written, if anywhere
     */
    record Settings(
            Path folder,
            List<String> environments,
            List<Integer> counts,
            int firstDraw,
            int draws,
            Preset preset,
            int iterations,
            int episodes,
            int snapshotEvery,
            GailConfig.Feedback feedback,
            boolean observed,
            Optional<Path> curves) {}

    private final Settings settings;
    private final Consumer<String> progress;

    GailBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /**
     * What one run gave.
     *
     * @param mean return of the last policy's mode
     * @param seconds from the first step of the update to its last, evaluations left out
     * @param compileSeconds before that
     * @param pairs seen by the end
     * @param snapshots mean return of the mode every so many iterations
     * @param snapshotPairs pairs seen by then
     * @param snapshotSeconds seconds by then
     */
    private record Run(
            double mean,
            double seconds,
            double compileSeconds,
            double pairs,
            double[] snapshots,
            double[] snapshotPairs,
            double[] snapshotSeconds) {
        /** Returns the seconds to the snapshot from which on none is below a return; NaN if the last one is. */
        double secondsToStay(double least) {
            int stable = snapshots.length;
            while (stable > 0 && snapshots[stable - 1] >= least) {
                stable--;
            }
            return stable < snapshots.length ? snapshotSeconds[stable] : Double.NaN;
        }
    }

    /** Runs all; draws are the outer loop, so that an early end leaves every cell with some. */
    Map<String, Object> run() throws IOException {
        List<Row> rows = rows();
        List<Integer> counts =
                settings.counts().isEmpty() ? Arrays.stream(COUNTS).boxed().toList() : settings.counts();
        Map<String, List<Run>> cells = new LinkedHashMap<>();
        for (int draw = settings.firstDraw(); draw < settings.firstDraw() + settings.draws(); draw++) {
            for (Row row : rows) {
                Path file = settings.folder().resolve(row.file());
                Demonstrations all =
                        settings.observed() ? Demonstrations.readObserved(file) : Demonstrations.read(file);
                for (int count : counts) {
                    Demonstrations whole = row.task().held(all.choose(count, draw));
                    Run run = run(row, settings.observed() ? whole : whole.subsample(row.every(), draw), draw);
                    cells.computeIfAbsent(cell(row, count), key -> new ArrayList<>())
                            .add(run);
                    progress.accept(String.format(
                            Locale.ROOT,
                            "%s trajectories=%d draw=%d return=%.2f seconds=%.1f pairs=%.0f secondsToStayAtExpert=%.2f",
                            row.environment(),
                            count,
                            draw,
                            run.mean(),
                            run.seconds(),
                            run.pairs(),
                            run.secondsToStay(row.expert())));
                }
            }
        }
        if (settings.curves().isPresent()) {
            for (Row row : rows) {
                draw(row, counts, cells, settings.curves().get());
            }
        }
        return figures(rows, counts, cells);
    }

    private List<Row> rows() {
        if (settings.environments().isEmpty()) {
            return ROWS;
        }
        List<Row> every = new ArrayList<>(ROWS);
        ROWS.forEach(row -> every.add(row.fixed()));
        List<Row> chosen = every.stream()
                .filter(row -> settings.environments().contains(row.environment()))
                .toList();
        if (chosen.size() < settings.environments().size()) {
            throw new IllegalArgumentException("expected environments among %s, got %s"
                    .formatted(every.stream().map(Row::environment).toList(), settings.environments()));
        }
        return chosen;
    }

    private static String cell(Row row, int count) {
        return row.environment() + "/" + count;
    }

    private Run run(Row row, Demonstrations demonstrations, long seed) {
        Task task = row.task();
        CategoricalPolicy policy = new CategoricalPolicy(
                task.observationSize(), task.actions().policyOutputs(), List.of(100, 100), Activation.TANH);
        RewardForm reward = GailConfig.reward(task);
        GailConfig preset = (settings.observed()
                        ? GailConfig.observed(reward)
                        : settings.preset().of(reward))
                .withFeedback(settings.feedback());
        GailConfig config = settings.iterations() > 0 ? preset.withIterations(settings.iterations()) : preset;
        long compiled = System.nanoTime();
        try (Gail gail = new Gail(policy, task, config)) {
            int looks = (config.iterations() + settings.snapshotEvery() - 1) / settings.snapshotEvery();
            double[] snapshots = new double[looks];
            double[] snapshotPairs = new double[looks];
            double[] snapshotSeconds = new double[looks];
            var state = gail.initialState(seed);
            long begun = System.nanoTime();
            long evaluated = 0;
            int look = 0;
            GailUpdate update = (GailUpdate) gail.begin(state, demonstrations.trajectories(), List.of(), seed);
            boolean more = true;
            for (int iteration = 1; more; iteration++) {
                more = update.iterate();
                if (iteration % settings.snapshotEvery() == 0 || !more) {
                    long now = System.nanoTime();
                    snapshotSeconds[look] = (now - begun - evaluated) / 1e9;
                    snapshotPairs[look] = update.report().figures().getOrDefault("steps", Double.NaN);
                    snapshots[look] = gail.evaluate(SNAPSHOT_EPISODES, 1_000_003L * (seed + 1) + iteration)
                            .meanReturn();
                    evaluated += System.nanoTime() - now;
                    look++;
                }
            }
            Rollout rollout = gail.evaluate(settings.episodes(), 1_000_003L * (seed + 1));
            return new Run(
                    rollout.meanReturn(),
                    snapshotSeconds[looks - 1],
                    (begun - compiled) / 1e9,
                    snapshotPairs[looks - 1],
                    snapshots,
                    snapshotPairs,
                    snapshotSeconds);
        }
    }

    private static void draw(Row row, List<Integer> counts, Map<String, List<Run>> cells, Path folder)
            throws IOException {
        List<ReturnCurves.Panel> panels = new ArrayList<>();
        for (int count : counts) {
            List<Run> runs = required(cells, cell(row, count));
            double[] pairs = new double[runs.get(0).snapshots().length];
            for (int i = 0; i < pairs.length; i++) {
                int at = i;
                pairs[i] = average(runs.stream().mapToDouble(run -> run.snapshotPairs()[at]));
            }
            panels.add(new ReturnCurves.Panel(
                    count == 1 ? "1 trajectory" : count + " trajectories",
                    pairs,
                    runs.stream().map(Run::snapshots).toList()));
        }
        ReturnCurves curves = new ReturnCurves(
                "pairs seen",
                List.of(new ReturnCurves.Level("expert", row.expert())),
                row.floor(),
                row.floor() < 0 ? 0 : 200);
        Files.createDirectories(folder);
        Files.writeString(
                folder.resolve("gail-" + row.environment() + ".svg"),
                curves.svg("return in " + row.environment(), panels),
                StandardCharsets.UTF_8);
    }

    private static Map<String, Object> figures(List<Row> rows, List<Integer> counts, Map<String, List<Run>> cells) {
        Map<String, Object> figures = new LinkedHashMap<>();
        boolean met = true;
        for (Row row : rows) {
            for (int count : counts) {
                List<Run> runs = required(cells, cell(row, count));
                double[] means = runs.stream().mapToDouble(Run::mean).toArray();
                double mean = average(Arrays.stream(means));
                Map<String, Object> cell = new LinkedHashMap<>();
                cell.put("mean", mean);
                cell.put("deviation", deviation(means, mean));
                cell.put("worst", Arrays.stream(means).min().orElse(Double.NaN));
                cell.put("returns", means);
                int target = Arrays.binarySearch(COUNTS, count);
                if (target >= 0) {
                    cell.put("target", row.targets()[target]);
                    met &= mean >= row.targets()[target];
                }
                cell.put("seconds", runs.stream().map(Run::seconds).toList());
                cell.put(
                        "compileSeconds", runs.stream().map(Run::compileSeconds).toList());
                cell.put("pairs", runs.stream().map(Run::pairs).toList());
                cell.put(
                        "secondsToStayAtExpert",
                        runs.stream()
                                .map(run -> run.secondsToStay(row.expert()))
                                .toList());
                cell.put("snapshots", runs.stream().map(Run::snapshots).toList());
                figures.put(cell(row, count), cell);
            }
        }
        figures.put("allReached", met);
        return figures;
    }

    private static List<Run> required(Map<String, List<Run>> cells, String name) {
        return java.util.Objects.requireNonNull(cells.get(name));
    }

    private static double average(DoubleStream values) {
        return values.average().orElse(Double.NaN);
    }

    private static double deviation(double[] values, double mean) {
        return Math.sqrt(average(Arrays.stream(values).map(value -> (value - mean) * (value - mean))));
    }
}
