package dev.understudy.benchmarks;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench restart}. */
@Command(
        name = "restart",
        description =
                "What kill -9 does to serving under a steady stream, alone and as one of two instances, at least once and exactly once: how long nobody answers, what is decided again, what is lost.",
        mixinStandardHelpOptions = true)
final class RestartCommand extends Bench.Measurement {
    @Option(
            names = "--per-second",
            defaultValue = "300",
            description = "Observations a second. Default: ${DEFAULT-VALUE}.")
    private double perSecond;

    @Option(
            names = "--seconds",
            defaultValue = "12",
            description = "Seconds of traffic before a kill. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(
            names = "--partitions",
            defaultValue = "4",
            description = "Partitions of the topics. Default: ${DEFAULT-VALUE}.")
    private int partitions;

    @Option(
            names = "--serve-option",
            description = "An option of serve, such as --serve-option=--commit-millis=200; may be repeated.")
    private List<String> serveOptions = List.of();

    @Override
    public Integer call() throws IOException, ExecutionException, InterruptedException {
        Map<String, Object> figures = new RestartBenchmark(
                        new RestartBenchmark.Settings(perSecond, seconds, partitions, List.copyOf(serveOptions)),
                        this::progress)
                .run();
        return finish("restart", figures, Boolean.TRUE.equals(figures.get("met")));
    }
}
