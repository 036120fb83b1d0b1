package dev.understudy.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Operators that move elements without changing them, with their derivatives. */
final class Layouts {
    static final Operator SHAPE = Operator.withoutDerivative("Shape");
    static final Operator SIZE = Operator.withoutDerivative("Size");
    static final Operator RESHAPE =
            Operator.of("Reshape", (node, i, g) -> reshape(g, node.input(0).shape()));
    static final Operator EXPAND = Operator.of("Expand", (node, i, g) -> Reductions.sumTo(g, node.input(0)));
    static final Operator TRANSPOSE = Operator.of("Transpose", (node, i, g) -> {
        List<?> permutation = (List<?>) Objects.requireNonNull(node.attributes().get("perm"));
        int[] inverse = new int[permutation.size()];
        for (int axis = 0; axis < inverse.length; axis++) {
            inverse[Math.toIntExact((Long) permutation.get(axis))] = axis;
        }
        return transpose(g, inverse);
    });
    /** One Split serves all inputs: the graph makes it once. */
    static final Operator CONCAT = Operator.of("Concat", (node, i, g) -> {
        int axis = Math.toIntExact(node.number("axis"));
        return split(
                        g,
                        axis,
                        node.inputs().stream()
                                .mapToLong(input -> input.shape().dim(axis))
                                .toArray())
                .get(i);
    });
    /** One Concat of the parts' gradients. */
    static final Operator SPLIT = new Operator("Split", (node, i, gradients) -> {
        List<Tensor> parts = new ArrayList<>();
        for (int part = 0; part < gradients.size(); part++) {
            Tensor gradient = gradients.get(part);
            parts.add(gradient == null ? zerosLike(node.outputs().get(part)) : gradient);
        }
        return concat(Math.toIntExact(node.number("axis")), parts);
    });
    /** Zeros on both sides. */
    static final Operator SLICE = Operator.of("Slice", (node, i, g) -> {
        int axis = Math.toIntExact(constant(node, 3)[0]);
        long from = constant(node, 1)[0];
        long size = node.input(0).shape().dim(axis);
        return pad(g, axis, from, size - constant(node, 2)[0]);
    });

    static final Operator PAD = Operator.of("Pad", (node, i, g) -> {
        long[] pads = constant(node, 1);
        Tensor result = g;
        for (int axis = 0; axis < pads.length / 2; axis++) {
            if (pads[axis] != 0 || pads[axis + pads.length / 2] != 0) {
                long size = node.input(0).shape().dim(axis);
                result = slice(result, axis, pads[axis], pads[axis] + size);
            }
        }
        return result;
    });

    static final Operator GATHER = Operator.of("Gather", (node, i, g) -> {
        int axis = Math.toIntExact(node.number("axis"));
        Tensor x = node.input(0);
        Tensor indices = node.input(1);
        int count = indices.shape().rank();
        int[] indicesFirst = IntStream.concat(
                        IntStream.range(axis, axis + count),
                        IntStream.range(0, g.shape().rank()).filter(a -> a < axis || a >= axis + count))
                .toArray();
        int[] axisFirst = IntStream.concat(
                        IntStream.of(axis), IntStream.range(0, x.shape().rank()).filter(a -> a != axis))
                .toArray();
        int[] back = IntStream.range(0, axisFirst.length)
                .map(a -> a == axis ? 0 : a < axis ? a + 1 : a)
                .toArray();
        Tensor target = transpose(zerosLike(x), axisFirst);
        return transpose(scatterAdd(target, indices, transpose(g, indicesFirst)), back);
    });
    /** Adds updates to the rows the indices name; an index may come more than once. */
    static final Operator SCATTER_ADD = Operator.of(
            "ScatterND",
            (node, i, g) -> i == 0
                    ? g
                    : gather(
                            g,
                            0,
                            reshape(node.input(1), withoutLast(node.input(1).shape()))));

    static final Operator SCATTER_ELEMENTS = Operator.withoutDerivative("ScatterElements");

    private Layouts() {}

    static Tensor reshape(Tensor x, Shape shape) {
        if (shape.equals(x.shape())) {
            return x;
        }
        Shape from = x.shape();
        long known = shape.knownSize();
        boolean fits = from.isKnown()
                ? shape.isKnown() && known == from.knownSize()
                : shape.unknowns() == 1 && (known % from.knownSize() == 0 || from.knownSize() % known == 0);
        if (!fits) {
            throw new IllegalArgumentException(
                    "Reshape: expected a shape with as many elements as %s, got %s".formatted(from, shape));
        }
        Node node = Elementwise.producer(x, RESHAPE);
        if (node != null) {
            return reshape(node.input(0), shape);
        }
        return x.graph().apply(RESHAPE, Map.of(), x.type(), shape, x, x.graph().vector(shape.dims()));
    }

