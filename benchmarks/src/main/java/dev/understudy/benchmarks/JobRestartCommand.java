package dev.understudy.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench restart-jobs}. */
@Command(
        name = "restart-jobs",
        description =
                "What kill -9 does to learn and promote-gate with quiet topics: how long until they are back in work, and whether each candidate and verdict is there once.",
        mixinStandardHelpOptions = true)
final class JobRestartCommand extends Bench.Measurement {
    @Option(names = "--demos", required = true, description = "Folder with logs in the OpenACC layout.")
    private Path demos = Path.of("");

    @Option(
            names = "--window-seconds",
            defaultValue = "120",
            description = "Event time of a window. Default: ${DEFAULT-VALUE}.")
    private int windowSeconds;

    @Option(
            names = "--steps",
            defaultValue = "1000",
            description = "Optimiser steps of a window. Default: ${DEFAULT-VALUE}.")
    private int steps;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Map<String, Object> figures = new JobRestartBenchmark(demos, windowSeconds, steps, this::progress).run();
        return finish("restart-jobs", figures, Boolean.TRUE.equals(figures.get("met")));
    }
}
