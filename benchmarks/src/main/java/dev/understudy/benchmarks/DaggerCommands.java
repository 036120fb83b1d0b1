package dev.understudy.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The measurements of learning from takeovers. */
final class DaggerCommands {
    private DaggerCommands() {}

    /** {@code bench dagger}. */
    @Command(
            name = "dagger",
            description =
                    "Takeovers as demonstrations on CartPole: a policy of a few expert steps, corrected by a scripted expert, window after window.",
            mixinStandardHelpOptions = true)
    static final class Control extends Bench.Measurement {
        @Option(names = "--seeds", defaultValue = "5", description = "Runs. Default: ${DEFAULT-VALUE}.")
        private int seeds;

        @Option(
                names = "--episodes",
                defaultValue = "5",
                description = "The expert's, before the policy acts. Default: ${DEFAULT-VALUE}.")
        private int episodes;

        @Option(
                names = "--expert-steps",
                defaultValue = "5",
                description = "Steps of each of them. Default: ${DEFAULT-VALUE}.")
        private int expertSteps;

        @Option(
                names = "--windows",
                defaultValue = "10",
                description = "Windows in which the policy acts. Default: ${DEFAULT-VALUE}.")
        private int windows;

        @Option(names = "--steps", defaultValue = "1000", description = "Of a window. Default: ${DEFAULT-VALUE}.")
        private int steps;

        @Option(names = "--picture", description = "SVG file for the curves.")
        private @Nullable Path picture;

        @Override
        public Integer call() throws JsonProcessingException {
            Map<String, Object> figures = new DaggerBenchmark(
                            new DaggerBenchmark.Settings(seeds, episodes, expertSteps, windows, steps, picture),
                            this::progress)
                    .run();
            return finish("dagger", figures, Boolean.TRUE.equals(figures.get("met")));
        }
    }

    /** {@code bench dagger-following}. */
    @Command(
            name = "dagger-following",
            description =
                    "Takeovers as demonstrations in car following: a driver corrects the policy behind logged leaders; takeovers and spacing error on runs that are never learned, with the corrections and without.",
            mixinStandardHelpOptions = true)
    static final class Following extends Bench.Measurement {
        @Option(names = "--demos", required = true, description = "Folder with logs in the OpenACC layout.")
        private Path demos = Path.of("");

        @Option(names = "--folds", defaultValue = "5", description = "Shares of the runs. Default: ${DEFAULT-VALUE}.")
        private int folds;

        @Option(
                names = "--fold",
                defaultValue = "0",
                description = "The one that is never learned, from 0. Default: ${DEFAULT-VALUE}.")
        private int fold;

        @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
        private long seed;

        @Option(
                names = "--first-trips",
                defaultValue = "4",
                description = "Trips that the driver drives alone at first. Default: ${DEFAULT-VALUE}.")
        private int firstTrips;

        @Option(
                names = "--windows",
                defaultValue = "10",
                description = "Windows in which the policy drives. Default: ${DEFAULT-VALUE}.")
        private int windows;

        @Option(
                names = "--updates",
                defaultValue = "600",
                description = "Optimiser steps of a window. Default: ${DEFAULT-VALUE}.")
        private int updates;

        @Option(
                names = "--over",
                defaultValue = "6",
                description =
                        "Metres from where the driver would be beyond which he takes over. Default: ${DEFAULT-VALUE}.")
        private double overMeters;

        @Option(
                names = "--back",
                defaultValue = "2",
                description = "Metres within which he gives back. Default: ${DEFAULT-VALUE}.")
        private double backMeters;

        @Option(
                names = "--memory",
                defaultValue = "RESERVOIR",
                description = "What is rehearsed: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
        private StreamedLearner.Memory memory = StreamedLearner.Memory.RESERVOIR;

        @Override
        public Integer call() throws JsonProcessingException {
            Map<String, Object> figures = new FollowingDaggerBenchmark(
                            new FollowingDaggerBenchmark.Settings(
                                    demos,
                                    folds,
                                    fold,
                                    seed,
                                    firstTrips,
                                    windows,
                                    updates,
                                    new CorrectedDrives.Patience(overMeters, backMeters),
                                    memory),
                            this::progress)
                    .run();
            return finish("dagger-following", figures, Boolean.TRUE.equals(figures.get("met")));
        }
    }
}