    static Tensor expand(Tensor x, Shape shape) {
        if (shape.equals(x.shape())) {
            return x;
        }
        if (!x.shape().broadcast("Expand", shape).equals(shape)) {
            throw new IllegalArgumentException(
                    "Expand: expected a shape that %s broadcasts to, got %s".formatted(x.shape(), shape));
        }
        int extra = shape.rank() - x.shape().rank();
        long[] dims = shape.dims();
        for (int axis = 0; axis < dims.length; axis++) {
            if (dims[axis] == Shape.UNKNOWN) {
                if (axis < extra || x.shape().dim(axis - extra) != Shape.UNKNOWN) {
                    throw new IllegalArgumentException("Expand: expected an unknown size only where %s has one, got %s"
                            .formatted(x.shape(), shape));
                }
                dims[axis] = 1; // Expand broadcasts both ways
            }
        }
        return x.graph().apply(EXPAND, Map.of(), x.type(), shape, x, x.graph().vector(dims));
    }

    /** Expands to the shape of another tensor, whatever is known of it. */
    static Tensor expandLike(Tensor x, Tensor model) {
        Shape shape = model.shape();
        int extra = shape.rank() - x.shape().rank();
        boolean atRunTime = IntStream.range(0, shape.rank())
                .anyMatch(axis -> shape.dim(axis) == Shape.UNKNOWN
                        && (axis < extra || x.shape().dim(axis - extra) != Shape.UNKNOWN));
        return atRunTime ? x.graph().apply(EXPAND, Map.of(), x.type(), shape, x, shapeOf(model)) : expand(x, shape);
    }

    static Tensor zerosLike(Tensor model) {
        return expandLike(model.graph().constant(0), model);
    }

    static Tensor shapeOf(Tensor x) {
        return x.graph()
                .apply(SHAPE, Map.of(), ElementType.INT64, Shape.inner(x.shape().rank()), x);
    }

    /** Returns the number of elements as a float scalar. */
    static Tensor sizeOf(Tensor x) {
        return x.graph().apply(SIZE, Map.of(), ElementType.INT64, Shape.of(), x).cast(ElementType.FLOAT);
    }

    static Tensor transpose(Tensor x, int... permutation) {
        int rank = x.shape().rank();
        int[] sorted = permutation.clone();
        Arrays.sort(sorted);
        int[] identity = IntStream.range(0, rank).toArray();
        if (!Arrays.equals(sorted, identity)) {
            throw new IllegalArgumentException("Transpose: expected a permutation of %d axes for shape %s, got %s"
                    .formatted(rank, x.shape(), Arrays.toString(permutation)));
        }
        if (Arrays.equals(permutation, identity)) {
            return x;
        }
        Shape shape =
                Shape.inner(IntStream.of(permutation).mapToLong(x.shape()::dim).toArray());
        List<Long> attribute = IntStream.of(permutation).asLongStream().boxed().toList();
        return x.graph().apply(TRANSPOSE, Map.of("perm", attribute), x.type(), shape, x);
    }

