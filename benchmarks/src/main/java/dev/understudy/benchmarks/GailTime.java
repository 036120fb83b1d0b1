package dev.understudy.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.understudy.data.Demonstrations;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.Environments;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.adversarial.Gail;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.adversarial.GailUpdate;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Time until GAIL imitates CartPole of 200 steps: the policy's deterministic action is evaluated after every iteration,
 * and the time is that of the first of three evaluations in a row with a mean return of at least 195. The clocks stand
 * still while it is evaluated; they run from before the learner is made, the compilation of its programs included. CPU
 * time is that of the whole JVM, its compiler and collector included.
 */
final class GailTime {
    private static final String TASK = "cartpole-v0";
    private static final double STABLE_RETURN = 195;
    private static final int STABLE_EVALUATIONS = 3;

    /**
     * What is measured.
     *
     * @param demonstrations file of the expert's episodes
     * @param horizon where the policy practises: {@code early}, in the task itself, or {@code fixed}, where no episode
     *     ends before its 200 steps; it is evaluated in the task itself in either case
     * @param trajectories episodes to learn from, whole, in the file's order
     * @param seed of the learner
     * @param steps of the environment after which it gives up
     * @param episodes of each evaluation
     */
    record Settings(Path demonstrations, String horizon, int trajectories, long seed, int steps, int episodes) {
        Settings {
            if (!horizon.equals("early") && !horizon.equals("fixed")) {
                throw new IllegalArgumentException("expected a horizon early or fixed, got " + horizon);
            }
        }

        Settings withSeed(long other) {
            return new Settings(demonstrations, horizon, trajectories, other, steps, episodes);
        }
    }

    /** Where the learning stood after an iteration. */
    private record At(double steps, double seconds, double cpuSeconds, double meanReturn) {
        Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("steps", steps);
            json.put("seconds", seconds);
            json.put("cpuSeconds", cpuSeconds);
            json.put("return", meanReturn);
            return json;
        }
    }

    private final Settings settings;
    private final Consumer<String> progress;
    private final OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    GailTime(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    Map<String, Object> run() throws IOException {
        Task task = Environments.named(TASK);
        Task practised =
                settings.horizon().equals("fixed") ? Environments.named(TASK + Environments.FIXED_HORIZON) : task;
        Demonstrations expert = Demonstrations.read(settings.demonstrations()).first(settings.trajectories());
        long evaluating = 0;
        long evaluatingCpu = 0;
        double startSeconds = (System.currentTimeMillis()
                        - ManagementFactory.getRuntimeMXBean().getStartTime())
                / 1e3;
        long begun = System.nanoTime();
        long begunCpu = system.getProcessCpuTime();
        List<At> curve = new ArrayList<>();
        CategoricalPolicy policy = new CategoricalPolicy(4, 2, List.of(100, 100), Activation.TANH);
        try (Gail gail = new Gail(policy, practised, config(practised))) {
            GailUpdate update = (GailUpdate)
                    gail.begin(gail.initialState(settings.seed()), expert.trajectories(), List.of(), settings.seed());
            boolean more = true;
            while (more && !stable(curve) && steps(curve) < settings.steps()) {
                more = update.iterate();
                long paused = System.nanoTime();
                long pausedCpu = system.getProcessCpuTime();
                double seconds = (paused - begun - evaluating) / 1e9;
                double cpuSeconds = (pausedCpu - begunCpu - evaluatingCpu) / 1e9;
                double mean = evaluated(gail.export(update.state()), task, curve.size());
                double steps = update.report().figures().getOrDefault("steps", Double.NaN);
                curve.add(new At(steps, seconds, cpuSeconds, mean));
                progress.accept(String.format(
                        Locale.ROOT, "steps=%.0f seconds=%.2f cpu=%.2f return=%.1f", steps, seconds, cpuSeconds, mean));
                evaluating += System.nanoTime() - paused;
                evaluatingCpu += system.getProcessCpuTime() - pausedCpu;
            }
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("reached", stable(curve));
        if (stable(curve)) {
            figures.putAll(curve.get(curve.size() - STABLE_EVALUATIONS).toJson());
        }
        figures.put("startSeconds", startSeconds);
        figures.put("startCpuSeconds", begunCpu / 1e9);
        figures.put("horizon", settings.horizon());
        figures.put("seed", settings.seed());
        figures.put("trajectories", settings.trajectories());
        figures.put("episodesPerEvaluation", settings.episodes());
        figures.put("curve", curve.stream().map(At::toJson).toList());
        return figures;
    }

    private GailConfig config(Task practised) {
        GailConfig quick = GailConfig.quick(GailConfig.reward(practised));
        int pairs = quick.improvement().pairsPerIteration();
        return quick.withIterations(Math.max(1, (settings.steps() + pairs - 1) / pairs));
    }

    private double evaluated(byte[] onnx, Task task, int evaluation) {
        try (LoadedPolicy policy = LoadedPolicy.ofExport(onnx, 4, 1)) {
            return new RolloutCollector(task.create(settings.episodes(), 0))
                    .episodes(
                            Behaviour.modeOf(policy),
                            settings.episodes(),
                            1_000_003L * (settings.seed() + 1) + evaluation)
                    .meanReturn();
        }
    }

    private static double steps(List<At> curve) {
        return curve.isEmpty() ? 0 : curve.get(curve.size() - 1).steps();
    }

    private static boolean stable(List<At> curve) {
        int size = curve.size();
        return size >= STABLE_EVALUATIONS
                && curve.subList(size - STABLE_EVALUATIONS, size).stream()
                        .allMatch(at -> at.meanReturn() >= STABLE_RETURN);
    }
}
