package dev.understudy.graph;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Operators that work element by element, broadcasting their operands, with their derivatives. */
final class Elementwise {
    static final Operator ADD = Operator.of("Add", (node, i, g) -> Reductions.sumTo(g, node.input(i)));
    static final Operator SUB =
            Operator.of("Sub", (node, i, g) -> Reductions.sumTo(i == 0 ? g : g.neg(), node.input(i)));
    static final Operator MUL =
            Operator.of("Mul", (node, i, g) -> Reductions.sumTo(g.mul(node.input(1 - i)), node.input(i)));
    /** d(a/b)/db = -(a/b)/b, which reuses the quotient. */
    static final Operator DIV = Operator.of("Div", (node, i, g) -> {
        Tensor numerator = g.div(node.input(1));
        return Reductions.sumTo(
                i == 0 ? numerator : numerator.mul(node.output()).neg(), node.input(i));
    });
    /** Where both are equal, all goes to the first. */
    static final Operator MIN = Operator.of(
            "Min", (node, i, g) -> Reductions.sumTo(pick(node.input(1).less(node.input(0)), i == 1, g), node.input(i)));
    /** Where both are equal, all goes to the first. */
    static final Operator MAX = Operator.of(
            "Max", (node, i, g) -> Reductions.sumTo(pick(node.input(0).less(node.input(1)), i == 1, g), node.input(i)));

    static final Operator NEG = Operator.of("Neg", (node, i, g) -> g.neg());
    static final Operator EXP = Operator.of("Exp", (node, i, g) -> g.mul(node.output()));
    static final Operator LOG = Operator.of("Log", (node, i, g) -> g.div(node.input(0)));
    static final Operator SQRT = Operator.of("Sqrt", (node, i, g) -> g.mul(0.5f).div(node.output()));
    static final Operator SIGN = Operator.withoutDerivative("Sign");
    static final Operator ABS = Operator.of("Abs", (node, i, g) -> g.mul(unary(SIGN, node.input(0))));
    /** tanh' = 1 - y y. */
    static final Operator TANH = Operator.of("Tanh", (node, i, g) -> {
        Tensor y = node.output();
        return g.mul(one(y).sub(y.mul(y)));
    });
    /** sigmoid' = y (1 - y). */
    static final Operator SIGMOID = Operator.of("Sigmoid", (node, i, g) -> {
        Tensor y = node.output();
        return g.mul(y.mul(one(y).sub(y)));
    });
    /** 1 above zero; at zero the derivative is 0. */
    static final Operator RELU = Operator.of("Relu", (node, i, g) -> g.mul(unary(SIGN, node.output())));

    static final Operator SOFTPLUS =
            Operator.of("Softplus", (node, i, g) -> g.mul(node.input(0).sigmoid()));
    /** x to a constant power; no gradient reaches the exponent. */
    static final Operator POW = Operator.of("Pow", (node, i, g) -> {
        float exponent = node.input(1).scalar();
        return g.mul(node.input(0).pow(exponent - 1).mul(exponent));
    });
    /** At the bounds themselves the derivative is 1. */
    static final Operator CLIP = Operator.of("Clip", (node, i, g) -> {
        Tensor x = node.input(0);
        return pick(x.greater(node.input(2)), false, pick(x.less(node.input(1)), false, g));
    });

    static final Operator WHERE =
            Operator.of("Where", (node, i, g) -> Reductions.sumTo(pick(node.input(0), i == 1, g), node.input(i)));

    static final Operator LESS = Operator.withoutDerivative("Less");
    static final Operator GREATER = Operator.withoutDerivative("Greater");
    static final Operator EQUAL = Operator.withoutDerivative("Equal");
    static final Operator CAST = Operator.withoutDerivative("Cast");
    static final Operator STOP_GRADIENT = Operator.withoutDerivative("Identity");

    private Elementwise() {}

    static Tensor unary(Operator operator, Tensor x) {
        requireFloat(operator, x);
        return x.graph().apply(operator, Map.of(), ElementType.FLOAT, x.shape(), x);
    }

    static Tensor neg(Tensor x) {
        Node node = x.node();
        return node != null && node.operator().equals(NEG) ? node.input(0) : unary(NEG, x);
    }

    static Tensor add(Tensor a, Tensor b) {
        if (isScalar(b, 0)) {
            return a;
        }
        return isScalar(a, 0) ? b : binary(ADD, a, b);
    }

    static Tensor sub(Tensor a, Tensor b) {
        return isScalar(b, 0) ? a : binary(SUB, a, b);
    }

