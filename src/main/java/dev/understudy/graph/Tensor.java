package dev.understudy.graph;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A handle on a value in a {@link Graph}: an input, a constant, or what an operator gives. Its methods are the
 * operators; each adds to the graph and computes nothing. Operands broadcast as in NumPy. Axes may be counted from the
 * end, -1 being the last. Shapes that do not fit are an {@link IllegalArgumentException} that names the operator and
 * both shapes.
 */
public final class Tensor {
    private final Graph graph;
    private final int id;
    private final ElementType type;
    private final Shape shape;
    private final @Nullable Node node;
    private final int position;
    private final @Nullable String inputName;
    private final @Nullable Constant constant;

    Tensor(
            Graph graph,
            int id,
            ElementType type,
            Shape shape,
            @Nullable Node node,
            int position,
            @Nullable String inputName,
            @Nullable Constant constant) {
        this.graph = graph;
        this.id = id;
        this.type = type;
        this.shape = shape;
        this.node = node;
        this.position = position;
        this.inputName = inputName;
        this.constant = constant;
    }

    /** Returns the input's name, or an inner name that starts with an underscore. */
    public String name() {
        return inputName == null ? "_" + id : inputName;
    }

    /** Returns the element type. */
    public ElementType type() {
        return type;
    }

    /** Returns the shape. */
    public Shape shape() {
        return shape;
    }

    /** Returns the graph it belongs to. */
    public Graph graph() {
        return graph;
    }

    /** Returns the matrix product, batched over leading dimensions: {@code [.., m, k] x [.., k, n] -> [.., m, n]}. */
    public Tensor matMul(Tensor other) {
        return Products.matMul(this, other);
    }

    /** Returns this {@code [m, k]} times the weight {@code [k, n]} plus the bias {@code [n]}. */
    public Tensor gemm(Tensor weight, Tensor bias) {
        return Products.gemm(this, weight, bias, false, false);
    }

    /** Returns the sum. */
    public Tensor add(Tensor other) {
        return Elementwise.add(this, other);
    }

    /** Returns the sum with a constant. */
    public Tensor add(float other) {
        return add(graph.constant(other));
    }

    /** Returns the difference. */
    public Tensor sub(Tensor other) {
        return Elementwise.sub(this, other);
    }

    /** Returns the difference to a constant. */
    public Tensor sub(float other) {
        return sub(graph.constant(other));
    }

    /** Returns the product, element by element. */
    public Tensor mul(Tensor other) {
        return Elementwise.mul(this, other);
    }

    /** Returns the product with a constant. */
    public Tensor mul(float other) {
        return mul(graph.constant(other));
    }

    /** Returns the quotient, element by element. */
    public Tensor div(Tensor other) {
        return Elementwise.div(this, other);
    }

    /** Returns the quotient by a constant. */
    public Tensor div(float other) {
        return div(graph.constant(other));
    }

    /** Returns the negative. */
    public Tensor neg() {
        return Elementwise.neg(this);
    }

    /** Returns e to this. */
    public Tensor exp() {
        return Elementwise.unary(Elementwise.EXP, this);
    }

    /** Returns the natural logarithm. */
    public Tensor log() {
        return Elementwise.unary(Elementwise.LOG, this);
    }

    /** Returns the square root. */
    public Tensor sqrt() {
        return Elementwise.unary(Elementwise.SQRT, this);
    }

    /** Returns this to a constant power. */
    public Tensor pow(float exponent) {
        return Elementwise.pow(this, exponent);
    }

    /** Returns the absolute value; its derivative at zero is 0. */
    public Tensor abs() {
        return Elementwise.unary(Elementwise.ABS, this);
    }

    /** Returns the hyperbolic tangent. */
    public Tensor tanh() {
        return Elementwise.unary(Elementwise.TANH, this);
    }

    /** Returns 1 / (1 + e^-x). */
    public Tensor sigmoid() {
        return Elementwise.unary(Elementwise.SIGMOID, this);
    }

    /** Returns this above zero and zero below; its derivative at zero is 0. */
    public Tensor relu() {
        return Elementwise.unary(Elementwise.RELU, this);
    }

    /** Returns log(1 + e^x), without overflow. */
    public Tensor softplus() {
        return Elementwise.unary(Elementwise.SOFTPLUS, this);
    }

    /** Returns e^x over its sum along an axis. */
    public Tensor softmax(int axis) {
        return Reductions.softmax(Reductions.SOFTMAX, this, axis);
    }

    /** Returns the logarithm of {@link #softmax}, without overflow. */
    public Tensor logSoftmax(int axis) {
        return Reductions.softmax(Reductions.LOG_SOFTMAX, this, axis);
    }

    /** Returns this brought into {@code [min, max]}; the derivative is 1 inside and at the bounds, 0 outside. */
    public Tensor clip(float min, float max) {
        return Elementwise.clip(this, min, max);
    }

    /** Returns the smaller; where both are equal the gradient goes to this one. */
    public Tensor min(Tensor other) {
        Elementwise.requireFloat(Elementwise.MIN, this);
        return Elementwise.binary(Elementwise.MIN, this, other);
    }

    /** Returns the larger; where both are equal the gradient goes to this one. */
    public Tensor max(Tensor other) {
        Elementwise.requireFloat(Elementwise.MAX, this);
        return Elementwise.binary(Elementwise.MAX, this, other);
    }

