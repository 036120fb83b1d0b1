package dev.understudy.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class TensorTest {
    private final Graph graph = new Graph();
    private final Tensor a = graph.input("a", ElementType.FLOAT, Shape.of(64, 17));
    private final Tensor b = graph.input("b", ElementType.FLOAT, Shape.of(16, 100));
    private final Tensor batch = graph.input("batch", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 17));
    private final Tensor index = graph.input("index", ElementType.INT64, Shape.of(Shape.UNKNOWN));

    @Test
    void shapeErrorsNameTheOperatorAndBothShapes() {
        says(() -> a.matMul(b), "MatMul: expected [*, 17] x [17, *], got [64, 17] x [16, 100]");
        says(() -> a.gemm(b, b), "Gemm: expected [*, 17] x [17, *], got [64, 17] x [16, 100]");
        says(() -> a.gemm(a.transpose(1, 0), b), "Gemm: expected a bias that broadcasts to [64, 64], got [16, 100]");
        says(() -> a.add(b), "Add: expected shapes that broadcast, got [64, 17] and [16, 100]");
        says(() -> a.mul(batch), "Mul: expected shapes that broadcast, got [64, 17] and [*, 17]");
        says(() -> a.add(index), "Add: expected two tensors of one type, got FLOAT [64, 17] and INT64 [*]");
        says(() -> index.exp(), "Exp: expected FLOAT, got INT64 of shape [*]");
        says(
                () -> a.reshape(Shape.of(3, 5)),
                "Reshape: expected a shape with as many elements as [64, 17], got [3, 5]");
        says(() -> a.sum(2), "ReduceSum: expected an axis from -2 to 1, got 2 for shape [64, 17]");
        says(() -> a.split(1, 8, 8), "Split: expected sizes adding up to axis 1 of [64, 17], got [8, 8]");
        says(
                () -> Tensor.concat(1, List.of(a, b)),
                "Concat: expected FLOAT [64, 17] but for axis 1, got FLOAT [16, 100]");
        says(() -> a.gather(0, b), "Gather: expected INT64 indices, got FLOAT [16, 100] into [64, 17]");
        says(() -> a.expand(Shape.of(64, 18)), "Expand: expected shapes that broadcast, got [64, 17] and [64, 18]");
        says(() -> a.slice(0, 3, 65), "Slice: expected 0 <= from < to <= size on axis 0 of [64, 17], got 3 to 65");
        says(() -> Gradient.of(a, List.of(a)), "Gradient: expected a FLOAT loss of one element, got FLOAT [64, 17]");
    }

    @Test
    void shapesAreInferred() {
        assertThat(batch.gemm(graph.constant(new float[34], Shape.of(17, 2)), graph.constant(new float[2], Shape.of(2)))
                        .shape())
                .hasToString("[*, 2]");
        assertThat(batch.mean(0).shape()).hasToString("[17]");
        assertThat(batch.mean(true, 0).shape()).hasToString("[1, 17]");
        assertThat(batch.sum().shape()).hasToString("[]");
        assertThat(a.gather(0, index).shape()).hasToString("[*, 17]");
        assertThat(batch.reshape(Shape.of(Shape.UNKNOWN, 17, 1)).shape()).hasToString("[*, 17, 1]");
        assertThat(index.oneHot(6).shape()).hasToString("[*, 6]");
    }

    @Test
    void theSameOperatorOnTheSameTensorsIsTheSameTensor() {
        assertThat(a.exp().mul(2)).isSameAs(a.exp().mul(2));
        assertThat(a.neg().neg()).isSameAs(a);
        assertThat(a.mul(1).add(0)).isSameAs(a);
    }

    @Test
    void theGradientOfASplitIsOneConcat() {
        Tensor theta = graph.input("theta", ElementType.FLOAT, Shape.of(6));
        List<Tensor> parts = theta.split(0, 2, 3, 1);
        Tensor loss = parts.get(0).exp().sum().add(parts.get(2).tanh().sum());
        Tensor gradient = Gradient.of(loss, List.of(theta)).get(0);
        assertThat(gradient.toString()).contains("Concat FLOAT [6]");
    }

    private static void says(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
