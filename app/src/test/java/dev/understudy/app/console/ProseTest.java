package dev.understudy.app.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ProseTest {
    @Test
    void figuresStandAsInASentence() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("samples", 1200);
        figures.put("rejectedByReason", new TreeMap<>(Map.of("TOO_FAST", 2, "HISTORY", 1)));
        figures.put("bad", Map.of());
        figures.put("trainLoss", 0.125);
        figures.put("licence", "CC BY 4.0");
        figures.put("remarks", List.of("left out"));
        assertThat(Prose.listed(figures))
                .isEqualTo(
                        "1,200 samples, 3 rejected (1 HISTORY, 2 TOO_FAST), 0 bad, train loss 0.125, licence CC BY 4.0");
        assertThat(Prose.listed(Map.of())).isEqualTo("nothing");
    }
}
