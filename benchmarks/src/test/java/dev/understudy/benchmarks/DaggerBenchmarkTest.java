package dev.understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class DaggerBenchmarkTest {
    @Test
    void takeoversFallOnceCorrectionsAreLearned() {
        Map<String, Object> figures =
                new DaggerBenchmark(new DaggerBenchmark.Settings(1, 5, 5, 2, 1000, null), line -> {}).run();
        assertThat(figures).containsEntry("met", true).containsKeys("RESERVOIR", "LONG_RUNS", "ALL");
    }
}
