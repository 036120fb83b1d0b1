package dev.understudy.benchmarks;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench latency}. */
@Command(
        name = "latency",
        description =
                "From an observation to a consumer of its decision, at steady rates, beside a plain Kafka Streams application that calls ONNX Runtime for each record.",
        mixinStandardHelpOptions = true)
final class LatencyCommand extends Bench.Measurement {
    @Option(
            names = "--rates",
            split = ",",
            defaultValue = "2000,10000",
            description = "Observations a second. Default: ${DEFAULT-VALUE}.")
    private List<Integer> rates = List.of();

    @Option(names = "--seconds", defaultValue = "15", description = "Seconds measured. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(
            names = "--warm-up-seconds",
            defaultValue = "20",
            description =
                    "Seconds before them, of which the first five are shown one by one. Default: ${DEFAULT-VALUE}.")
    private int warmUpSeconds;

    @Option(
            names = "--partitions",
            defaultValue = "4",
            description = "Partitions of the topics. Default: ${DEFAULT-VALUE}.")
    private int partitions;

    @Option(
            names = "--rounds",
            defaultValue = "1",
            description = "Rounds of each program at each rate. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--serve-option",
            description = "An option of serve, such as --serve-option=--wait-millis=1; may be repeated.")
    private List<String> serveOptions = List.of();

    @Override
    public Integer call() throws IOException, ExecutionException, InterruptedException {
        Map<String, Object> figures = new LatencyBenchmark(
                        new LatencyBenchmark.Settings(
                                List.copyOf(rates),
                                seconds,
                                warmUpSeconds,
                                partitions,
                                rounds,
                                List.copyOf(serveOptions)),
                        this::progress)
                .run();
        return finish("latency", figures, Boolean.TRUE.equals(figures.get("met")));
    }
}
