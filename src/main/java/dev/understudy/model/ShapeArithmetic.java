package dev.understudy.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Follows the shape of every tensor through a graph for one batch size, without running it, and adds up the memory and
 * the multiplications of a run. Small whole-number tensors are followed by content too, as they are the shapes that
 * Reshape and Expand are given; a shape that depends on more than that is refused. So no model that passes can ask for
 * more than the bound, whatever it computes.
 */
final class ShapeArithmetic {
    private static final Set<String> ELEMENTWISE = words("""
            Abs Add And Ceil Clip Cos Div Elu Equal Erf Exp Floor Greater GreaterOrEqual HardSigmoid
            IsInf IsNaN LeakyRelu Less LessOrEqual Log LogSoftmax Max Mean Min Mul Neg Not Or Pow
            Reciprocal Relu Round Sigmoid Sign Sin Softmax Softplus Softsign Sqrt Sub Sum Tanh Where
            Xor""");
    private static final Set<String> SHAPED = words("""
            ArgMax Cast Concat Constant ConstantOfShape Expand Flatten Gather Gemm Identity MatMul
            ReduceMax ReduceMean ReduceMin ReduceSum Reshape ScatterElements Shape Slice Split Squeeze Transpose
            Unsqueeze""");

    /** The operators a model may use. */
    static final Set<String> OPERATORS = union();

    private static final long MOST_ELEMENTS = 1L << 40;
    private static final int BYTES_PER_ELEMENT = Long.BYTES;

    private final GraphProto graph;
    private final IntakeLimits limits;
    private final Map<String, ShapeValue> values = new HashMap<>();
    private long memoryBytes;
    private long multiplications;

    /** @param inputs shapes of its inputs */
    ShapeArithmetic(GraphProto graph, Map<String, long[]> inputs, IntakeLimits limits) {
        this.graph = graph;
        this.limits = limits;
        inputs.forEach((name, shape) -> define(name, new ShapeValue(shape, null)));
    }

    private static Set<String> words(String text) {
        return Set.of(text.split("\\s+"));
    }

    private static Set<String> union() {
        Set<String> all = new TreeSet<>(ELEMENTWISE);
        all.addAll(SHAPED);
        return Set.copyOf(all);
    }

    /**
     * Walks the graph.
     *
     * @param outputs the shapes its outputs must have
     * @throws InvalidModelException if shapes do not fit, cannot be known, or ask for too much
     */
    void check(Map<String, long[]> outputs) {
        for (TensorProto initializer : graph.getInitializerList()) {
            define(initializer.getName(), ShapeValue.of(initializer));
        }
        for (NodeProto node : graph.getNodeList()) {
            try {
                follow(new NodeInputs(node, values));
            } catch (ArithmeticException | IndexOutOfBoundsException e) {
                throw new NodeInputs(node, values).unfit(e.getMessage() == null ? e.toString() : e.getMessage());
            }
        }
        outputs.forEach((name, expected) -> {
            ShapeValue found = values.get(name);
            if (found == null || !Arrays.equals(found.shape(), expected)) {
                throw new InvalidModelException("expected output %s of shape %s, got %s"
                        .formatted(
                                name,
                                Arrays.toString(expected),
                                found == null ? "nothing" : Arrays.toString(found.shape())));
            }
        });
    }

    private void define(String name, ShapeValue value) {
        long elements = elements(value.shape(), name);
        memoryBytes += elements * BYTES_PER_ELEMENT;
        multiplications += elements;
        bound(name);
        if (values.put(name, value) != null) {
            throw new InvalidModelException("expected every tensor to be defined once, got '%s' twice".formatted(name));
        }
    }

    private void bound(String name) {
        if (memoryBytes > limits.memoryBytes() || multiplications > limits.multiplications()) {
            throw new InvalidModelException(
                    "expected at most %d bytes and %d multiplications a run, got %d and %d at '%s'"
                            .formatted(
                                    limits.memoryBytes(),
                                    limits.multiplications(),
                                    memoryBytes,
                                    multiplications,
                                    name));
        }
    }

