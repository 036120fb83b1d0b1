package dev.understudy.benchmarks;

import dev.understudy.data.Demonstrations;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Rollout;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.adversarial.Gail;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.adversarial.OffPolicyConfig;
import dev.understudy.learn.adversarial.OffPolicyUpdate;
import dev.understudy.learn.adversarial.SampledPolicy;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.reward.RewardForm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Off-policy GAIL as a service would run it: while version v is learned, version v - 1 acts and is recorded, so a
 * window never holds what the policy that learns from it did. The authors' demonstrations, 4 trajectories; 5,000 pairs
 * a window.
 */
final class OffPolicyBenchmark {
    private static final int TRAJECTORIES = 4;
    private static final int PAIRS = 5000;
    private static final int COPIES = 25;
    private static final int LAST = 50;

    /** A task of the authors' protocol. */
    private record Row(String environment, String file, int every, RewardForm reward, double target) {}

    private static final List<Row> ROWS = List.of(
            new Row("cartpole-v0", "cartpole_openai.csv.gz", 10, RewardForm.SURVIVAL, 200),
            new Row("mountaincar-v0", "mountaincar_openai.csv.gz", 5, RewardForm.TERMINATION, -101.4));

    /**
     * What is measured.
     *
     * @param folder the files of the authors' experts
     * @param environment its name
     * @param seeds runs, each with its own draw of demonstrations
     * @param windows recorded
     * @param updates iterations a window
     * @param replay newest windows that are learned from
     * @param generated what the discriminator takes for the policy's
     * @param feedback what the discriminator learns from
     */
    record Settings(
            Path folder,
            String environment,
            int seeds,
            int windows,
            int updates,
            int replay,
            OffPolicyConfig.Generated generated,
            GailConfig.Feedback feedback) {}

    private final Settings settings;
    private final Consumer<String> progress;

    OffPolicyBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    Map<String, Object> run() throws IOException {
        Row row = ROWS.stream()
                .filter(one -> one.environment().equals(settings.environment()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected one of %s, got %s"
                        .formatted(ROWS.stream().map(Row::environment).toList(), settings.environment())));
        Demonstrations all = Demonstrations.read(settings.folder().resolve(row.file()));
        List<Run> runs = new ArrayList<>();
        for (int seed = 0; seed < settings.seeds(); seed++) {
            Run run = run(row, all.choose(TRAJECTORIES, seed).subsample(row.every(), seed), seed);
            progress.accept("%s seed=%d %s".formatted(row.environment(), seed, run));
            runs.add(run);
        }
        double mean = runs.stream().mapToDouble(Run::mean).average().orElse(Double.NaN);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("runs", runs.stream().map(Run::toJson).toList());
        figures.put("mean", mean);
        figures.put("target", row.target());
        figures.put("allReached", mean >= row.target());
        return figures;
    }

    /**
     * What one run gave.
     *
     * @param mean return of the last version, deterministic action, 100 episodes
     * @param firstReached first window whose recorded episodes, actions drawn, come within 2.5 (CartPole) or 5 % of the
     *     target; -1 if none does
     * @param reachedOfLast how many of the last 50 windows do
     * @param leastEffectiveShare smallest effective share that an update ended with
     * @param iterations done, of updates x windows
     */
    private record Run(
            double mean, int firstReached, int reachedOfLast, double leastEffectiveShare, double iterations) {
        Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("return", mean);
            json.put("firstReached", firstReached);
            json.put("reachedOfLast50", reachedOfLast);
            json.put("leastEffectiveShare", leastEffectiveShare);
            json.put("iterations", iterations);
            return json;
        }
    }

    private Run run(Row row, Demonstrations demonstrations, long seed) {
        Task task = Environments.named(row.environment());
        CategoricalPolicy policy = new CategoricalPolicy(
                task.observationSize(), task.actions().policyOutputs(), List.of(100, 100), Activation.TANH);
        OffPolicyConfig offPolicy =
                OffPolicyConfig.defaults(settings.updates(), task.horizon()).with(settings.generated());
        RolloutCollector collector = new RolloutCollector(task.create(COPIES, 0));
        double least = 1;
        double iterations = 0;
        int first = -1;
        int reached = 0;
        Deque<Rollout> kept = new ArrayDeque<>();
        try (Gail gail =
                new Gail(policy, task, GailConfig.defaults(row.reward()).withFeedback(settings.feedback()))) {
            LearnerState previous = gail.initialState(seed);
            LearnerState state = previous;
            for (int window = 0; window < settings.windows(); window++) {
                Rollout recorded;
                try (SampledPolicy recorder = SampledPolicy.of(policy, task.actions(), previous)) {
                    recorded = collector.steps(recorder, PAIRS, 1_000_003L * seed + window);
                }
                if (recorded.meanReturn() >= row.target() * (row.target() > 0 ? 0.975 : 1.05)) {
                    first = first < 0 ? window : first;
                    reached += window >= settings.windows() - LAST ? 1 : 0;
                }
                kept.addLast(recorded);
                if (kept.size() > settings.replay()) {
                    kept.removeFirst();
                }
                OffPolicyUpdate update = gail.begin(
                        state,
                        demonstrations.trajectories(),
                        List.of(),
                        List.copyOf(kept),
                        offPolicy,
                        31L * seed + window);
                while (update.step()) {}
                Map<String, Double> report = update.report().figures();
                least = Math.min(least, report.getOrDefault("effectiveShare", Double.NaN));
                iterations += report.getOrDefault("iterations", Double.NaN);
                previous = state;
                state = update.state();
            }
            try (SampledPolicy last = SampledPolicy.of(policy, task.actions(), state)) {
                return new Run(
                        collector.episodes(last.mode(), 100, 17).meanReturn(), first, reached, least, iterations);
            }
        }
    }
}
