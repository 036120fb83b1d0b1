package dev.understudy.flink;

import dev.understudy.flink.models.ModelHistory;
import dev.understudy.schemas.Promotion;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What was before, as far as a test has it. */
public record TestHistory(List<Promotion> told, Map<String, byte[]> files) implements ModelHistory {
    /** Nothing was before. */
    public static final TestHistory NONE = new TestHistory(List.of(), Map.of());

    @Override
    public Map<String, List<Promotion>> verdicts() {
        return told.stream().collect(Collectors.groupingBy(Promotion::policy));
    }

    @Override
    public byte @Nullable [] file(String policy, String sha256) {
        return files.get(sha256);
    }
}