    /** Returns whether this is less than the other. */
    public Tensor less(Tensor other) {
        return Elementwise.compare(Elementwise.LESS, this, other);
    }

    /** Returns whether this is greater than the other. */
    public Tensor greater(Tensor other) {
        return Elementwise.compare(Elementwise.GREATER, this, other);
    }

    /** Returns whether this equals the other. */
    public Tensor equal(Tensor other) {
        return Elementwise.compare(Elementwise.EQUAL, this, other);
    }

    /** Returns {@code a} where the condition holds and {@code b} elsewhere. */
    public static Tensor where(Tensor condition, Tensor a, Tensor b) {
        return Elementwise.where(condition, a, b);
    }

    /** Returns the sum over axes, which are dropped; over everything if none is named. */
    public Tensor sum(int... axes) {
        return sum(false, axes);
    }

    /** Returns the sum over axes, kept with size 1 if asked; over everything if none is named. */
    public Tensor sum(boolean keepDims, int... axes) {
        return Reductions.reduce(Reductions.SUM, this, keepDims, axes);
    }

    /** Returns the mean over axes, which are dropped; over everything if none is named. */
    public Tensor mean(int... axes) {
        return mean(false, axes);
    }

    /** Returns the mean over axes, kept with size 1 if asked; over everything if none is named. */
    public Tensor mean(boolean keepDims, int... axes) {
        return Reductions.reduce(Reductions.MEAN, this, keepDims, axes);
    }

    /** Returns the largest over axes, which are dropped; over everything if none is named. */
    public Tensor max(int... axes) {
        return max(false, axes);
    }

    /** Returns the largest over axes, kept with size 1 if asked; equal maxima share the gradient. */
    public Tensor max(boolean keepDims, int... axes) {
        return Reductions.reduce(Reductions.MAX, this, keepDims, axes);
    }

    /** Returns the index (INT64) of the largest along an axis, which is dropped; the first of equals. No derivative. */
    public Tensor argMax(int axis) {
        return Reductions.argMax(this, axis);
    }

    /** Returns 1 at the index and 0 elsewhere: INT64 {@code [..] -> FLOAT [.., depth]}. */
    public Tensor oneHot(int depth) {
        long[] classes = new long[depth];
        long[] dims = new long[shape.rank() + 1];
        for (int i = 0; i < depth; i++) {
            classes[i] = i;
        }
        System.arraycopy(shape.dims(), 0, dims, 0, shape.rank());
        dims[shape.rank()] = 1;
        return reshape(Shape.inner(dims)).equal(graph.vector(classes)).cast(ElementType.FLOAT);
    }

    /**
     * Returns the same elements in another shape; its first size may be unknown where this shape has an unknown one.
     */
    public Tensor reshape(Shape target) {
        return Layouts.reshape(this, target);
    }

    /** Returns this with its axes in another order: axis i of the result is axis {@code permutation[i]} of this. */
    public Tensor transpose(int... permutation) {
        return Layouts.transpose(this, permutation);
    }

    /** Returns the parts one after the other along an axis. */
    public static Tensor concat(int axis, List<Tensor> parts) {
        return Layouts.concat(axis, parts);
    }

    /** Returns the elements {@code [from, to)} of an axis of known size. */
    public Tensor slice(int axis, long from, long to) {
        return Layouts.slice(this, axis, from, to);
    }

    /** Returns consecutive parts of an axis; the sizes add up to the axis's. */
    public List<Tensor> split(int axis, long... sizes) {
        return Layouts.split(this, axis, sizes);
    }

    /** Returns the entries of an axis the INT64 indices name, in the place of that axis. */
    public Tensor gather(int axis, Tensor indices) {
        return Layouts.gather(this, axis, indices);
    }

    /**
     * Returns this with updates added to the elements of an axis that the INT64 indices name, in each row apart; an
     * element may be named more than once. No derivative.
     *
     * @param indices of this rank, as long as this but on the axis
     * @param updates in the shape of the indices
     */
    public Tensor scatterAdd(int axis, Tensor indices, Tensor updates) {
        return Layouts.scatterElements(this, axis, indices, updates);
    }

    /** Returns this broadcast to a shape. */
    public Tensor expand(Shape target) {
        return Layouts.expand(this, target);
    }

    /** Returns this converted to another type. No derivative. */
    public Tensor cast(ElementType target) {
        return Elementwise.cast(this, target);
    }

    /** Returns the same values, taken as constant by {@link Gradient}. */
    public Tensor stopGradient() {
        return Elementwise.unary(Elementwise.STOP_GRADIENT, this);
    }

    /** Returns the number of the tensor in its graph. */
    int id() {
        return id;
    }

    /** Returns what makes it, or null for an input or a constant. */
    @Nullable
    Node node() {
        return node;
    }

    /** Returns its values if it is a constant. */
    @Nullable
    Constant constantOrNull() {
        return constant;
    }

    Constant requireConstant() {
        return Objects.requireNonNull(constant);
    }

    boolean isScalarConstant() {
        return constant != null && type == ElementType.FLOAT && shape.rank() == 0;
    }

    /** Returns the value of a scalar constant. */
    float scalar() {
        return requireConstant().first();
    }

    @Override
    public String toString() {
        String kind = node != null
                ? node.operator().name() + (node.outputs().size() > 1 ? "." + position : "")
                : constant != null ? "constant" : "input";
        return "%s (%s %s %s)".formatted(name(), kind, type, shape);
    }
}