    /** Returns the number of elements of a shape; it is refused above 2^40. */
    static long elements(long[] shape, String name) {
        long elements = 1;
        for (long dimension : shape) {
            if (dimension < 0 || (dimension > 0 && elements > MOST_ELEMENTS / dimension)) {
                throw new InvalidModelException(
                        "expected a possible shape for '%s', got %s".formatted(name, Arrays.toString(shape)));
            }
            elements *= dimension;
        }
        return elements;
    }

    private void follow(NodeInputs node) {
        if (node.operator().equals("Split")) {
            split(node);
            return;
        }
        ShapeValue result = ELEMENTWISE.contains(node.operator()) ? elementwise(node) : shaped(node);
        if (node.outputs() != 1) {
            throw node.unfit("one output expected");
        }
        define(node.output(0), result);
    }

    private ShapeValue elementwise(NodeInputs node) {
        long[] shape = node.shape(0);
        for (int i = 1; i < node.inputs(); i++) {
            if (!node.input(i).isEmpty()) {
                shape = node.broadcast(shape, node.shape(i));
            }
        }
        return new ShapeValue(shape, null);
    }

    private ShapeValue shaped(NodeInputs node) {
        return switch (node.operator()) {
            case "ArgMax" -> argMax(node);
            case "Cast", "Identity" -> node.value(0);
            case "ScatterElements" -> new ShapeValue(node.shape(0), null);
            case "Concat" -> concat(node);
            case "Constant" -> ShapeValue.of(node);
            case "ConstantOfShape" -> new ShapeValue(node.content(0), null);
            case "Expand" -> new ShapeValue(node.broadcast(node.shape(0), node.content(1)), null);
            case "Flatten" -> flatten(node);
            case "Gather" -> gather(node);
            case "Gemm" -> gemm(node);
            case "MatMul" -> matMul(node);
            case "Reshape" -> reshape(node);
            case "Shape" -> shapeOf(node);
            case "Slice" -> slice(node);
            case "Squeeze" -> squeeze(node);
            case "Transpose" -> transpose(node);
            case "Unsqueeze" -> unsqueeze(node);
            default -> reduce(node);
        };
    }

    private static ShapeValue argMax(NodeInputs node) {
        long[] shape = node.shape(0);
        int axis = NodeInputs.axis(node.integer("axis", 0), shape.length);
        boolean keep = node.integer("keepdims", 1) != 0;
        return new ShapeValue(
                IntStream.range(0, shape.length)
                        .filter(i -> keep || i != axis)
                        .mapToLong(i -> i == axis ? 1 : shape[i])
                        .toArray(),
                null);
    }

    private ShapeValue concat(NodeInputs node) {
        long[] shape = node.shape(0).clone();
        int axis = NodeInputs.axis(node.integer("axis", 0), shape.length);
        long[] content = node.value(0).content();
        for (int i = 1; i < node.inputs(); i++) {
            ShapeValue next = node.value(i);
            long[] aligned = next.shape().clone();
            aligned[axis] = shape[axis];
            if (!Arrays.equals(aligned, shape)) {
                throw node.unfit(Arrays.toString(shape) + " beside " + Arrays.toString(next.shape()));
            }
            shape[axis] = Math.addExact(shape[axis], next.shape()[axis]);
            content = content == null || next.content() == null || shape[0] > ShapeValue.MOST_CONTENT
                    ? null
                    : LongBuffer.allocate(content.length + next.content().length)
                            .put(content)
                            .put(next.content())
                            .array();
        }
        return new ShapeValue(shape, shape.length == 1 ? content : null);
    }

    private ShapeValue flatten(NodeInputs node) {
        long[] shape = node.shape(0);
        int axis = NodeInputs.axis(node.integer("axis", 1), shape.length + 1);
        long before = elements(Arrays.copyOf(shape, axis), node.output(0));
        return new ShapeValue(
                new long[] {before, elements(Arrays.copyOfRange(shape, axis, shape.length), node.output(0))}, null);
    }

