package dev.understudy.benchmarks;

import dev.understudy.driving.CarFollowing;
import dev.understudy.model.ModelFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench fuzz-models}. */
@Command(
        name = "fuzz-models",
        description =
                "Mutants of a model file through the intake check: none that answers otherwise than the model may pass.",
        mixinStandardHelpOptions = true)
final class FuzzModelsCommand extends Bench.Measurement {
    private static final double LONGEST_MILLIS = 1_000;
    private static final double MOST_MEGABYTES = 300;

    @Option(names = "--mutants", defaultValue = "2000", description = "How many. Default: ${DEFAULT-VALUE}.")
    private int mutants;

    @Option(names = "--seed", description = "What every draw follows from; a new one by default, which is printed.")
    private @Nullable Long seed;

    @Option(names = "--model", description = "The model file; an untrained car-following policy by default.")
    private @Nullable Path model;

    @Override
    public Integer call() throws IOException {
        long drawn = seed == null ? System.nanoTime() & 0xFFFF_FFFFL : seed;
        progress("seed " + drawn);
        ModelFile good = model == null ? ModelFuzz.untrained(CarFollowing.POLICY) : ModelFile.read(model);
        Map<String, Object> figures = new ModelFuzz(good, this::progress).run(mutants, drawn);
        figures.forEach((name, value) -> progress(name + ": " + value));
        boolean met = figures.get("differentAccepted") instanceof List<?> different
                && different.isEmpty()
                && below(figures.get("longestCheckMillis"), LONGEST_MILLIS)
                && below(figures.get("processPeakMegabytes"), MOST_MEGABYTES);
        return finish("fuzz-models", figures, met);
    }

    private static boolean below(@Nullable Object value, double most) {
        return value instanceof Number number && number.doubleValue() <= most;
    }
}
