package dev.understudy.benchmarks;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench poison}. */
@Command(
        name = "poison",
        description =
                "Serving where a share of the observations is bad: records a second beside clean ones, and whether the account adds up to the record.",
        mixinStandardHelpOptions = true)
final class PoisonCommand extends Bench.Measurement {
    @Option(
            names = "--records",
            defaultValue = "300000",
            description = "Good observations of a round. Default: ${DEFAULT-VALUE}.")
    private long records;

    @Option(names = "--vehicles", defaultValue = "250", description = "Vehicles. Default: ${DEFAULT-VALUE}.")
    private int vehicles;

    @Option(
            names = "--partitions",
            defaultValue = "4",
            description = "Partitions of the topics. Default: ${DEFAULT-VALUE}.")
    private int partitions;

    @Option(
            names = "--percent",
            defaultValue = "1",
            description = "Bad observations for a hundred good ones. Default: ${DEFAULT-VALUE}.")
    private double percent;

    @Option(names = "--rounds", defaultValue = "3", description = "Rounds of each kind. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(names = "--seed", defaultValue = "1", description = "What is bad follows from it.")
    private long seed;

    @Override
    public Integer call() throws IOException, ExecutionException, InterruptedException {
        PoisonBenchmark.Settings settings =
                new PoisonBenchmark.Settings(records, vehicles, partitions, percent / 100, rounds, seed);
        Map<String, Object> figures = new PoisonBenchmark(settings, this::progress).run();
        return finish("poison", figures, Boolean.TRUE.equals(figures.get("met")));
    }
}
