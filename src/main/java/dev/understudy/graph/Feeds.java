package dev.understudy.graph;

import ai.onnxruntime.OnnxTensor;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one run of a {@link Program} is fed, by input name. Shapes are the inputs' own; the size of an unknown batch
 * follows from the number of values. Values are read when the program runs, so a Feeds and its arrays may be filled
 * once and reused, with other values in the same arrays. Not thread-safe.
 */
public final class Feeds {
    private final Map<String, Object> values = new LinkedHashMap<>();

    /** Makes an empty one. */
    public Feeds() {}

    /** Feeds row-major floats. */
    public Feeds floats(String name, float... row) {
        values.put(name, row);
        return this;
    }

    /** Feeds the floats between position and limit, which stay where they are. */
    public Feeds floats(String name, FloatBuffer buffer) {
        values.put(name, buffer);
        return this;
    }

    /** Feeds row-major integers. */
    public Feeds longs(String name, long... row) {
        values.put(name, row);
        return this;
    }

    /** Feeds a tensor as it is. It stays the caller's, who closes it. */
    public Feeds tensor(String name, OnnxTensor tensor) {
        values.put(name, tensor);
        return this;
    }

    /** Returns values by input name: float[], FloatBuffer, long[] or OnnxTensor. */
    Map<String, Object> values() {
        return values;
    }
}