    private ShapeValue gather(NodeInputs node) {
        ShapeValue data = node.value(0);
        ShapeValue indices = node.value(1);
        int axis = NodeInputs.axis(node.integer("axis", 0), data.shape().length);
        long[] shape = new long[data.shape().length - 1 + indices.shape().length];
        System.arraycopy(data.shape(), 0, shape, 0, axis);
        System.arraycopy(indices.shape(), 0, shape, axis, indices.shape().length);
        System.arraycopy(data.shape(), axis + 1, shape, axis + indices.shape().length, data.shape().length - axis - 1);
        if (data.content() == null || indices.content() == null || data.shape().length != 1) {
            return new ShapeValue(shape, null);
        }
        long[] content = indices.content().clone();
        for (int i = 0; i < content.length; i++) {
            content[i] = data.content()[NodeInputs.axis(content[i], data.content().length)];
        }
        return new ShapeValue(shape, content);
    }

    private ShapeValue gemm(NodeInputs node) {
        long[] a = turned(node.shape(0), node.integer("transA", 0) != 0);
        long[] b = turned(node.shape(1), node.integer("transB", 0) != 0);
        if (a.length != 2 || b.length != 2 || a[1] != b[0]) {
            throw node.unfit(Arrays.toString(a) + " times " + Arrays.toString(b));
        }
        multiply(a[0], a[1], b[1], node);
        long[] shape = {a[0], b[1]};
        if (node.inputs() > 2 && !Arrays.equals(node.broadcast(shape, node.shape(2)), shape)) {
            throw node.unfit("the third input must broadcast to " + Arrays.toString(shape));
        }
        return new ShapeValue(shape, null);
    }

    private static long[] turned(long[] shape, boolean transposed) {
        return transposed && shape.length == 2 ? new long[] {shape[1], shape[0]} : shape;
    }

    private ShapeValue matMul(NodeInputs node) {
        long[] a = node.shape(0);
        long[] b = node.shape(1);
        if (a.length < 2 || b.length < 2 || a[a.length - 1] != b[b.length - 2]) {
            throw node.unfit(Arrays.toString(a) + " times " + Arrays.toString(b));
        }
        long[] batch = node.broadcast(Arrays.copyOf(a, a.length - 2), Arrays.copyOf(b, b.length - 2));
        long[] shape = Arrays.copyOf(batch, batch.length + 2);
        shape[batch.length] = a[a.length - 2];
        shape[batch.length + 1] = b[b.length - 1];
        multiply(elements(shape, node.output(0)), a[a.length - 1], 1, node);
        return new ShapeValue(shape, null);
    }

    private void multiply(long m, long k, long n, NodeInputs node) {
        multiplications = Math.addExact(multiplications, Math.multiplyExact(Math.multiplyExact(m, k), n));
        bound(node.output(0));
    }

    private ShapeValue reshape(NodeInputs node) {
        long[] from = node.shape(0);
        long[] shape = node.content(1).clone();
        long total = elements(from, node.input(0));
        int open = -1;
        for (int i = 0; i < shape.length; i++) {
            if (shape[i] == 0 && node.integer("allowzero", 0) == 0) {
                shape[i] = from[i];
            }
            if (shape[i] == -1) {
                open = i;
            }
        }
        if (open >= 0) {
            shape[open] = 1;
            long rest = elements(shape, node.output(0));
            shape[open] = rest == 0 ? 0 : total / rest;
        }
        if (elements(shape, node.output(0)) != total) {
            throw node.unfit(Arrays.toString(from) + " to " + Arrays.toString(node.content(1)));
        }
        return new ShapeValue(shape, node.value(0).content());
    }

    private ShapeValue shapeOf(NodeInputs node) {
        long[] shape = node.shape(0);
        int start = NodeInputs.bounded(node.integer("start", 0), shape.length);
        int end = Math.max(start, NodeInputs.bounded(node.integer("end", shape.length), shape.length));
        return new ShapeValue(new long[] {end - start}, Arrays.copyOfRange(shape, start, end));
    }

