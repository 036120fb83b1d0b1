package dev.understudy.network;

import dev.understudy.graph.Graph;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * Where each named weight lies in the one flat vector that holds all parameters of a model.
 *
 * <p>A flat vector is what an optimiser, a checkpoint and an average want; a layer wants its own matrix.
 * {@link #unpack} gives each layer its view, as one split of the vector.
 */
public final class ParameterLayout {
    private final Map<String, Block> blocks;
    private final int size;

    private record Block(int offset, int length, Shape shape) {}

    private ParameterLayout(Map<String, Block> blocks, int size) {
        this.blocks = Collections.unmodifiableMap(new LinkedHashMap<>(blocks));
        this.size = size;
    }

    /** Returns a builder of an empty layout. */
    public static Builder builder() {
        return new Builder();
    }

    /** Returns the number of parameters. */
    public int size() {
        return size;
    }

    /** Returns the names of the weights, in the order they lie. */
    public List<String> names() {
        return List.copyOf(blocks.keySet());
    }

    /** Returns the index of a weight's first element. */
    public int offset(String name) {
        return block(name).offset;
    }

    /** Returns a weight's number of elements. */
    public int length(String name) {
        return block(name).length;
    }

    private Block block(String name) {
        Block block = blocks.get(name);
        if (block == null) {
            throw new NoSuchElementException("expected one of the parameters %s, got %s".formatted(names(), name));
        }
        return block;
    }

    /**
     * Returns each weight by its name, cut from {@code theta}.
     *
     * @param theta all parameters, {@code [size]}
     */
    public Map<String, Tensor> unpack(Tensor theta) {
        long[] lengths = blocks.values().stream().mapToLong(Block::length).toArray();
        List<Tensor> parts = theta.split(0, lengths);
        Map<String, Tensor> weights = new LinkedHashMap<>();
        int i = 0;
        for (Map.Entry<String, Block> entry : blocks.entrySet()) {
            weights.put(entry.getKey(), parts.get(i++).reshape(entry.getValue().shape));
        }
        return weights;
    }

    /**
     * Returns weights, or their gradients, as one vector {@code [size]}: what {@link #unpack} took apart.
     *
     * @param weights one for each name, in its shape
     */
    public Tensor pack(Map<String, Tensor> weights) {
        List<Tensor> parts = new ArrayList<>();
        blocks.forEach((name, block) -> {
            Tensor weight = weights.get(name);
            if (weight == null) {
                throw new IllegalArgumentException("expected weight %s, got only %s".formatted(name, weights.keySet()));
            }
            parts.add(weight.reshape(Shape.of(block.length)));
        });
        return Tensor.concat(0, parts);
    }

    /**
     * Returns each weight by its name, as a constant of a graph.
     *
     * @param theta all parameters, {@code [size]}
     */
    public Map<String, Tensor> constants(Graph graph, float[] theta) {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        blocks.forEach((name, block) -> weights.put(
                name,
                graph.constant(Arrays.copyOfRange(theta, block.offset, block.offset + block.length), block.shape)));
        return weights;
    }

    /**
     * Returns one of the weights by name, as {@link #unpack} and {@link #constants} give them.
     *
     * @throws IllegalArgumentException naming those there are, if there is none of that name
     */
    public static Tensor of(Map<String, Tensor> weights, String name) {
        Tensor weight = weights.get(name);
        if (weight == null) {
            throw new IllegalArgumentException("expected weight %s, got only %s".formatted(name, weights.keySet()));
        }
        return weight;
    }

    /** Collects weights in the order in which they will lie. */
    public static final class Builder {
        private final Map<String, Block> blocks = new LinkedHashMap<>();
        private final List<String> taken = new ArrayList<>();
        private int size;

        private Builder() {}

        /** Appends a weight of the given shape. */
        public Builder add(String name, long... dimensions) {
            Shape shape = Shape.of(dimensions);
            int length = Math.toIntExact(shape.size());
            if (blocks.put(name, new Block(size, length, shape)) != null) {
                throw new IllegalArgumentException(
                        "expected a new parameter name, got %s again (have %s)".formatted(name, taken));
            }
            taken.add(name);
            size += length;
            return this;
        }

        /** Returns the layout. */
        public ParameterLayout build() {
            return new ParameterLayout(blocks, size);
        }
    }
}
