package dev.understudy.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.understudy.streams.Recording;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
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
                LatencyCommand.class,
                Swap.class,
                RestartCommand.class,
                JobRestartCommand.class,
                PoisonCommand.class,
                ClosedLoop.class,
                Following.class,
                Streaming.class,
                DaggerCommands.Control.class,
                DaggerCommands.Following.class,
                DialogueBaselinesCommand.class,
                DialogueRetrievalCommand.class,
                DialogueActsCommand.class,
                GailCommands.Adversarial.class,
                GailCommands.Cloning.class,
                GailCommands.Timed.class,
                GailCommands.Peer.class,
                GailCommands.OffPolicy.class,
                ObservationCommands.Cloning.class,
                ObservationCommands.Following.class,
                ObservationCommands.Chunks.class,
                ObservationCommands.Entropy.class,
                ObservationCommands.Inverse.class,
                FuzzModelsCommand.class,
                DialogueCommands.Streamed.class,
                DialogueCommands.Timed.class,
                DialogueCommands.Replies.class,
                OracleCommand.class
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

        @Option(
                names = "--known",
                defaultValue = "0",
                description =
                        "Models that take turns, taken in before; with 0 each swap has a new one. Default: ${DEFAULT-VALUE}.")
        private int known;

        @Override
        public Integer call() throws IOException, ExecutionException, InterruptedException {
            Map<String, Object> figures = new SwapBenchmark(
                            new SwapBenchmark.Settings(swaps, warmUp, perSecond, known), this::progress)
                    .run();
            return finish("swap", figures, Boolean.TRUE.equals(figures.get("met")));
        }
    }

    /** {@code bench closed-loop}. */
    @Command(
            name = "closed-loop",
            description =
                    "The cloned car-following policy against calibrated laws in closed loop, cross-validated over whole runs.",
            mixinStandardHelpOptions = true)
    static final class ClosedLoop extends Measurement {
        @Option(names = "--demos", required = true, description = "Folder with logs in the OpenACC layout.")
        private Path demos = Path.of("");

        @Option(names = "--folds", defaultValue = "5", description = "Shares of the runs. Default: ${DEFAULT-VALUE}.")
        private int folds;

        @Option(names = "--seeds", defaultValue = "5", description = "Seeds per fold. Default: ${DEFAULT-VALUE}.")
        private int seeds;

        @Option(
                names = "--out",
                description = "File to write the error of every driver on every held-out stretch to, as CSV.")
        private @Nullable Path out;

        @Override
        public Integer call() throws JsonProcessingException {
            Map<String, Object> figures = new ClosedLoopBenchmark(
                            new ClosedLoopBenchmark.Settings(demos, folds, seeds, out),
                            ClosedLoopBenchmark.Training.cloning(),
                            this::progress)
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

    /** {@code bench stream}. */
    @Command(
            name = "stream",
            description =
                    "The learning curve of the stream: every window's candidate and every promoted model on whole runs that neither learner nor gate saw, beside batch training on everything so far and calibrated laws.",
            mixinStandardHelpOptions = true)
    static final class Streaming extends Measurement {
        @Option(names = "--demos", required = true, description = "Folder with logs in the OpenACC layout.")
        private Path demos = Path.of("");

        @Option(names = "--folds", defaultValue = "5", description = "Shares of the runs. Default: ${DEFAULT-VALUE}.")
        private int folds;

        @Option(names = "--seeds", defaultValue = "3", description = "Seeds per fold. Default: ${DEFAULT-VALUE}.")
        private int seeds;

        @Option(
                names = "--window-seconds",
                defaultValue = "180",
                description = "Event time of a window. Default: ${DEFAULT-VALUE}.")
        private int windowSeconds;

        @Option(
                names = "--steps",
                defaultValue = "300",
                description = "Optimiser steps of a window. Default: ${DEFAULT-VALUE}.")
        private int steps;

        @Option(
                names = "--batch-every",
                defaultValue = "10",
                description = "Windows between two batch trainings on everything so far. Default: ${DEFAULT-VALUE}.")
        private int batchEvery;

        @Option(names = "--out", description = "CSV file for every point of every curve.")
        private @Nullable Path out;

        @Option(names = "--picture", description = "SVG file for the curves.")
        private @Nullable Path picture;

        @Override
        public Integer call() throws JsonProcessingException {
            Map<String, Object> figures = new StreamBenchmark(
                            new StreamBenchmark.Settings(
                                    demos,
                                    folds,
                                    seeds,
                                    Duration.ofSeconds(windowSeconds),
                                    steps,
                                    batchEvery,
                                    out,
                                    picture),
                            this::progress)
                    .run();
            return finish("stream", figures, Boolean.TRUE.equals(figures.get("met")));
        }
    }
}
