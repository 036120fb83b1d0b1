package dev.understudy.app.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.app.Reference;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.schemas.TrainingRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DialogueScenarioTest {
    private static DialogueScenario.Plan plan(int conversations, int heldOutPercent) {
        List<Turn> turns = new ArrayList<>();
        for (int i = 0; i < conversations; i++) {
            turns.add(new Turn("c" + i, "c" + i, 0, i, Actor.HUMAN, "", false, Role.USER, "Hi", List.of(), 1));
        }
        return new DialogueScenario.Plan(
                turns, "none", Duration.ofSeconds(60), 8, Duration.ofSeconds(60), heldOutPercent, 1);
    }

    private static DemoRun run() {
        PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        return new DemoRun(new Console(nowhere, nowhere, true, false), "bits per byte");
    }

    private static TrainingRecord window(long startMs, double bitsPerByte) {
        return new TrainingRecord(
                "dialogue/responder",
                TrainingRecord.Kind.PREQUENTIAL,
                startMs,
                startMs + 60_000,
                "",
                "",
                new TreeMap<>(Map.of("policy", bitsPerByte, "steps", 1.0)),
                new TreeMap<>(),
                "",
                0);
    }

    @Test
    void theSummaryHasTheKeysOfTheReference() throws IOException {
        DialogueScenario scenario = new DialogueScenario(plan(20, 50));
        DemoRun run = run();
        run.account().report(window(0, 4.0));
        run.account().report(window(60_000, 3.0));
        Map<String, @Nullable Object> summary = scenario.summary(run);
        Set<String> keys = new TreeSet<>(summary.keySet());
        keys.addAll(Set.of("swaps", "swapMillis", "seconds", "milestones")); // of the demonstration itself
        assertThat(keys).isEqualTo(Reference.names("JSON of demo", "JSON of demo, dialogue"));
        assertThat(summary.get("bitsPerByteFall")).isEqualTo(0.25);
        assertThat(scenario.text(summary)).contains("bits per byte");
        assertThat(scenario.failure(summary)).contains("expected a reply by a responder in time, found none");
    }

    @Test
    void conversationsToLearnFromAndOthersToAskWithAreNeeded() {
        Assertions.assertThatNoException().isThrownBy(() -> new DialogueScenario(plan(20, 50)));
        assertThatThrownBy(() -> new DialogueScenario(plan(1, 1)))
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("found 1, of which 1 % leave 0 held out");
    }
}
