package dev.understudy.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The operators of the dialect: what each may be given, and the form of what it gives. To add one that an exporter
 * writes, add it here: nothing else lists operators.
 */
final class DialectOperators {
    private static final Map<String, Operator> ALL = new TreeMap<>();

    /** What an operator gives. */
    @FunctionalInterface
    private interface Operator {
        List<Form> of(DialectNode node);
    }

    static {
        // Element by element. Whole numbers are added, multiplied and divided by constants of at least 1 alone: any
        // other division can end a process.
        for (String name : List.of("Abs", "Exp", "Log", "Neg", "Relu", "Sigmoid", "Softplus", "Sqrt", "Tanh")) {
            ALL.put(name, DialectOperators::one);
        }
        for (String name : List.of("Max", "Min")) {
            ALL.put(name, DialectOperators::two);
        }
        for (String name : List.of("Add", "Mul", "Sub")) {
            ALL.put(name, DialectOperators::twoOrWhole);
        }
        ALL.put("Div", DialectOperators::div);
        ALL.put("Equal", DialectOperators::equal);
        ALL.put("Clip", DialectOperators::clip);
        ALL.put("Identity", DialectOperators::identity);
        ALL.put("Cast", DialectOperators::cast);
        // Rows with weights.
        ALL.put("Gemm", DialectOperators::gemm);
        ALL.put("MatMul", DialectOperators::matMul);
        ALL.put("Gather", DialectOperators::gather);
        ALL.put("ScatterElements", DialectOperators::scatter);
        // Along an axis that is not the batch.
        for (String name : List.of("ReduceMax", "ReduceMean", "ReduceSum")) {
            ALL.put(name, DialectOperators::reduce);
        }
        for (String name : List.of("LogSoftmax", "Softmax")) {
            ALL.put(name, DialectOperators::softmax);
        }
        ALL.put("ArgMax", DialectOperators::argMax);
        ALL.put("Concat", DialectOperators::concat);
        ALL.put("Split", DialectOperators::split);
        ALL.put("Slice", DialectOperators::slice);
        ALL.put("Reshape", DialectOperators::reshape);
    }

    private DialectOperators() {}

    /** Returns the names of all operators. */
    static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    /** Returns the forms of what an operator gives; null if there is no such operator. */
    static @Nullable List<Form> of(String operator, DialectNode node) {
        Operator known = ALL.get(operator);
        return known == null ? null : known.of(node);
    }

    private static List<Form> one(DialectNode node) {
        node.arity(1, 1);
        return List.of(node.floats(0));
    }

    private static List<Form> two(DialectNode node) {
        node.arity(2, 1);
        return List.of(node.broadcast(node.floats(0), node.floats(1)));
    }

    private static List<Form> twoOrWhole(DialectNode node) {
        node.arity(2, 1);
        return node.any(0).type() == Form.Type.INT64
                ? List.of(node.broadcast(node.whole(0), node.whole(1)))
                : two(node);
    }

    private static List<Form> div(DialectNode node) {
        if (node.inputs() == 2 && node.any(0).type() == Form.Type.INT64) {
            long[] divisors = node.numbers(1);
            if (LongStream.of(divisors).anyMatch(divisor -> divisor < 1)) {
                throw node.unfit("expected divisors of at least 1, got " + Arrays.toString(divisors));
            }
        }
        return twoOrWhole(node);
    }

    private static List<Form> equal(DialectNode node) {
        Form both = two(node).get(0);
        return List.of(new Form(Form.Type.BOOL, both.perRow(), both.dims(), null));
    }

    private static List<Form> clip(DialectNode node) {
        node.arity(3, 1);
        for (int bound = 1; bound <= 2; bound++) {
            Form form = node.floats(bound);
            if (form.perRow() || form.axes() != 0) {
                throw node.unfit("expected one constant as bound, got " + form);
            }
        }
        return List.of(node.floats(0));
    }

    private static List<Form> identity(DialectNode node) {
        node.arity(1, 1);
        Form form = node.any(0);
        return List.of(node.typed(0, form.type()));
    }

    /** Anything becomes a number; a number becomes a whole one. */
    private static List<Form> cast(DialectNode node) {
        node.arity(1, 1, "to");
        Form from = node.typed(0, node.any(0).type());
        int toFloat = 1;
        int toWhole = 7;
        boolean isNumber = from.type() == Form.Type.FLOAT;
        node.attribute("to", 0, isNumber ? toWhole : toFloat, isNumber ? toWhole : toFloat);
        return List.of(new Form(isNumber ? Form.Type.INT64 : Form.Type.FLOAT, from.perRow(), from.dims(), null));
    }

