package dev.understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelFuzzTest {
    @ParameterizedTest
    @CsvSource({"driving/car-following, 1600", "control/cartpole-v1, 400"})
    void noMutantThatAnswersOtherwiseIsAccepted(String policy, int mutants) {
        long seed = System.nanoTime() & 0xFFFF_FFFFL;
        System.out.println("seed of the mutants of " + policy + ": " + seed);

        Map<String, Object> figures =
                new ModelFuzz(ModelFuzz.untrained(policy), System.out::println).run(mutants, seed);

        assertThat(figures).as("bench fuzz-models --seed %d", seed).containsEntry("differentAccepted", List.of());
        assertThat(figures.get("processStarts")).isEqualTo(1);
    }
}
