package dev.understudy.graph;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;

/** Sums, means and maxima over axes, softmax, and their derivatives. */
final class Reductions {
    static final Operator SUM = Operator.of("ReduceSum", (node, i, g) -> spread(g, node));

    static final Operator MEAN = Operator.of("ReduceMean", (node, i, g) -> {
        Tensor x = node.input(0);
        Shape from = x.shape();
        Shape to = node.output().shape();
        Tensor scaled = from.unknowns() == to.unknowns()
                ? g.mul((float) ((double) to.knownSize() / from.knownSize()))
                : g.mul(Layouts.sizeOf(node.output()).div(Layouts.sizeOf(x)));
        return spread(scaled, node);
    });

    /** Elements that share the maximum share the gradient equally. */
    static final Operator MAX = Operator.of("ReduceMax", (node, i, g) -> {
        Tensor x = node.input(0);
        int[] axes = axes(node);
        Tensor largest = Layouts.reshape(node.output(), kept(x.shape(), axes));
        Tensor share = x.equal(largest).cast(ElementType.FLOAT);
        Tensor count = reduce(SUM, share, true, axes);
        return share.mul(Layouts.reshape(g, kept(x.shape(), axes)).div(count));
    });

    static final Operator SOFTMAX = Operator.of("Softmax", (node, i, g) -> {
        Tensor weighted = g.mul(node.output());
        Tensor total = reduce(SUM, weighted, true, Math.toIntExact(node.number("axis")));
        return weighted.sub(node.output().mul(total));
    });

    static final Operator LOG_SOFTMAX = Operator.of("LogSoftmax", (node, i, g) -> {
        Tensor total = reduce(SUM, g, true, Math.toIntExact(node.number("axis")));
        return g.sub(node.output().exp().mul(total));
    });

    static final Operator ARG_MAX = Operator.withoutDerivative("ArgMax");

    private Reductions() {}

    static Tensor reduce(Operator operator, Tensor x, boolean keepDims, int... axes) {
        Elementwise.requireFloat(operator, x);
        int[] normal = (axes.length == 0
                        ? IntStream.range(0, x.shape().rank())
                        : IntStream.of(axes).map(axis -> x.shape().axis(operator.name(), axis)))
                .sorted()
                .distinct()
                .toArray();
        Shape kept = kept(x.shape(), normal);
        Shape shape = keepDims ? kept : dropped(x.shape(), normal);
        if (kept.equals(x.shape())) {
            return Layouts.reshape(x, shape);
        }
        Tensor axesTensor = x.graph().vector(IntStream.of(normal).asLongStream().toArray());
        return x.graph()
                .apply(operator, Map.of("keepdims", keepDims ? 1L : 0L), ElementType.FLOAT, shape, x, axesTensor);
    }

    static Tensor softmax(Operator operator, Tensor x, int axis) {
        Elementwise.requireFloat(operator, x);
        long normal = x.shape().axis(operator.name(), axis);
        return x.graph().apply(operator, Map.of("axis", normal), ElementType.FLOAT, x.shape(), x);
    }

    static Tensor argMax(Tensor x, int axis) {
        Elementwise.requireFloat(ARG_MAX, x);
        int normal = x.shape().axis("ArgMax", axis);
        return x.graph()
                .apply(
                        ARG_MAX,
                        Map.of("axis", (long) normal, "keepdims", 0L),
                        ElementType.INT64,
                        dropped(x.shape(), new int[] {normal}),
                        x);
    }

    /** Sums a gradient over the axes along which an operand was broadcast. */
    static Tensor sumTo(Tensor gradient, Tensor operand) {
        Shape from = gradient.shape();
        Shape to = operand.shape();
        if (from.equals(to)) {
            return gradient;
        }
        int extra = from.rank() - to.rank();
        int[] axes = IntStream.range(0, from.rank())
                .filter(axis -> axis < extra || (to.dim(axis - extra) == 1 && from.dim(axis) != 1))
                .toArray();
        boolean onlyExtra = axes.length == extra;
        return onlyExtra ? reduce(SUM, gradient, false, axes) : Layouts.reshape(reduce(SUM, gradient, true, axes), to);
    }

    /** Returns the gradient of a sum, spread over what was summed. */
    private static Tensor spread(Tensor gradient, Node node) {
        Tensor x = node.input(0);
        return Layouts.expandLike(Layouts.reshape(gradient, kept(x.shape(), axes(node))), x);
    }

    private static int[] axes(Node node) {
        return Arrays.stream(node.input(1).requireConstant().longs())
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    private static Shape kept(Shape shape, int... axes) {
        Shape result = shape;
        for (int axis : axes) {
            result = result.with(axis, 1);
        }
        return result;
    }

    private static Shape dropped(Shape shape, int[] axes) {
        return Shape.inner(IntStream.range(0, shape.rank())
                .filter(axis -> Arrays.binarySearch(axes, axis) < 0)
                .mapToLong(shape::dim)
                .toArray());
    }
}