    private static List<Form> gemm(DialectNode node) {
        boolean biased = node.inputs() == 3;
        node.arity(biased ? 3 : 2, 1, "transB");
        Form rows = node.floats(0);
        Form weights = node.floats(1);
        boolean turned = node.attribute("transB", 0, 0, 1) == 1;
        if (rows.axes() != 2 || weights.perRow() || weights.axes() != 2) {
            throw node.unfit("expected rows and a matrix, got %s and %s".formatted(rows, weights));
        }
        int inner = weights.size(turned ? 1 : 0);
        int columns = weights.size(turned ? 0 : 1);
        if (rows.size(1) != inner) {
            throw node.unfit("%s does not fit rows of %s".formatted(weights, rows));
        }
        Form result = rows.withSizes(rows.size(0), columns);
        if (biased && !node.broadcast(result, node.floats(2)).equals(result)) {
            throw node.unfit("expected a bias for %s, got %s".formatted(result, node.floats(2)));
        }
        node.costs((long) inner * columns * (rows.perRow() ? 1 : rows.size(0)));
        return List.of(result);
    }

    /** A matrix of each row with another of that row; products with weights are a Gemm. */
    private static List<Form> matMul(DialectNode node) {
        node.arity(2, 1);
        Form a = node.floats(0);
        Form b = node.floats(1);
        if (!a.perRow() || !b.perRow() || a.axes() != 3 || b.axes() != 3 || a.size(2) != b.size(1)) {
            throw node.unfit("expected two matrices of each row that fit, got %s and %s".formatted(a, b));
        }
        node.costs((long) a.size(1) * a.size(2) * b.size(2));
        return List.of(Form.floats(true, a.size(1), b.size(2)));
    }

    /** Rows of a table, by whole numbers that come with the batch; ONNX Runtime refuses a number that is no row. */
    private static List<Form> gather(DialectNode node) {
        node.arity(2, 1, "axis");
        Form table = node.floats(0);
        Form indices = node.typed(1, Form.Type.INT64);
        node.attribute("axis", 0, 0, 0);
        if (table.perRow() || table.axes() < 1 || !indices.perRow()) {
            throw node.unfit("expected a table and numbers of each row, got %s and %s".formatted(table, indices));
        }
        int[] dims = Arrays.copyOf(indices.dims(), indices.dims().length + table.dims().length - 1);
        System.arraycopy(table.dims(), 1, dims, indices.dims().length, table.dims().length - 1);
        return List.of(Form.floats(true, dims));
    }

    /** Adds to numbers of a row, at places that come with the row; ONNX Runtime refuses a place that is none. */
    private static List<Form> scatter(DialectNode node) {
        node.arity(3, 1, "axis", "reduction");
        node.word("reduction", "add");
        node.attribute("axis", 0, 1, 1);
        Form rows = node.floats(0);
        Form places = node.typed(1, Form.Type.INT64);
        Form added = node.floats(2);
        boolean fits = rows.perRow() && places.perRow() && added.perRow() && rows.axes() == 2 && places.axes() == 2;
        if (!fits || !Arrays.equals(places.dims(), added.dims())) {
            throw node.unfit("expected rows, places in them and as many numbers, got %s, %s and %s"
                    .formatted(rows, places, added));
        }
        return List.of(rows);
    }

    private static List<Form> reduce(DialectNode node) {
        node.arity(2, 1, "keepdims");
        Form form = node.floats(0);
        boolean keeps = node.attribute("keepdims", 1, 0, 1) == 1;
        boolean[] reduced = new boolean[form.axes()];
        for (long axis : node.numbers(1)) {
            if (axis < (form.perRow() ? 1 : 0) || axis >= form.axes() || reduced[(int) axis]) {
                throw node.unfit("expected axes of %s behind the batch, got %d".formatted(form, axis));
            }
            reduced[(int) axis] = true;
        }
        return List.of(form.withSizes(IntStream.range(0, form.axes())
                .filter(axis -> keeps || !reduced[axis])
                .map(axis -> reduced[axis] ? 1 : form.size(axis))
                .toArray()));
    }

    private static List<Form> softmax(DialectNode node) {
        node.arity(1, 1, "axis");
        node.axis(node.floats(0));
        return List.of(node.floats(0));
    }

