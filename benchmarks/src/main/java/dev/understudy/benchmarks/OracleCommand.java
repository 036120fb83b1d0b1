package dev.understudy.benchmarks;

import dev.understudy.reward.SequenceDiscriminator;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench dialogue-oracle}. */
@Command(
        name = "dialogue-oracle",
        description =
                "Adversarial imitation of an oracle's sequences beside cloning at all softmax temperatures: NLL_test and NLL_oracle, nats per token.",
        mixinStandardHelpOptions = true)
final class OracleCommand extends Bench.Measurement {
    @Option(names = "--vocabulary", defaultValue = "50", description = "Tokens. Default: ${DEFAULT-VALUE}.")
    private int vocabulary;

    @Option(names = "--length", defaultValue = "8", description = "Of a sequence. Default: ${DEFAULT-VALUE}.")
    private int length;

    @Option(
            names = "--width",
            defaultValue = "16",
            description = "Of embedding and state, of oracle and policy. Default: ${DEFAULT-VALUE}.")
    private int width;

    @Option(names = "--expert", defaultValue = "2000", description = "Sequences learned. Default: ${DEFAULT-VALUE}.")
    private int expert;

    @Option(
            names = "--held-out",
            defaultValue = "1024",
            description = "Sequences of NLL_test, and of NLL_oracle. Default: ${DEFAULT-VALUE}.")
    private int heldOut;

    @Option(names = "--passes", defaultValue = "10", description = "Of cloning. Default: ${DEFAULT-VALUE}.")
    private int passes;

    @Option(names = "--iterations", defaultValue = "100", description = "Adversarial. Default: ${DEFAULT-VALUE}.")
    private int iterations;

    @Option(
            names = "--every",
            defaultValue = "25",
            description = "Iterations between measurements. Default: ${DEFAULT-VALUE}.")
    private int every;

    @Option(
            names = "--policy-rate",
            defaultValue = "1e-3",
            description = "Of the policy gradient. Default: ${DEFAULT-VALUE}.")
    private double policyRate;

    @Option(
            names = "--lambda",
            defaultValue = "0.5",
            description = "Of the advantages, 0 to 1. Default: ${DEFAULT-VALUE}.")
    private double lambda;

    @Option(
            names = "--forcing",
            defaultValue = "1",
            description = "Steps of cloning an iteration. Default: ${DEFAULT-VALUE}.")
    private int forcing;

    @Option(
            names = "--discriminator",
            defaultValue = "24",
            description = "Width of its embedding; its state has twice as many. Default: ${DEFAULT-VALUE}.")
    private int discriminator;

    @Option(names = "--discriminator-rate", defaultValue = "3e-3", description = "Default: ${DEFAULT-VALUE}.")
    private double discriminatorRate;

    @Option(
            names = "--warm-up",
            defaultValue = "800",
            description = "Steps of the discriminator before the policy's first. Default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(
            names = "--discriminator-steps",
            defaultValue = "2",
            description = "Of an iteration. Default: ${DEFAULT-VALUE}.")
    private int discriminatorSteps;

    @Option(names = "--seeds", defaultValue = "3", description = "Oracles. Default: ${DEFAULT-VALUE}.")
    private int seeds;

    @Option(names = "--first-seed", defaultValue = "1", description = "The first. Default: ${DEFAULT-VALUE}.")
    private int firstSeed;

    @Option(names = "--out", description = "CSV file for every measurement.")
    private @Nullable Path out;

    @Option(names = "--picture", description = "SVG file for the measurements as a picture.")
    private @Nullable Path picture;

    @Override
    public Integer call() throws IOException {
        OracleBenchmark.Settings settings = new OracleBenchmark.Settings(
                vocabulary,
                length,
                width,
                expert,
                heldOut,
                heldOut,
                passes,
                iterations,
                every,
                seeds,
                firstSeed,
                OracleBenchmark.Settings.adversarial(
                        length,
                        iterations,
                        new SequenceDiscriminator.Options(discriminator, 2 * discriminator, discriminatorRate, 1.0),
                        warmUp,
                        discriminatorSteps,
                        policyRate,
                        lambda,
                        forcing),
                out,
                picture);
        return finish("dialogue-oracle", new OracleBenchmark(settings, this::progress).run(), true);
    }
}
