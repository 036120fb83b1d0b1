package dev.understudy.benchmarks;

import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.adversarial.OffPolicyConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The measurements of learning in classic control: GAIL, what stands beside it, and how long it takes. */
final class GailCommands {
    private GailCommands() {}

    /** {@code bench gail}. */
    @Command(
            name = "gail",
            description = "GAIL by its authors' protocol over draws of demonstrations, against the published returns.",
            mixinStandardHelpOptions = true)
    static final class Adversarial extends Bench.Measurement {
        @Option(names = "--experts", required = true, description = "Folder with the authors' experts' episodes.")
        private Path experts = Path.of("");

        @Option(names = "--environment", description = "Environments; all three if left out.")
        private List<String> environments = new ArrayList<>();

        @Option(names = "--count", description = "Numbers of trajectories; 1, 4, 7 and 10 if left out.")
        private List<Integer> counts = new ArrayList<>();

        @Option(names = "--draws", defaultValue = "10", description = "Draws of data. Default: ${DEFAULT-VALUE}.")
        private int draws;

        @Option(names = "--first-draw", defaultValue = "0", description = "Number of the first draw, its seed too.")
        private int firstDraw;

        @Option(
                names = "--preset",
                defaultValue = "DEFAULTS",
                description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
        private GailBenchmark.Preset preset = GailBenchmark.Preset.DEFAULTS;

        @Option(names = "--iterations", defaultValue = "0", description = "The preset's if left out.")
        private int iterations;

        @Option(names = "--episodes", defaultValue = "100", description = "Per evaluation. Default: ${DEFAULT-VALUE}.")
        private int episodes;

        @Option(
                names = "--snapshot-every",
                defaultValue = "10",
                description = "Iterations between looks at the policy, off the clock. Default: ${DEFAULT-VALUE}.")
        private int snapshotEvery;

        @Option(
                names = "--feedback",
                defaultValue = "EXPERT",
                description = "${COMPLETION-CANDIDATES}: the latter two are controls. Default: ${DEFAULT-VALUE}.")
        private GailConfig.Feedback feedback = GailConfig.Feedback.EXPERT;

        @Option(names = "--curves", description = "Folder for pictures of the returns, one per environment.")
        private @Nullable Path curves;

        @Option(names = "--observed", description = "State-only GAIL: demonstrations without actions, not thinned.")
        private boolean observed;

        @Override
        public Integer call() throws IOException {
            double jvmSeconds = ManagementFactory.getRuntimeMXBean().getUptime() / 1e3;
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("preset", preset.name());
            figures.put("feedback", feedback.name());
            figures.put("jvmSecondsBefore", jvmSeconds);
            figures.putAll(new GailBenchmark(
                            new GailBenchmark.Settings(
                                    experts,
                                    environments,
                                    counts,
                                    firstDraw,
                                    draws,
                                    preset,
                                    iterations,
                                    episodes,
                                    snapshotEvery,
                                    feedback,
                                    observed,
                                    Optional.ofNullable(curves)),
                            this::progress)
                    .run());
            if (feedback == GailConfig.Feedback.EXPERT && firstDraw == 0 && !observed) {
                figures.put(
                        "behaviouralCloning",
                        new CloningBenchmark(
                                        new CloningBenchmark.Settings(experts, environments, draws, episodes),
                                        this::progress)
                                .run());
            }
            return finish(observed ? "gaifo" : "gail", figures, Boolean.TRUE.equals(figures.get("allReached")));
        }
    }

    /** {@code bench bc}. */
    @Command(
            name = "bc",
            description = "Behavioural cloning by the protocol of GAIL's authors, on the draws of bench gail.",
            mixinStandardHelpOptions = true)
    static final class Cloning extends Bench.Measurement {
        @Option(names = "--experts", required = true, description = "Folder with the authors' experts' episodes.")
        private Path experts = Path.of("");

        @Option(names = "--environment", description = "Environments; all three if left out.")
        private List<String> environments = new ArrayList<>();

        @Option(names = "--draws", defaultValue = "10", description = "Draws of data. Default: ${DEFAULT-VALUE}.")
        private int draws;

        @Option(names = "--episodes", defaultValue = "100", description = "Per evaluation. Default: ${DEFAULT-VALUE}.")
        private int episodes;

        @Override
        public Integer call() throws IOException {
            Map<String, Object> figures = new CloningBenchmark(
                            new CloningBenchmark.Settings(experts, environments, draws, episodes), this::progress)
                    .run();
            return finish("bc", figures, true);
        }
    }

