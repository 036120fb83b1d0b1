package dev.understudy.graph;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Matrix products with their derivatives. */
final class Products {
    /** y = a' b' + c, where ' transposes if the attribute says so. Its derivatives are of the same kind. */
    static final Operator GEMM = Operator.of("Gemm", (node, i, g) -> {
        boolean transA = node.flag("transA");
        boolean transB = node.flag("transB");
        Tensor a = node.input(0);
        Tensor b = node.input(1);
        if (i == 2) {
            return Reductions.sumTo(g, node.input(2));
        }
        if (i == 0) {
            return transA ? gemm(b, g, null, transB, true) : gemm(g, b, null, false, !transB);
        }
        return transB ? gemm(g, a, null, true, transA) : gemm(a, g, null, !transA, false);
    });

    /** Batched products; leading dimensions broadcast. */
    static final Operator MATMUL = Operator.of(
            "MatMul",
            (node, i, g) -> i == 0
                    ? Reductions.sumTo(matMul(g, swapLast(node.input(1))), node.input(0))
                    : Reductions.sumTo(matMul(swapLast(node.input(0)), g), node.input(1)));

    private Products() {}

    static Tensor matMul(Tensor a, Tensor b) {
        Elementwise.requireFloat(MATMUL, a);
        Elementwise.requireFloat(MATMUL, b);
        int rankA = a.shape().rank();
        int rankB = b.shape().rank();
        if (rankA < 2 || rankB < 2) {
            throw new IllegalArgumentException(
                    "MatMul: expected two tensors of rank 2 or more, got %s x %s".formatted(a.shape(), b.shape()));
        }
        long inner = a.shape().dim(rankA - 1);
        long columns = b.shape().dim(rankB - 1);
        if (inner != b.shape().dim(rankB - 2)) {
            throw mismatch("MatMul", inner, a, b);
        }
        if (rankA == 2 && rankB == 2) {
            return gemm(a, b, null, false, false);
        }
        if (rankB == 2 && a.shape().unknowns() <= 1 && inner != Shape.UNKNOWN) {
            Shape rows = Shape.inner(a.shape().isKnown() ? a.shape().size() / inner : Shape.UNKNOWN, inner);
            return Layouts.reshape(
                    gemm(Layouts.reshape(a, rows), b, null, false, false),
                    a.shape().with(rankA - 1, columns));
        }
        Shape batch = prefix(a.shape()).broadcast("MatMul", prefix(b.shape()));
        long[] dims = IntStream.range(0, batch.rank() + 2)
                .mapToLong(i -> i < batch.rank()
                        ? batch.dim(i)
                        : i == batch.rank() ? a.shape().dim(rankA - 2) : columns)
                .toArray();
        return a.graph().apply(MATMUL, Map.of(), ElementType.FLOAT, Shape.inner(dims), a, b);
    }

    static Tensor gemm(Tensor a, Tensor b, @Nullable Tensor c, boolean transA, boolean transB) {
        Elementwise.requireFloat(GEMM, a);
        Elementwise.requireFloat(GEMM, b);
        if (a.shape().rank() != 2 || b.shape().rank() != 2) {
            throw new IllegalArgumentException(
                    "Gemm: expected two tensors of rank 2, got %s x %s".formatted(a.shape(), b.shape()));
        }
        long rows = a.shape().dim(transA ? 1 : 0);
        long innerA = a.shape().dim(transA ? 0 : 1);
        long innerB = b.shape().dim(transB ? 1 : 0);
        Shape shape = Shape.inner(rows, b.shape().dim(transB ? 0 : 1));
        if (innerA != innerB) {
            throw mismatch(c == null ? "MatMul" : "Gemm", innerA, a, b);
        }
        if (c != null && !(c.shape().rank() <= 2 && c.shape().fits(shape, shape))) {
            throw new IllegalArgumentException(
                    "Gemm: expected a bias that broadcasts to %s, got %s".formatted(shape, c.shape()));
        }
        Map<String, Object> attributes = new LinkedHashMap<>();
        if (transA) {
            attributes.put("transA", 1L);
        }
        if (transB) {
            attributes.put("transB", 1L);
        }
        List<Tensor> operands = c == null ? List.of(a, b) : List.of(a, b, c);
        return a.graph()
                .apply(GEMM, attributes, ElementType.FLOAT, List.of(shape), operands)
                .get(0);
    }

    private static IllegalArgumentException mismatch(String operator, long inner, Tensor a, Tensor b) {
        return new IllegalArgumentException("%s: expected [*, %s] x [%s, *], got %s x %s"
                .formatted(operator, size(inner), size(inner), a.shape(), b.shape()));
    }

    private static String size(long dim) {
        return dim == Shape.UNKNOWN ? "*" : Long.toString(dim);
    }

    private static Shape prefix(Shape shape) {
        long[] dims = new long[shape.rank() - 2];
        System.arraycopy(shape.dims(), 0, dims, 0, dims.length);
        return Shape.inner(dims);
    }

    private static Tensor swapLast(Tensor x) {
        int rank = x.shape().rank();
        int[] permutation = IntStream.range(0, rank).toArray();
        permutation[rank - 1] = rank - 2;
        permutation[rank - 2] = rank - 1;
        return Layouts.transpose(x, permutation);
    }
}
