package dev.understudy.learn.observation;

import dev.understudy.learn.LearnerState;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** The memory of a learner as part of that of another, told by the beginning of its names. */
final class Nested {
    private final NavigableMap<String, float[]> vectors = new TreeMap<>();
    private final NavigableMap<String, double[]> statistics = new TreeMap<>();
    private final NavigableMap<String, Long> counters = new TreeMap<>();

    /** Returns the part of a memory whose names begin so, by the rest of its names. */
    static LearnerState part(LearnerState state, String prefix) {
        Nested part = new Nested();
        each(state.vectors(), prefix, part.vectors::put);
        each(state.statistics(), prefix, part.statistics::put);
        each(state.counters(), prefix, part.counters::put);
        return part.state();
    }

    private static <T> void each(SortedMap<String, T> all, String prefix, BiConsumer<String, T> found) {
        all.forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                found.accept(name.substring(prefix.length()), value);
            }
        });
    }

    /** Adds a memory under a prefix. */
    Nested put(String prefix, LearnerState part) {
        part.vectors().forEach((name, vector) -> vectors.put(prefix + name, vector));
        part.statistics().forEach((name, values) -> statistics.put(prefix + name, values));
        part.counters().forEach((name, count) -> counters.put(prefix + name, count));
        return this;
    }

    /** Adds a vector. */
    Nested put(String name, float[] vector) {
        vectors.put(name, vector);
        return this;
    }

    /** Adds statistics. */
    Nested put(String name, double... values) {
        statistics.put(name, values);
        return this;
    }

    /** Adds a counter. */
    Nested put(String name, long count) {
        counters.put(name, count);
        return this;
    }

    /** Returns all that was added. */
    LearnerState state() {
        return new LearnerState(vectors, statistics, counters);
    }
}
