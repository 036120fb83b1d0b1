package dev.understudy.benchmarks;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.data.Demonstrations;
import dev.understudy.data.Matrix;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.observation.BcoConfig;
import dev.understudy.learn.observation.BcoUpdate;
import dev.understudy.learn.observation.BehaviouralCloningFromObservation;
import dev.understudy.model.LoadedPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Cloning from observation over several draws of demonstrations and seeds: the deterministic action of the policy that
 * was kept, against the best public returns.
 */
final class BcoBenchmark {
    /**
     * A task with what has to be reached.
     *
     * @param count demonstrations, or as many as there are
     * @param mostSteps steps of the environment that may be taken; 0 for any number
     */
    record Row(ObservedExperts experts, int count, int mostSteps) {}

    static final List<Row> ROWS = List.of(
            new Row(new ObservedExperts("cartpole-v0", "cartpole_openai.csv.gz", true, 200), 5, 15_000),
            new Row(new ObservedExperts("cartpole-v1", "cartpole_sb.csv.gz", false, 500), 100, 0),
            new Row(new ObservedExperts("mountaincar-v0", "mountaincar_openai.csv.gz", true, -99.5), 100, 0),
            new Row(new ObservedExperts("acrobot-v1", "acrobot_openai.csv.gz", true, -75.2), 100, 0),
            new Row(new ObservedExperts("pendulum-v0", "pendulum_sb.csv.gz", false, Double.NaN), 100, 0),
            new Row(new ObservedExperts("pendulum-v1", "pendulum_imitation.csv.gz", false, Double.NaN), 100, 0));

    /**
     * What is measured.
     *
     * @param gail folder of the files of GAIL's authors
     * @param control folder of the other experts' files
     * @param environments names of the environments, all if empty
     * @param firstDraw number of the first draw
     * @param draws of demonstrations and seeds
     * @param count demonstrations; 0 for each task's own number
     * @param episodes of each evaluation
     * @param config how it is learned
     */
    record Settings(
            Path gail,
            Path control,
            List<String> environments,
            int firstDraw,
            int draws,
            int count,
            int episodes,
            BcoConfig config) {}

    private record Run(double mean, double steps, int iterations, double seconds) {}

    private final Settings settings;
    private final Consumer<String> progress;

    BcoBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    Map<String, Object> run() throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>();
        boolean reached = true;
        for (Row row : ROWS) {
            if (!settings.environments().isEmpty()
                    && !settings.environments().contains(row.experts().environment())) {
                continue;
            }
            Demonstrations all = row.experts().observed(settings.gail(), settings.control());
            int wanted = settings.count() == 0 ? row.count() : settings.count();
            int count = Math.min(wanted, all.trajectories().size());
            List<Run> runs = new ArrayList<>();
            for (int draw = settings.firstDraw(); draw < settings.firstDraw() + settings.draws(); draw++) {
                Run run = run(row.experts().task(), all.choose(count, draw), draw);
                runs.add(run);
                progress.accept(String.format(
                        Locale.ROOT,
                        "%s demonstrations=%d draw=%d return=%.2f steps=%.0f iterations=%d seconds=%.1f",
                        row.experts().environment(),
                        count,
                        draw,
                        run.mean(),
                        run.steps(),
                        run.iterations(),
                        run.seconds()));
            }
            double shown = shown(all);
            double target = Double.isNaN(row.experts().target())
                    ? shown - 0.1 * Math.abs(shown)
                    : row.experts().target();
            double mean = runs.stream().mapToDouble(Run::mean).average().orElse(Double.NaN);
            double[] means = runs.stream().mapToDouble(Run::mean).toArray();
            double most = runs.stream().mapToDouble(Run::steps).max().orElse(Double.NaN);
            reached &= mean >= target && (row.mostSteps() == 0 || most <= row.mostSteps());
            Map<String, Object> cell = new LinkedHashMap<>();
            cell.put("demonstrations", count);
            cell.put("mean", mean);
            cell.put("deviation", deviation(means, mean));
            cell.put("worst", Arrays.stream(means).min().orElse(Double.NaN));
            cell.put("target", target);
            cell.put("demonstrators", shown);
            cell.put("mostSteps", most);
            cell.put("returns", means);
            cell.put("steps", runs.stream().map(Run::steps).toList());
            cell.put("seconds", runs.stream().map(Run::seconds).toList());
            figures.put(row.experts().environment(), cell);
        }
        figures.put("allReached", reached);
        return figures;
    }

    private Run run(Task task, Demonstrations demonstrations, long seed) {
        ControlPolicySpec spec = ControlPolicySpec.of(task.name());
        try (BehaviouralCloningFromObservation learner = spec.cloningFromObservation(settings.config())) {
            LearnerState state = learner.initialState(seed);
            long begun = System.nanoTime();
            BcoUpdate update = (BcoUpdate) learner.begin(state, demonstrations.trajectories(), List.of(), seed);
            boolean more = true;
            while (more) {
                more = update.step();
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            progress.accept(task.name() + " distances " + Arrays.toString(update.distances()) + " "
                    + update.report().figures());
            try (LoadedPolicy policy =
                    LoadedPolicy.ofExport(learner.export(update.state()), spec.observationSize(), spec.actionSize())) {
                double mean = new RolloutCollector(task.create(50, 0))
                        .episodes(Behaviour.modeOf(policy), settings.episodes(), 1_000_003L * (seed + 1))
                        .meanReturn();
                return new Run(
                        mean,
                        update.report().figures().getOrDefault("steps", Double.NaN),
                        update.distances().length,
                        seconds);
            }
        }
    }

    /** Returns the mean return of the demonstrators' episodes. */
    static double shown(Demonstrations all) {
        double sum = 0;
        for (Matrix rewards : all.rewards()) {
            for (float reward : rewards.values()) {
                sum += Float.isNaN(reward) ? 0 : reward;
            }
        }
        return sum / all.rewards().size();
    }

    static double deviation(double[] values, double mean) {
        return Math.sqrt(Arrays.stream(values)
                .map(value -> (value - mean) * (value - mean))
                .average()
                .orElse(Double.NaN));
    }
}