    /** {@code bench gail-time}. */
    @Command(
            name = "gail-time",
            description = "Time until GAIL's deterministic action scores 195 of 200 in CartPole, three times in a row.",
            mixinStandardHelpOptions = true)
    static final class Timed extends Bench.Measurement {
        @Mixin
        private TimedOptions options = new TimedOptions();

        @Override
        public Integer call() throws IOException {
            Map<String, Object> figures = new GailTime(options.settings(), this::progress).run();
            return finish("gail-time", figures, Boolean.TRUE.equals(figures.get("reached")));
        }
    }

    /** What both sides of the race are told. */
    static final class TimedOptions {
        @Option(names = "--demos", required = true, description = "The authors' expert's episodes of CartPole.")
        private Path demos = Path.of("");

        @Option(
                names = "--horizon",
                defaultValue = "early",
                description =
                        "Where the policy practises: early, in the task itself; fixed, where no episode ends early. Default: ${DEFAULT-VALUE}.")
        private String horizon = "";

        @Option(names = "--trajectories", defaultValue = "10", description = "Default: ${DEFAULT-VALUE}.")
        private int trajectories;

        @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
        private long seed;

        @Option(names = "--steps", defaultValue = "800000", description = "Gives up after. Default: ${DEFAULT-VALUE}.")
        private int steps;

        @Option(names = "--episodes", defaultValue = "50", description = "Per evaluation. Default: ${DEFAULT-VALUE}.")
        private int episodes;

        GailTime.Settings settings() {
            return new GailTime.Settings(demos, horizon, trajectories, seed, steps, episodes);
        }
    }

    /** {@code bench gail-peer}. */
    @Command(
            name = "gail-peer",
            description =
                    "bench gail-time beside benchmarks/peers/imitation_gail.py, by turns, each in a separate process.",
            mixinStandardHelpOptions = true)
    static final class Peer extends Bench.Measurement {
        @Mixin
        private TimedOptions options = new TimedOptions();

        @Option(names = "--python", required = true, description = "A Python with peers/requirements.txt.")
        private Path python = Path.of("");

        @Option(names = "--rounds", defaultValue = "3", description = "Seeds. Default: ${DEFAULT-VALUE}.")
        private int rounds;

        @Override
        public Integer call() throws IOException, InterruptedException {
            Map<String, Object> figures = new GailPeer(options.settings(), python, rounds, this::progress).run();
            return finish("gail-peer", figures, Boolean.TRUE.equals(figures.get("met")));
        }
    }

    /** {@code bench gail-off-policy}. */
    @Command(
            name = "gail-off-policy",
            description =
                    "GAIL that never acts itself: each window is recorded by the version before the one that learns from it.",
            mixinStandardHelpOptions = true)
    static final class OffPolicy extends Bench.Measurement {
        @Option(names = "--experts", required = true, description = "Folder with the authors' experts' episodes.")
        private Path experts = Path.of("");

        @Option(
                names = "--environment",
                defaultValue = "cartpole-v0",
                description = "cartpole-v0 or mountaincar-v0. Default: ${DEFAULT-VALUE}.")
        private String environment = "";

        @Option(names = "--seeds", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}.")
        private int seeds;

        @Option(
                names = "--windows",
                defaultValue = "100",
                description = "Windows of 5,000 recorded pairs. Default: ${DEFAULT-VALUE}.")
        private int windows;

        @Option(
                names = "--updates",
                defaultValue = "3",
                description = "Iterations a window. Default: ${DEFAULT-VALUE}.")
        private int updates;

        @Option(
                names = "--replay",
                defaultValue = "3",
                description = "Newest windows that are learned from. Default: ${DEFAULT-VALUE}.")
        private int replay;

        @Option(
                names = "--generated",
                defaultValue = "WEIGHTED",
                description = "${COMPLETION-CANDIDATES}: what the discriminator sees. Default: ${DEFAULT-VALUE}.")
        private OffPolicyConfig.Generated generated = OffPolicyConfig.Generated.WEIGHTED;

        @Option(
                names = "--feedback",
                defaultValue = "EXPERT",
                description = "EXPERT, or CONSTANT as a control. Default: ${DEFAULT-VALUE}.")
        private GailConfig.Feedback feedback = GailConfig.Feedback.EXPERT;

        @Override
        public Integer call() throws IOException {
            Map<String, Object> figures = new OffPolicyBenchmark(
                            new OffPolicyBenchmark.Settings(
                                    experts, environment, seeds, windows, updates, replay, generated, feedback),
                            this::progress)
                    .run();
            return finish("gail-off-policy", figures, Boolean.TRUE.equals(figures.get("allReached")));
        }
    }
}
