package dev.understudy.flink.window;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** From which to which offset of each partition some records come. */
public final class SourceRanges {
    private final Map<Integer, long[]> ranges = new TreeMap<>();

    /** Adds a record. */
    public void add(int partition, long offset) {
        long[] range = ranges.computeIfAbsent(partition, any -> new long[] {Long.MAX_VALUE, Long.MIN_VALUE});
        range[0] = Math.min(range[0], offset);
        range[1] = Math.max(range[1], offset);
    }

    /** Returns the ranges as text, each as {@code topic-partition@from-to}. */
    public List<String> of(String topic) {
        List<String> sources = new ArrayList<>(ranges.size());
        ranges.forEach(
                (partition, range) -> sources.add("%s-%d@%d-%d".formatted(topic, partition, range[0], range[1])));
        return sources;
    }
}
