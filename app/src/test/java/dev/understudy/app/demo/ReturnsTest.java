package dev.understudy.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.app.console.Console;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReturnsTest {
    private final PrintStream out = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    private final Returns returns =
            new Returns("control/cartpole-v0", new DemoRun(new Console(out, out, true, false), "error"));

    private static Map<String, @Nullable Object> played(@Nullable Double mean, int episodes) {
        Map<String, @Nullable Object> played = new LinkedHashMap<>();
        played.put("mean", mean);
        played.put("episodes", episodes);
        return played;
    }

    private void after(double... sums) {
        Measurements measured = new Measurements();
        for (double sum : sums) {
            measured.add(sum);
        }
        returns.afterAll(measured);
    }

    @Test
    void episodesAreOfTheVersionThatDecidedThemFromFirstToLast() {
        returns.begin();
        returns.ofExpert(200);
        returns.ofPolicy(10, 0, 0);
        returns.ofPolicy(8, 0, 0);
        returns.ofPolicy(100, 0, 1);
        returns.inService();
        returns.ofPolicy(150, 1, 1);
        returns.ofPolicy(190, 2, 2);
        after(190, 200);
        Map<String, @Nullable Object> json = returns.json();
        assertThat(json).containsEntry("expert", played(200.0, 1)).containsEntry("withoutModel", played(9.0, 2));
        assertThat(json).containsEntry("acrossSwaps", played(100.0, 1)).containsEntry("last", played(195.0, 2));
        Map<String, @Nullable Object> first = played(150.0, 1);
        first.put("epoch", 1L);
        Map<String, @Nullable Object> second = played(190.0, 1);
        second.put("epoch", 2L);
        assertThat(json).containsEntry("versions", List.of(first, second));
        assertThat(returns.failure()).isEmpty();
    }

    @Test
    void aTaskWithoutAModelHasFailed() {
        returns.ofPolicy(10, 0, 0);
        after(10);
        assertThat(returns.failure()).hasValueSatisfying(reason -> assertThat(reason)
                .contains("expected a model of control/cartpole-v0 in service"));
    }

    @Test
    void aModelThatDoesNoBetterThanNoneHasFailed() {
        returns.begin();
        returns.ofPolicy(10, 0, 0);
        returns.inService();
        after(10);
        assertThat(returns.failure()).hasValueSatisfying(reason -> assertThat(reason)
                .contains("expected a greater return of control/cartpole-v0 with a model than without"));
    }
}