    static Tensor concat(int axis, List<Tensor> parts) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("Concat: expected at least one tensor, got none");
        }
        Tensor first = parts.get(0);
        if (parts.size() == 1) {
            return first;
        }
        int normal = first.shape().axis("Concat", axis);
        long size = 0;
        for (Tensor part : parts) {
            boolean fits = part.shape().rank() == first.shape().rank()
                    && part.shape().with(normal, 1).equals(first.shape().with(normal, 1))
                    && part.type() == first.type();
            if (!fits) {
                throw new IllegalArgumentException("Concat: expected %s %s but for axis %d, got %s %s"
                        .formatted(first.type(), first.shape(), normal, part.type(), part.shape()));
            }
            long more = part.shape().dim(normal);
            size = size == Shape.UNKNOWN || more == Shape.UNKNOWN ? Shape.UNKNOWN : size + more;
        }
        return first.graph()
                .apply(
                        CONCAT,
                        Map.of("axis", (long) normal),
                        first.type(),
                        List.of(first.shape().with(normal, size)),
                        parts)
                .get(0);
    }

    static List<Tensor> split(Tensor x, int axis, long... sizes) {
        int normal = x.shape().axis("Split", axis);
        if (LongStream.of(sizes).anyMatch(size -> size < 1)
                || LongStream.of(sizes).sum() != x.shape().dim(normal)) {
            throw new IllegalArgumentException("Split: expected sizes adding up to axis %d of %s, got %s"
                    .formatted(normal, x.shape(), Arrays.toString(sizes)));
        }
        if (sizes.length == 1) {
            return List.of(x);
        }
        List<Shape> shapes = LongStream.of(sizes)
                .mapToObj(size -> x.shape().with(normal, size))
                .toList();
        return x.graph()
                .apply(
                        SPLIT,
                        Map.of("axis", (long) normal),
                        x.type(),
                        shapes,
                        List.of(x, x.graph().vector(sizes)));
    }

    static Tensor slice(Tensor x, int axis, long from, long to) {
        int normal = x.shape().axis("Slice", axis);
        long size = x.shape().dim(normal);
        if (from < 0 || to <= from || to > size) {
            throw new IllegalArgumentException("Slice: expected 0 <= from < to <= size on axis %d of %s, got %d to %d"
                    .formatted(normal, x.shape(), from, to));
        }
        if (from == 0 && to == size) {
            return x;
        }
        Graph graph = x.graph();
        return graph.apply(
                SLICE,
                Map.of(),
                x.type(),
                x.shape().with(normal, to - from),
                x,
                graph.vector(from),
                graph.vector(to),
                graph.vector(normal));
    }

    static Tensor gather(Tensor x, int axis, Tensor indices) {
        int normal = x.shape().axis("Gather", axis);
        if (indices.type() != ElementType.INT64) {
            throw new IllegalArgumentException("Gather: expected INT64 indices, got %s %s into %s"
                    .formatted(indices.type(), indices.shape(), x.shape()));
        }
        long[] dims = LongStream.concat(
                        LongStream.concat(
                                Arrays.stream(x.shape().dims(), 0, normal),
                                Arrays.stream(indices.shape().dims())),
                        Arrays.stream(x.shape().dims(), normal + 1, x.shape().rank()))
                .toArray();
        return x.graph().apply(GATHER, Map.of("axis", (long) normal), x.type(), Shape.inner(dims), x, indices);
    }

    private static Tensor scatterAdd(Tensor target, Tensor indices, Tensor updates) {
        long[] dims = Arrays.copyOf(indices.shape().dims(), indices.shape().rank() + 1);
        dims[dims.length - 1] = 1;
        return target.graph()
                .apply(
                        SCATTER_ADD,
                        Map.of("reduction", "add"),
                        ElementType.FLOAT,
                        target.shape(),
                        target,
                        reshape(indices, Shape.inner(dims)),
                        updates);
    }

    static Tensor scatterElements(Tensor target, int axis, Tensor indices, Tensor updates) {
        int normal = target.shape().axis("ScatterElements", axis);
        boolean fits = indices.type() == ElementType.INT64
                && updates.type() == ElementType.FLOAT
                && indices.shape().equals(updates.shape())
                && indices.shape().rank() == target.shape().rank()
                && indices.shape().with(normal, 1).equals(target.shape().with(normal, 1));
        if (!fits) {
            throw new IllegalArgumentException(
                    "ScatterElements: expected INT64 indices and updates as long as %s but for axis %d, got %s %s and %s"
                            .formatted(target.shape(), normal, indices.type(), indices.shape(), updates.shape()));
        }
        return target.graph()
                .apply(
                        SCATTER_ELEMENTS,
                        Map.of("axis", (long) normal, "reduction", "add"),
                        ElementType.FLOAT,
                        target.shape(),
                        target,
                        indices,
                        updates);
    }

    private static Tensor pad(Tensor x, int axis, long before, long after) {
        int rank = x.shape().rank();
        long[] pads = new long[2 * rank];
        pads[axis] = before;
        pads[rank + axis] = after;
        Shape shape = x.shape().with(axis, x.shape().dim(axis) + before + after);
        return x.graph().apply(PAD, Map.of(), x.type(), shape, x, x.graph().vector(pads));
    }

    private static Shape withoutLast(Shape shape) {
        return Shape.inner(Arrays.copyOf(shape.dims(), shape.rank() - 1));
    }

    private static long[] constant(Node node, int input) {
        return node.input(input).requireConstant().longs();
    }
}
