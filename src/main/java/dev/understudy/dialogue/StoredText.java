package dev.understudy.dialogue;

import dev.understudy.learn.LearnerState;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Texts in a learner's memory, which holds numbers: a number for each byte of UTF-8. */
final class StoredText {
    private StoredText() {}

    /** Returns a text; null if there is none of that name. */
    static @Nullable String in(LearnerState state, String name) {
        float[] numbers = state.vectors().get(name);
        if (numbers == null) {
            return null;
        }
        byte[] bytes = new byte[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            bytes[i] = (byte) numbers[i];
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Returns the state with a text. */
    static LearnerState with(LearnerState state, String name, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        float[] numbers = new float[bytes.length];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = bytes[i];
        }
        return with(state, name, numbers);
    }

    /** Returns the state with a vector. */
    static LearnerState with(LearnerState state, String name, float[] numbers) {
        SortedMap<String, float[]> vectors = new TreeMap<>(state.vectors());
        vectors.put(name, numbers);
        return new LearnerState(vectors, state.statistics(), state.counters());
    }
}
