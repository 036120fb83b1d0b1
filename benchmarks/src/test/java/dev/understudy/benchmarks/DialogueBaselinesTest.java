package dev.understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.ingest.DialogueFormat;
import java.nio.file.Path;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class DialogueBaselinesTest {
    @Test
    void measuresTheBundledConversations() {
        Path bundled = Path.of("..", "ingest", "data", "self-dialogue", "dialogues.jsonl.gz");
        Map<String, Object> figures = new DialogueBaselines(
                        new DialogueBaselines.Settings(bundled, DialogueFormat.SELF_DIALOGUE, 1000, 200_000, 1),
                        line -> {})
                .run();
        assertThat(figures)
                .containsEntry("conversations", 690)
                .containsEntry("turns", 13_549)
                .containsEntry("entries", 1000);
        assertThat(figures)
                .extractingByKey("heldOut", InstanceOfAssertFactories.map(String.class, Double.class))
                .hasEntrySatisfying("bitsPerByte", bits -> assertThat(bits).isBetween(1.5, 2.5));
        assertThat(figures)
                .extractingByKey("recallAtOneByLast1Turns", InstanceOfAssertFactories.DOUBLE)
                .isBetween(0.1, 0.5);
    }
}