    private static List<Form> argMax(DialectNode node) {
        node.arity(1, 1, "axis", "keepdims");
        Form form = node.floats(0);
        int axis = node.axis(form);
        node.attribute("keepdims", 1, 0, 0);
        int[] left = IntStream.range(0, form.axes())
                .filter(each -> each != axis)
                .map(form::size)
                .toArray();
        return List.of(
                new Form(Form.Type.INT64, form.perRow(), form.withSizes(left).dims(), null));
    }

    private static List<Form> concat(DialectNode node) {
        node.arity(node.inputs(), 1, "axis");
        if (node.inputs() == 0) {
            throw node.unfit("expected an input, got none");
        }
        Form first = node.typed(0, node.any(0).type());
        int axis = node.axis(first);
        int[] sizes = first.sizes();
        for (int i = 1; i < node.inputs(); i++) {
            Form next = node.typed(i, first.type());
            int[] aligned = next.sizes();
            if (next.perRow() != first.perRow() || aligned.length != sizes.length) {
                throw node.unfit("%s beside %s".formatted(first, next));
            }
            int more = aligned[axis];
            aligned[axis] = sizes[axis];
            if (!Arrays.equals(aligned, sizes)) {
                throw node.unfit("%s beside %s".formatted(first, next));
            }
            sizes[axis] += more;
        }
        return List.of(first.withSizes(sizes));
    }

    private static List<Form> split(DialectNode node) {
        node.arity(2, node.outputs(), "axis");
        Form form = node.typed(0, node.any(0).type());
        int axis = node.axis(form);
        long[] parts = node.numbers(1);
        List<Form> forms = new ArrayList<>();
        long left = form.size(axis);
        for (long part : parts) {
            left -= part;
            if (part < 1 || left < 0) {
                throw node.unfit("expected parts of %d, got %s".formatted(form.size(axis), Arrays.toString(parts)));
            }
            forms.add(resized(form, axis, size -> (int) part));
        }
        if (left != 0 || forms.size() != node.outputs()) {
            throw node.unfit("expected %d parts of %d, got %s"
                    .formatted(node.outputs(), form.size(axis), Arrays.toString(parts)));
        }
        return forms;
    }

    /** One stretch along one axis, by a start, an end and an axis that are written out. */
    private static List<Form> slice(DialectNode node) {
        node.arity(4, 1);
        Form form = node.typed(0, node.any(0).type());
        long[] start = node.numbers(1);
        long[] end = node.numbers(2);
        long[] axes = node.numbers(3);
        boolean fits = start.length == 1 && end.length == 1 && axes.length == 1;
        fits = fits && axes[0] >= (form.perRow() ? 1 : 0) && axes[0] < form.axes();
        if (!fits || start[0] < 0 || end[0] <= start[0] || end[0] > form.size((int) axes[0])) {
            throw node.unfit("expected one stretch of %s, got %s to %s of axis %s"
                    .formatted(form, Arrays.toString(start), Arrays.toString(end), Arrays.toString(axes)));
        }
        return List.of(resized(form, (int) axes[0], size -> (int) (end[0] - start[0])));
    }

    private static Form resized(Form form, int axis, UnaryOperator<Integer> change) {
        int[] sizes = form.sizes();
        sizes[axis] = change.apply(sizes[axis]);
        return form.withSizes(sizes);
    }

    /** Rows stay rows: then the new shape begins with -1. */
    private static List<Form> reshape(DialectNode node) {
        node.arity(2, 1);
        Form form = node.typed(0, node.any(0).type());
        long[] shape = node.numbers(1);
        int first = form.perRow() ? 1 : 0;
        long elements = 1;
        boolean fits = shape.length >= first && shape.length <= Form.MOST_AXES && (first == 0 || shape[0] == -1);
        for (int i = first; fits && i < shape.length; i++) {
            fits = shape[i] >= 1 && shape[i] <= form.elements();
            elements = fits ? Math.min(Form.MOST_ELEMENTS + 1, elements * shape[i]) : 0;
        }
        if (!fits || elements != form.elements()) {
            throw node.unfit("%s as %s".formatted(form, Arrays.toString(shape)));
        }
        int[] dims = new int[shape.length - first];
        Arrays.setAll(dims, i -> (int) shape[first + i]);
        return List.of(new Form(form.type(), form.perRow(), dims, null));
    }
}
