package dev.understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.reward.SequenceDiscriminator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
class OracleBenchmarkTest {
    @TempDir
    Path folder;

    @Test
    void measuresTheOracleTheClonedAtEveryTemperatureAndTheAdversarial() throws Exception {
        Path csv = folder.resolve("oracle.csv");
        Path svg = folder.resolve("oracle.svg");
        Map<String, Object> figures = new OracleBenchmark(
                        new OracleBenchmark.Settings(
                                12,
                                4,
                                8,
                                256,
                                128,
                                128,
                                4,
                                4,
                                2,
                                1,
                                1,
                                OracleBenchmark.Settings.adversarial(
                                        4, 4, new SequenceDiscriminator.Options(8, 16, 1e-3, 1), 5, 1, 1e-3, 0.5, 1),
                                csv,
                                svg),
                        line -> {})
                .run();
        assertThat(figures).containsKeys("oracle", "cloned", "adversarial", "withoutForcing", "constantDiscriminator");
        List<String> lines = Files.readAllLines(csv);
        assertThat(lines.get(0)).isEqualTo("seed,model,iteration,temperature,nllTest,nllOracle");
        double[] oracle = numbers(lines, "1,oracle,0,1.00,");
        double[] cool = numbers(lines, "1,cloned,0,0.50,");
        double[] cloned = numbers(lines, "1,cloned,0,1.00,");
        double[] warm = numbers(lines, "1,cloned,0,1.20,");
        assertThat(oracle[0]).as("nobody predicts the oracle as it does").isLessThan(cloned[0]);
        assertThat(cool[1]).as("cooler says likelier things").isLessThan(warm[1]);
        assertThat(numbers(lines, "1,adversarial,4,1.00,")[0]).isFinite();
        assertThat(Files.readString(svg))
                .startsWith("<svg")
                .endsWith("</svg>\n")
                .contains("cloned, by temperature", "adversarial, by iteration", "the oracle itself");
    }

    private static double[] numbers(List<String> lines, String beginning) {
        String found = lines.stream()
                .filter(line -> line.startsWith(beginning))
                .findFirst()
                .orElseThrow();
        String[] fields = found.split(",", -1);
        return new double[] {Double.parseDouble(fields[4]), Double.parseDouble(fields[5])};
    }
}