    private ShapeValue slice(NodeInputs node) {
        long[] shape = node.shape(0).clone();
        long[] starts = node.content(1);
        long[] ends = node.content(2);
        for (int i = 0; i < starts.length; i++) {
            int axis = NodeInputs.axis(node.inputs() > 3 ? node.content(3)[i] : i, shape.length);
            long step = node.inputs() > 4 ? node.content(4)[i] : 1;
            if (step < 1) {
                throw node.unfit("step %d, only steps from 1 on are allowed".formatted(step));
            }
            long size = shape[axis];
            long start = Math.min(size, starts[i] < 0 ? Math.max(0, starts[i] + size) : starts[i]);
            long end = Math.min(size, ends[i] < 0 ? Math.max(0, ends[i] + size) : ends[i]);
            shape[axis] = Math.max(0, (end - start + step - 1) / step);
        }
        long[] content = node.value(0).content();
        boolean plain = content != null && shape.length == 1 && starts.length == 1 && node.inputs() < 5;
        int from = plain ? NodeInputs.bounded(starts[0], Objects.requireNonNull(content).length) : 0;
        return new ShapeValue(
                shape, plain ? Arrays.copyOfRange(Objects.requireNonNull(content), from, from + (int) shape[0]) : null);
    }

    private void split(NodeInputs node) {
        long[] shape = node.shape(0);
        int axis = NodeInputs.axis(node.integer("axis", 0), shape.length);
        int parts = node.outputs();
        long[] sizes = new long[parts];
        if (node.inputs() > 1) {
            sizes = node.content(1);
        } else {
            long each = (shape[axis] + parts - 1) / parts;
            Arrays.fill(sizes, each);
            sizes[parts - 1] = shape[axis] - each * (parts - 1);
        }
        if (sizes.length != parts || Arrays.stream(sizes).sum() != shape[axis]) {
            throw node.unfit(Arrays.toString(shape) + " into " + Arrays.toString(sizes));
        }
        for (int i = 0; i < parts; i++) {
            long[] part = shape.clone();
            part[axis] = sizes[i];
            define(node.output(i), new ShapeValue(part, null));
        }
    }

    private ShapeValue squeeze(NodeInputs node) {
        long[] shape = node.shape(0);
        boolean[] gone = new boolean[shape.length];
        for (long axis : node.content(1)) {
            int at = NodeInputs.axis(axis, shape.length);
            gone[at] = true;
            if (shape[at] != 1) {
                throw node.unfit(Arrays.toString(shape) + " at axis " + at);
            }
        }
        long[] left = IntStream.range(0, shape.length)
                .filter(i -> !gone[i])
                .mapToLong(i -> shape[i])
                .toArray();
        return new ShapeValue(left, node.value(0).content());
    }

    private ShapeValue unsqueeze(NodeInputs node) {
        long[] shape = node.shape(0);
        long[] axes = node.content(1);
        long[] wider = new long[shape.length + axes.length];
        for (long axis : axes) {
            wider[NodeInputs.axis(axis, wider.length)] = 1;
        }
        int next = 0;
        for (int i = 0; i < wider.length; i++) {
            if (wider[i] == 0) {
                wider[i] = shape[next++];
            }
        }
        return new ShapeValue(wider, node.value(0).content());
    }

    private ShapeValue transpose(NodeInputs node) {
        long[] shape = node.shape(0);
        long[] permutation = node.integers("perm");
        long[] turned = new long[shape.length];
        for (int i = 0; i < shape.length; i++) {
            turned[i] =
                    shape[permutation == null ? shape.length - 1 - i : NodeInputs.axis(permutation[i], shape.length)];
        }
        if (elements(turned, node.output(0)) != elements(shape, node.input(0))) {
            throw node.unfit(Arrays.toString(permutation));
        }
        return new ShapeValue(turned, null);
    }

    private ShapeValue reduce(NodeInputs node) {
        long[] shape = node.shape(0);
        boolean[] reduced = new boolean[shape.length];
        boolean given = node.inputs() > 1 && !node.input(1).isEmpty();
        if (given) {
            for (long axis : node.content(1)) {
                reduced[NodeInputs.axis(axis, shape.length)] = true;
            }
        } else {
            Arrays.fill(reduced, node.integer("noop_with_empty_axes", 0) == 0);
        }
        boolean keep = node.integer("keepdims", 1) != 0;
        long[] left = IntStream.range(0, shape.length)
                .filter(i -> keep || !reduced[i])
                .mapToLong(i -> reduced[i] ? 1 : shape[i])
                .toArray();
        return new ShapeValue(left, null);
    }
}
