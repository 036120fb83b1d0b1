package dev.understudy.app;

import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.flink.train.LearningBranch;
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
            "Run the whole system in one JVM on bundled real logs.",
            "That is a broker, the learning and the promotion job, serving, and a replay faster than real time. Ctrl-C",
            "stops it and prints the summary so far."
        })
final class DemoCommand implements Tool {
    private static final int FAILED = 1;

    private static final Setting<Integer> SECONDS = Setting.integer(
                    "demo.seconds", 115, 15, 86_400, "Stop after this long, all told, seconds.")
            .as("--seconds");
    private static final Setting<Double> FACTOR = Setting.number(
                    "demo.factor", 48, 0.1, 1000, "Event seconds per second of the replay.")
            .as("--factor");
    private static final Setting<Integer> WINDOW_SECONDS = Setting.integer(
                    "demo.window.seconds", 180, 10, 86_400, "Length of a learning window in event time, seconds.")
            .as("--window-seconds");
    private static final Setting<Integer> STEPS = Setting.integer(
                    "demo.steps", 300, 1, 100_000, "Optimiser steps of bc on each window.")
            .as("--steps");
    private static final Setting<String> LEARNER = Pipeline.learner("demo.learner");
    private static final Setting<Integer> ITERATIONS = Setting.integer(
                    "demo.iterations", 10, 1, 100_000, "Iterations of gail on each window.")
            .as("--iterations");
    private static final Setting<Integer> HELD_OUT_PERCENT = Setting.integer(
                    "demo.heldout.percent", 20, 1, 90, "Share of trips that are tested on and never learned, percent.")
            .as("--heldout-percent");
    private static final Setting<Integer> SEED = Setting.integer(
                    "demo.seed", 1, 0, Integer.MAX_VALUE, "What every draw follows from.")
            .as("--seed");
    private static final Setting<Path> LOGS = new Setting<>(
            "demo.logs", "--logs", "", "A folder of logs in the OpenACC layout; the bundled ones by default.", text -> {
                Path folder = text.isEmpty() ? BundledLogs.folder() : Path.of(text);
                if (!Files.isReadable(folder.resolve("runs.csv"))) {
                    throw new IllegalArgumentException(
                            "expected a folder with runs.csv, found none at %s".formatted(folder.toAbsolutePath()));
                }
                return folder;
            });
    private static final Setting<Path> DIRECTORY = Setting.writableDirectory(
                    "demo.directory",
                    System.getProperty("java.io.tmpdir"),
                    "Where the broker and the jobs keep their files while it runs.")
            .as("--directory");

    @Override
    public List<Setting<?>> settings() {
        return List.of(
                SECONDS, FACTOR, WINDOW_SECONDS, LEARNER, STEPS, ITERATIONS, HELD_OUT_PERCENT, SEED, LOGS, DIRECTORY);
    }

    @Override
    public int run(Settings settings, Console console) throws Exception {
        Demo demo = new Demo(
                new Demo.Plan(
                        settings.get(LOGS),
                        Duration.ofSeconds(settings.get(SECONDS)),
                        settings.get(FACTOR),
                        Duration.ofSeconds(settings.get(WINDOW_SECONDS)),
                        LearningBranch.of(
                                settings.get(LEARNER),
                                Policies.one(new CarFollowingPolicy()),
                                settings.get(STEPS),
                                settings.get(ITERATIONS)),
                        settings.get(HELD_OUT_PERCENT),
                        settings.get(SEED),
                        settings.get(DIRECTORY)),
                console);
        // What the programs log, the demonstration tells in its own lines.
        Configurator.setLevel("dev.understudy", Level.WARN);
        AtomicBoolean interrupted = new AtomicBoolean();
        Interrupts.onFirst(() -> {
            interrupted.set(true);
            demo.stop();
        });
        Map<String, @Nullable Object> summary = demo.run();
        console.result(summary, () -> SummaryText.of(summary));
        if (!interrupted.get() && LoopAccount.learned(summary) == 0) {
            console.note("expected records to be learned, found none: " + summary.get("events") + ", rejected "
                    + summary.get("rejectedByReason"));
            return FAILED;
        }
        return 0;
    }
}
