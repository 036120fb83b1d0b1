package dev.understudy.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.adversarial.OffPolicyConfig;
import dev.understudy.streams.Recording;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command line of the measurements: exit code 0 if every target was met, 1 if not, 2 for bad usage. */
@Command(
        name = "understudy",
        subcommands = {Bench.Measurements.class})
public final class Bench {
    private static final int MISSED = 1;
    private static final String LOG_LEVEL = "understudy.own.log.level";

    private Bench() {}

    /** Runs one measurement and exits with its code. */
    public static void main(String[] arguments) {
        if (System.getProperty(LOG_LEVEL) == null) {
            System.setProperty(LOG_LEVEL, "warn"); // a line for each start and model would hide the figures
        }
        System.exit(new CommandLine(new Bench())
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    line.getErr().println("understudy: " + failure.getMessage());
                    if (Boolean.getBoolean("understudy.verbose")) {
                        failure.printStackTrace(line.getErr());
                    }
                    return MISSED;
                })
                .execute(arguments));
    }

    /** The group of the measurements. */
    @Command(
            name = "bench",
            description = "Measures this system beside what it is held against.",
            mixinStandardHelpOptions = true,
            subcommands = {
                Train.class,
                Serve.class,
                Swap.class,
                ClosedLoop.class,
                Following.class,
                Adversarial.class,
                Cloning.class,
                Timed.class,
                Peer.class,
                OffPolicy.class
            })
    static final class Measurements {}

    /** Where a measurement writes. */
    abstract static class Measurement implements Callable<Integer> {
        @Option(
                names = "--json",
                description =
                        "Write the result to standard output as one JSON object, everything else to standard error.")
        private boolean json;

        /** Says what is going on. */
        void progress(String line) {
            stream(json).println(line);
        }

        /** Writes the result with the machine it was measured on; returns the exit code. */
        int finish(String name, Map<String, Object> figures, boolean met) throws JsonProcessingException {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("benchmark", name);
            result.put("machine", Machine.describe());
            result.putAll(figures);
            result.put("met", met);
            if (json) {
                stream(false)
                        .println(new ObjectMapper()
                                .enable(SerializationFeature.INDENT_OUTPUT)
                                .writeValueAsString(result));
            } else {
                progress("machine: " + result.get("machine"));
            }
            return met ? 0 : MISSED;
        }

        private static PrintStream stream(boolean error) {
            return new PrintStream(error ? System.err : System.out, true, StandardCharsets.UTF_8);
        }
    }

    /** {@code bench train}. */
    @Command(
            name = "train",
            description =
                    "One training step against libtorch: same network, batch and first parameters, one thread each.",
            mixinStandardHelpOptions = true)
    static final class Train extends Measurement {
        @Option(names = "--rounds", defaultValue = "15", description = "Pairs of rounds. Default: ${DEFAULT-VALUE}.")
        private int rounds;

        @Option(
                names = "--round-seconds",
                defaultValue = "0.3",
                description = "CPU seconds a round takes, about. Default: ${DEFAULT-VALUE}.")
        private double roundSeconds;

        @Option(
                names = "--warm-up-seconds",
                defaultValue = "2",
                description = "Seconds each side runs before the first round. Default: ${DEFAULT-VALUE}.")
        private double warmUpSeconds;

        @Override
        public Integer call() throws JsonProcessingException {
            TrainBenchmark benchmark = new TrainBenchmark(
                    new TrainBenchmark.Settings(rounds, roundSeconds, warmUpSeconds), this::progress);
            Map<String, Object> figures = benchmark.run(TrainBenchmark.targets());
            return finish("train", figures, TrainBenchmark.met(figures));
        }
    }

    /** {@code bench serve}. */
    @Command(
            name = "serve",
            description =
                    "Decisions a second of the serving topology against topologies that only decode and encode, or only forward, the same records on the same broker; and latency at half that load.",
            mixinStandardHelpOptions = true)
    static final class Serve extends Measurement {
        @Option(
                names = "--records",
                defaultValue = "1000000",
                description = "Observations of a round. Default: ${DEFAULT-VALUE}.")
        private long records;

        @Option(
                names = "--vehicles",
                defaultValue = "250",
                description = "Vehicles that they are of. Default: ${DEFAULT-VALUE}.")
        private int vehicles;

        @Option(
                names = "--partitions",
                defaultValue = "4",
                description = "Partitions of the topics. Default: ${DEFAULT-VALUE}.")
        private int partitions;

        @Option(
                names = "--rounds",
                defaultValue = "5",
                description = "Rounds of each topology. Default: ${DEFAULT-VALUE}.")
        private int rounds;

        @Option(
                names = "--exactly-once-rounds",
                defaultValue = "2",
                description = "Rounds under exactly once. Default: ${DEFAULT-VALUE}.")
        private int exactlyOnceRounds;

        @Option(
                names = "--latency-seconds",
                defaultValue = "15",
                description = "How long latency is measured. Default: ${DEFAULT-VALUE}.")
        private int latencySeconds;

        @Option(
                names = "--recording",
                defaultValue = "OFF",
                description = "${COMPLETION-CANDIDATES}: whether rollouts are written. Default: ${DEFAULT-VALUE}.")
        private Recording recording = Recording.OFF;

        @Override
        public Integer call() throws IOException, ExecutionException, InterruptedException {
            ServeBenchmark benchmark = new ServeBenchmark(
                    new ServeBenchmark.Settings(
                            records, vehicles, partitions, rounds, exactlyOnceRounds, latencySeconds, recording),
                    this::progress);
            Map<String, Object> figures = benchmark.run();
            return finish("serve", figures, Boolean.TRUE.equals(figures.get("met")));
        }
    }

    /** {@code bench swap}. */
    @Command(
            name = "swap",
            description =
                    "How long a swap holds up the observations in its way: one new model after another under a steady load.",
            mixinStandardHelpOptions = true)
    static final class Swap extends Measurement {
        @Option(names = "--swaps", defaultValue = "200", description = "Swaps measured. Default: ${DEFAULT-VALUE}.")
        private int swaps;

        @Option(names = "--warm-up", defaultValue = "20", description = "Swaps before them. Default: ${DEFAULT-VALUE}.")
        private int warmUp;

        @Option(
                names = "--per-second",
                defaultValue = "5000",
                description = "Observations a second meanwhile. Default: ${DEFAULT-VALUE}.")
        private double perSecond;

        @Override
        public Integer call() throws IOException, ExecutionException, InterruptedException {
            Map<String, Object> figures =
                    new SwapBenchmark(new SwapBenchmark.Settings(swaps, warmUp, perSecond), this::progress).run();
            return finish("swap", figures, Boolean.TRUE.equals(figures.get("met")));
        }
    }

    /** {@code bench closed-loop}. */
    @Command(
            name = "closed-loop",
            description =
                    "The cloned car-following policy against the calibrated Intelligent Driver Model in closed loop, cross-validated over whole runs.",
            mixinStandardHelpOptions = true)
    static final class ClosedLoop extends Measurement {
        @Option(names = "--demos", required = true, description = "Folder with logs in the OpenACC layout.")
        private Path demos = Path.of("");

        @Option(names = "--folds", defaultValue = "5", description = "Shares of the runs. Default: ${DEFAULT-VALUE}.")
        private int folds;

        @Option(names = "--seeds", defaultValue = "5", description = "Seeds per fold. Default: ${DEFAULT-VALUE}.")
        private int seeds;

        @Override
        public Integer call() throws JsonProcessingException {
            Map<String, Object> figures = new ClosedLoopBenchmark(
                            new ClosedLoopBenchmark.Settings(demos, folds, seeds), this::progress)
                    .run();
            return finish("closed-loop", figures, Boolean.TRUE.equals(figures.get("met")));
        }
    }

    /** {@code bench following}. */
    @Command(
            name = "following",
            description =
                    "Adversarial imitation of car following beside cloning and the calibrated Intelligent Driver Model: spacing error and the frequencies of speed, acceleration, jerk and inverse time to collision, cross-validated over whole runs.",
            mixinStandardHelpOptions = true)
    static final class Following extends Measurement {
        @Option(names = "--demos", required = true, description = "Folder with logs in the OpenACC layout.")
        private Path demos = Path.of("");

        @Option(names = "--folds", defaultValue = "5", description = "Shares of the runs. Default: ${DEFAULT-VALUE}.")
        private int folds;

        @Option(names = "--seeds", defaultValue = "2", description = "Seeds per fold. Default: ${DEFAULT-VALUE}.")
        private int seeds;

        @Option(names = "--first-seed", defaultValue = "1", description = "The first. Default: ${DEFAULT-VALUE}.")
        private int firstSeed;

        @Override
        public Integer call() throws JsonProcessingException {
            Map<String, Object> figures = new FollowingBenchmark(
                            new FollowingBenchmark.Settings(demos, folds, seeds, firstSeed), this::progress)
                    .run();
            return finish("following", figures, Boolean.TRUE.equals(figures.get("met")));
        }
    }

    /** {@code bench gail}. */
    @Command(
            name = "gail",
            description = "GAIL by its authors' protocol over draws of demonstrations, against the published returns.",
            mixinStandardHelpOptions = true)
    static final class Adversarial extends Measurement {
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
                                    Optional.ofNullable(curves)),
                            this::progress)
                    .run());
            if (feedback == GailConfig.Feedback.EXPERT && firstDraw == 0) {
                figures.put(
                        "behaviouralCloning",
                        new CloningBenchmark(
                                        new CloningBenchmark.Settings(experts, environments, draws, episodes),
                                        this::progress)
                                .run());
            }
            return finish("gail", figures, Boolean.TRUE.equals(figures.get("allReached")));
        }
    }

    /** {@code bench bc}. */
    @Command(
            name = "bc",
            description = "Behavioural cloning by the protocol of GAIL's authors, on the draws of bench gail.",
            mixinStandardHelpOptions = true)
    static final class Cloning extends Measurement {
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
    static final class Timed extends Measurement {
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
                    "bench gail-time beside benchmarks/peers/imitation_gail.py, turn by turn, each in a process of its own.",
            mixinStandardHelpOptions = true)
    static final class Peer extends Measurement {
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
    static final class OffPolicy extends Measurement {
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
