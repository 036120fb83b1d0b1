package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Interrupts;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.app.demo.ControlScenario;
import dev.understudy.app.demo.Demo;
import dev.understudy.app.demo.DialogueScenario;
import dev.understudy.app.demo.DrivingScenario;
import dev.understudy.app.demo.Scenario;
import dev.understudy.app.study.BundledLogs;
import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.learn.Algorithms;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** The whole system in one JVM, on logs that come with it. */
@Command(
        name = "demo",
        description = {
            "Run the whole system in one JVM: a broker, the learning and the promotion job, and serving.",
            "Of driving, on a replay of bundled real logs faster than real time. Of control, with an expert that plays CartPole,",
            "MountainCar and Acrobot, and policies that learn from it and play; with --learner bco its actions are not logged. Of dialogue, on a replay of bundled conversations,",
            "with visitors who ask meanwhile. Ctrl-C stops it and prints the summary so far."
        })
public final class DemoCommand implements Tool {
    private static final int FAILED = 1;
    private static final int LEAST_SECONDS = 15;
    private static final int LEAST_WINDOW_SECONDS = 10;
    private static final int DRIVING_SECONDS = 115;
    private static final int DIALOGUE_SECONDS = 120;
    private static final double DRIVING_FACTOR = 48;
    private static final double DIALOGUE_FACTOR = 8;
    private static final int DRIVING_WINDOW_SECONDS = 180;
    private static final int DIALOGUE_WINDOW_SECONDS = 60;
    private static final List<String> DOMAINS = List.of("driving", "control", "dialogue");

    private static final List<String> CONTROL_LEARNERS = List.of(Algorithms.CLONING, Algorithms.BCO);

    private static final Setting<String> DOMAIN = Setting.text(
                    "demo.domain", "driving", "What is shown: " + String.join(", ", DOMAINS) + ".")
            .as("--domain");
    private static final Setting<Integer> SECONDS = Setting.integer(
                    "demo.seconds",
                    0,
                    0,
                    86_400,
                    "Stop after this long, all told, seconds; 0 for 115 of driving, 120 of dialogue, and for when all is done of control.")
            .as("--seconds");
    private static final Setting<Double> FACTOR = Setting.number(
                    "demo.factor",
                    0,
                    0,
                    1000,
                    "Event seconds per second of the replay (of driving and dialogue); 0 for 48 of driving, 8 of dialogue.")
            .as("--factor");
    private static final Setting<Integer> WINDOW_SECONDS = Setting.integer(
                    "demo.window.seconds",
                    0,
                    0,
                    86_400,
                    "Length of a learning window in event time, seconds; 0 for 180 of driving, 60 of dialogue, and from 10 on.")
            .as("--window-seconds");
    private static final Setting<Integer> STEPS = Setting.integer(
                    "demo.steps", 300, 1, 100_000, "Optimiser steps of bc and bco on each window (of driving).")
            .as("--steps");
    private static final Setting<String> LEARNER = Pipeline.learner("demo.learner");
    private static final Setting<Integer> ITERATIONS = Setting.integer(
                    "demo.iterations", 10, 1, 100_000, "Iterations of gail on each window (of driving).")
            .as("--iterations");
    private static final Setting<Integer> HELD_OUT_PERCENT = Setting.integer(
                    "demo.heldout.percent",
                    20,
                    1,
                    90,
                    "Share of trips, or conversations, that are tested on and never learned, percent (of driving and dialogue).")
            .as("--heldout-percent");
    private static final Setting<Integer> SEED = Setting.integer(
                    "demo.seed", 1, 0, Integer.MAX_VALUE, "What every draw follows from.")
            .as("--seed");
    private static final Setting<String> LOGS = Setting.text(
                    "demo.logs",
                    "",
                    "A folder of logs in the OpenACC layout (of driving), or files of conversations, separated by commas (of"
                            + " dialogue); the bundled ones by default.")
            .as("--logs");
    private static final Setting<Path> DIRECTORY = Setting.writableDirectory(
                    "demo.directory",
                    System.getProperty("java.io.tmpdir"),
                    "Where the broker and the jobs keep their files while it runs.")
            .as("--directory");

    @Override
    public List<Setting<?>> settings() {
        return List.of(
                DOMAIN,
                SECONDS,
                FACTOR,
                WINDOW_SECONDS,
                LEARNER,
                STEPS,
                ITERATIONS,
                HELD_OUT_PERCENT,
                SEED,
                LOGS,
                DIRECTORY);
    }

