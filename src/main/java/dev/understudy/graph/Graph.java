package dev.understudy.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A computation under construction: inputs, constants, and the operators applied to them. Operators are methods of
 * {@link Tensor}; the same operator applied twice to the same tensors gives the same tensor. A graph only grows; what
 * does not lead to an output is left out of {@link #toModel}.
 *
 * <p>Building is deterministic: the same calls in the same order give the same bytes. Not thread-safe.
 */
public final class Graph {
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final Map<Constant, Tensor> constants = new HashMap<>();
    private final Map<Application, Node> applications = new HashMap<>();
    private final List<Node> nodes = new ArrayList<>();
    private int tensors;

    /** Makes an empty graph. */
    public Graph() {}

    /** What makes two applications the same. */
    private record Application(String operator, List<Integer> inputs, SortedMap<String, Object> attributes) {}

    /**
     * Adds an input, fed when a program runs.
     *
     * @throws IllegalArgumentException if the name is taken, empty or starts with an underscore (kept for inner names)
     */
    public Tensor input(String name, ElementType type, Shape shape) {
        checkName(name);
        Shape.of(shape.dims()); // an inner shape may have unknown sizes elsewhere
        if (inputs.containsKey(name)) {
            throw new IllegalArgumentException("expected a new input name, got " + name + " again");
        }
        Tensor tensor = new Tensor(this, tensors++, type, shape, null, 0, name, null);
        inputs.put(name, tensor);
        return tensor;
    }

    /** Returns a float scalar. */
    public Tensor constant(float value) {
        return constant(new float[] {value}, Shape.of());
    }

    /** Returns a float constant of row-major values. */
    public Tensor constant(float[] values, Shape shape) {
        return constant(Constant.of(values, shape));
    }

    /** Returns an integer constant of row-major values. */
    public Tensor constant(long[] values, Shape shape) {
        return constant(Constant.of(values, shape));
    }

    /** Returns an input by its name, or null. */
    public @Nullable Tensor input(String name) {
        return inputs.get(name);
    }

    /**
     * Writes an ONNX model (opset 18, IR version 8) of what leads to the outputs. Its inputs are those of this graph,
     * in the order they were added, that lead to an output.
     *
     * @param outputs name to tensor; the order is kept
     * @return the model's bytes
     * @throws IllegalArgumentException if there is no output, or an output has the name of an input or another graph's
     *     tensor
     */
    public byte[] toModel(Map<String, Tensor> outputs) {
        return new ModelWriter(this, outputs).write();
    }

    /** Returns an integer vector. */
    Tensor vector(long... values) {
        return constant(values, Shape.inner(values.length));
    }

    /** Returns the applications so far, in topological order. */
    List<Node> nodes() {
        return nodes;
    }

    /** Returns the inputs in the order they were added. */
    List<Tensor> inputs() {
        return List.copyOf(inputs.values());
    }

    /** Returns how many tensors there are; each one's id is below it. */
    int tensors() {
        return tensors;
    }

    /** Applies an operator with one output, or finds that it was applied before. */
    Tensor apply(Operator operator, Map<String, Object> attributes, ElementType type, Shape shape, Tensor... operands) {
        return apply(operator, attributes, type, List.of(shape), Arrays.asList(operands))
                .get(0);
    }

    /** Applies an operator, or finds that it was applied before. */
    List<Tensor> apply(
            Operator operator,
            Map<String, Object> attributes,
            ElementType type,
            List<Shape> shapes,
            List<Tensor> operands) {
        for (Tensor operand : operands) {
            if (operand.graph() != this) {
                throw new IllegalArgumentException(
                        "%s: expected tensors of one graph, got %s of another".formatted(operator.name(), operand));
            }
        }
        SortedMap<String, Object> sorted = new TreeMap<>(attributes);
        Application key = new Application(
                operator.name(), operands.stream().map(Tensor::id).toList(), sorted);
        Node known = applications.get(key);
        if (known != null && known.operator().equals(operator)) {
            return known.outputs();
        }
        Node node = new Node(nodes.size(), operator, operands, sorted);
        for (int i = 0; i < shapes.size(); i++) {
            node.outputs().add(new Tensor(this, tensors++, type, shapes.get(i), node, i, null, null));
        }
        nodes.add(node);
        applications.put(key, node);
        return node.outputs();
    }

    static void checkName(String name) {
        if (name.isEmpty() || name.startsWith("_")) {
            throw new IllegalArgumentException(
                    "expected a name that is not empty and does not start with _, got '" + name + "'");
        }
    }

    private Tensor constant(Constant constant) {
        Tensor known = constants.get(constant);
        if (known == null) {
            known = new Tensor(this, tensors++, constant.type(), constant.shape(), null, 0, null, constant);
            constants.put(constant, known);
        }
        return known;
    }
}