    static Tensor mul(Tensor a, Tensor b) {
        if (isScalar(b, 1)) {
            return a;
        }
        if (isScalar(a, 1)) {
            return b;
        }
        if (a.isScalarConstant() && b.isScalarConstant()) {
            return a.graph().constant(a.scalar() * b.scalar());
        }
        if (isScalar(b, -1)) {
            return neg(a);
        }
        return isScalar(a, -1) ? neg(b) : binary(MUL, a, b);
    }

    static Tensor div(Tensor a, Tensor b) {
        return isScalar(b, 1) ? a : binary(DIV, a, b);
    }

    static Tensor pow(Tensor x, float exponent) {
        if (exponent == 0) {
            return Layouts.expandLike(x.graph().constant(1), x);
        }
        if (exponent == 1) {
            return x;
        }
        if (exponent == 2) {
            return x.mul(x);
        }
        if (exponent == 0.5f) {
            return x.sqrt();
        }
        if (exponent == -1) {
            return one(x).div(x);
        }
        requireFloat(POW, x);
        return x.graph()
                .apply(POW, Map.of(), ElementType.FLOAT, x.shape(), x, x.graph().constant(exponent));
    }

    static Tensor clip(Tensor x, float min, float max) {
        requireFloat(CLIP, x);
        if (!(min <= max)) {
            throw new IllegalArgumentException("Clip: expected min <= max, got %s and %s".formatted(min, max));
        }
        Graph graph = x.graph();
        return graph.apply(CLIP, Map.of(), ElementType.FLOAT, x.shape(), x, graph.constant(min), graph.constant(max));
    }

    static Tensor where(Tensor condition, Tensor a, Tensor b) {
        if (condition.type() != ElementType.BOOL || a.type() != b.type()) {
            throw new IllegalArgumentException("Where: expected BOOL and two tensors of one type, got %s, %s and %s"
                    .formatted(condition.type(), a.type(), b.type()));
        }
        Shape shape = condition.shape().broadcast("Where", a.shape()).broadcast("Where", b.shape());
        return condition.graph().apply(WHERE, Map.of(), a.type(), shape, condition, a, b);
    }

    static Tensor compare(Operator operator, Tensor a, Tensor b) {
        return broadcast(operator, ElementType.BOOL, a, b);
    }

    /** Applies an operator to two tensors of one type, whose shapes broadcast. */
    static Tensor binary(Operator operator, Tensor a, Tensor b) {
        return broadcast(operator, a.type(), a, b);
    }

    static Tensor cast(Tensor x, ElementType type) {
        return x.type() == type ? x : x.graph().apply(CAST, Map.of("to", (long) type.onnxCode()), type, x.shape(), x);
    }

    static void requireFloat(Operator operator, Tensor x) {
        if (x.type() != ElementType.FLOAT) {
            throw new IllegalArgumentException(
                    "%s: expected FLOAT, got %s of shape %s".formatted(operator.name(), x.type(), x.shape()));
        }
    }

    private static Tensor broadcast(Operator operator, ElementType type, Tensor a, Tensor b) {
        if (a.type() != b.type()) {
            throw new IllegalArgumentException("%s: expected two tensors of one type, got %s %s and %s %s"
                    .formatted(operator.name(), a.type(), a.shape(), b.type(), b.shape()));
        }
        Shape shape = a.shape().broadcast(operator.name(), b.shape());
        Tensor left = withoutExpansion(a, b, shape);
        Tensor right = withoutExpansion(b, left, shape);
        return a.graph().apply(operator, Map.of(), type, shape, left, right);
    }

    /** Leaves out an Expand that this operator does anyway, as gradients of sums are full of them. */
    private static Tensor withoutExpansion(Tensor expanded, Tensor other, Shape shape) {
        Node node = expanded.node();
        if (node == null || !node.operator().equals(Layouts.EXPAND)) {
            return expanded;
        }
        Tensor source = node.input(0);
        return source.shape().fits(other.shape(), shape) ? source : expanded;
    }

    /** Returns the gradient where the condition is as asked, and zero elsewhere. */
    private static Tensor pick(Tensor condition, boolean asked, Tensor gradient) {
        Tensor zero = gradient.graph().constant(0);
        return asked ? where(condition, gradient, zero) : where(condition, zero, gradient);
    }

    private static Tensor one(Tensor x) {
        return x.graph().constant(1);
    }

    private static boolean isScalar(Tensor x, float value) {
        return x.isScalarConstant() && x.scalar() == value;
    }

    static @Nullable Node producer(Tensor x, Operator operator) {
        Node node = x.node();
        return node != null && node.operator().equals(operator) ? node : null;
    }
}