    @Override
    public int run(Settings settings, Console console) throws Exception {
        Scenario scenario = scenario(settings);
        Demo demo = new Demo(scenario, settings.get(DIRECTORY), console);
        // What the programs log, the demonstration tells in its own lines.
        Configurator.setLevel("dev.understudy", Level.WARN);
        AtomicBoolean interrupted = new AtomicBoolean();
        Interrupts.onFirst(() -> {
            interrupted.set(true);
            demo.stop();
        });
        Map<String, @Nullable Object> summary = demo.run();
        console.result(summary, () -> scenario.text(summary));
        String failure = interrupted.get() ? null : scenario.failure(summary);
        if (failure != null) {
            console.note(failure);
            return FAILED;
        }
        return 0;
    }

    private static Scenario scenario(Settings settings) {
        int seconds = settings.get(SECONDS);
        if (seconds > 0 && seconds < LEAST_SECONDS) {
            throw new BadSettingsException(
                    List.of("--seconds: expected 0 or from %d on, found %d".formatted(LEAST_SECONDS, seconds)));
        }
        return switch (settings.get(DOMAIN)) {
            case "driving" -> driving(settings, Duration.ofSeconds(seconds == 0 ? DRIVING_SECONDS : seconds));
            case "control" -> control(settings, Duration.ofSeconds(seconds));
            case "dialogue" -> dialogue(settings, Duration.ofSeconds(seconds == 0 ? DIALOGUE_SECONDS : seconds));
            default ->
                throw new BadSettingsException(
                        List.of("--domain: expected one of %s, found \"%s\"".formatted(DOMAINS, settings.get(DOMAIN))));
        };
    }

    private static Scenario control(Settings settings, Duration length) {
        String learner = settings.get(LEARNER);
        if (!CONTROL_LEARNERS.contains(learner)) {
            throw new BadSettingsException(
                    List.of("--learner: expected one of %s of control, found %s".formatted(CONTROL_LEARNERS, learner)));
        }
        return new ControlScenario(length, learner, settings.get(SEED));
    }

    private static Scenario driving(Settings settings, Duration length) {
        Path folder = settings.get(LOGS).isEmpty() ? BundledLogs.folder() : Path.of(settings.get(LOGS));
        if (!Files.isReadable(folder.resolve("runs.csv"))) {
            throw new BadSettingsException(List.of(
                    "--logs: expected a folder with runs.csv, found none at %s".formatted(folder.toAbsolutePath())));
        }
        return new DrivingScenario(new DrivingScenario.Plan(
                folder,
                length,
                factor(settings, DRIVING_FACTOR),
                window(settings, DRIVING_WINDOW_SECONDS),
                LearningBranch.of(
                        settings.get(LEARNER),
                        Policies.one(new CarFollowingPolicy()),
                        settings.get(STEPS),
                        settings.get(ITERATIONS)),
                settings.get(HELD_OUT_PERCENT),
                settings.get(SEED)));
    }

    private static Scenario dialogue(Settings settings, Duration length) {
        List<Path> files = settings.get(LOGS).isEmpty()
                ? List.of(BundledLogs.conversations())
                : LogFiles.paths(settings.get(LOGS), List.of());
        LogFiles.requireExisting(files);
        return new DialogueScenario(new DialogueScenario.Plan(
                LogFiles.turns(files),
                BundledLogs.licence(files),
                length,
                factor(settings, DIALOGUE_FACTOR),
                window(settings, DIALOGUE_WINDOW_SECONDS),
                settings.get(HELD_OUT_PERCENT),
                settings.get(SEED)));
    }

    private static double factor(Settings settings, double ofDomain) {
        double given = settings.get(FACTOR);
        return given == 0 ? ofDomain : given;
    }

    private static Duration window(Settings settings, int secondsOfDomain) {
        int given = settings.get(WINDOW_SECONDS);
        if (given > 0 && given < LEAST_WINDOW_SECONDS) {
            throw new BadSettingsException(List.of(
                    "--window-seconds: expected 0 or from %d on, found %d".formatted(LEAST_WINDOW_SECONDS, given)));
        }
        return Duration.ofSeconds(given == 0 ? secondsOfDomain : given);
    }
}
