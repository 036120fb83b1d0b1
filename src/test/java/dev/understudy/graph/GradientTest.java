package dev.understudy.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operator's first and second derivative against central differences: of a random weighting of its output, and of
 * a random weighting of the gradient of that.
 */
final class GradientTest {
    private static final float STEP = 1e-2f;

    /** Makes the operator's output from the inputs x (and y). */
    private record Case(
            String name, List<Shape> shapes, double low, double high, Function<List<Tensor>, Tensor> build) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Arguments> operators() {
        List<Case> cases = new ArrayList<>();
        Shape matrix = Shape.of(3, 4);
        unary(cases, "Neg", matrix, -2, 2, Tensor::neg);
        unary(cases, "Exp", matrix, -1, 1, Tensor::exp);
        unary(cases, "Log", matrix, 0.5, 2, Tensor::log);
        unary(cases, "Sqrt", matrix, 0.5, 2, Tensor::sqrt);
        unary(cases, "Pow 3", matrix, 0.5, 1.5, x -> x.pow(3));
        unary(cases, "Pow 2", matrix, -1, 1, x -> x.pow(2));
        unary(cases, "Pow -1", matrix, 0.7, 1.5, x -> x.pow(-1));
        unary(cases, "Pow 1.5", matrix, 0.5, 1.5, x -> x.pow(1.5f));
        unary(cases, "Abs above", matrix, 0.1, 2, x -> x.abs().mul(x));
        unary(cases, "Abs below", matrix, -2, -0.1, x -> x.abs().mul(x));
        unary(cases, "Tanh", matrix, -1, 1, Tensor::tanh);
        unary(cases, "Sigmoid", matrix, -2, 2, Tensor::sigmoid);
        unary(cases, "Relu above", matrix, 0.1, 1, x -> x.relu().mul(x));
        unary(cases, "Relu below", matrix, -1, -0.1, x -> x.relu().mul(x));
        unary(cases, "Softplus", matrix, -2, 2, Tensor::softplus);
        unary(cases, "Softmax rows", matrix, -1, 1, x -> x.softmax(1));
        unary(cases, "Softmax columns", matrix, -1, 1, x -> x.softmax(0));
        unary(cases, "LogSoftmax rows", matrix, -1, 1, x -> x.logSoftmax(-1));
        unary(cases, "LogSoftmax columns", matrix, -1, 1, x -> x.logSoftmax(0));
        unary(cases, "Clip inside", matrix, -1, 1, x -> x.clip(-2, 2).mul(x));
        unary(cases, "Clip outside", matrix, 1.1, 2, x -> x.clip(-1, 1).mul(x));
        unary(cases, "ReduceSum all", matrix, -1, 1, x -> x.mul(x).sum());
        unary(cases, "ReduceSum rows", matrix, -1, 1, x -> x.mul(x).sum(1));
        unary(cases, "ReduceSum kept", matrix, -1, 1, x -> x.mul(x).sum(true, 0).mul(x));
        unary(cases, "ReduceMean all", matrix, -1, 1, x -> x.mul(x).mean());
        unary(cases, "ReduceMean columns", matrix, -1, 1, x -> x.mul(x).mean(0).exp());
        unary(cases, "ReduceMean kept", matrix, -1, 1, x -> x.sub(x.mean(true, 1))
                .pow(2));
        unary(cases, "Reshape", matrix, -1, 1, x -> x.exp()
                .reshape(Shape.of(2, 6))
                .softmax(1));
        unary(cases, "Transpose", matrix, -1, 1, x -> x.transpose(1, 0).softmax(1));
        unary(cases, "Transpose 3", Shape.of(2, 3, 4), -1, 1, x -> x.exp()
                .transpose(2, 0, 1)
                .softmax(2));
        unary(cases, "Slice", matrix, -1, 1, x -> x.slice(1, 1, 3).exp());
        unary(cases, "Split one part", matrix, -1, 1, x -> x.split(1, 1, 3)
                .get(1)
                .exp());
        unary(cases, "Split", Shape.of(6), -1, 1, x -> {
            List<Tensor> parts = x.split(0, 2, 3, 1);
            return parts.get(0).exp().mul(parts.get(2)).sum().mul(parts.get(1).tanh());
        });
        unary(cases, "Gather", Shape.of(4, 3), -1, 1, x -> x.exp()
                .gather(0, x.graph().vector(2, 0, 2))
                .softmax(1));
        unary(cases, "Gather last", Shape.of(2, 5), -1, 1, x -> x.exp()
                .gather(1, x.graph().constant(new long[] {4, 0, 0, 1}, Shape.of(2, 2)))
                .pow(2));
        unary(cases, "Gather middle", Shape.of(2, 3, 2), -1, 1, x -> x.exp()
                .gather(1, x.graph().vector(2, 2))
                .pow(2));
        unary(cases, "Expand", Shape.of(3, 1), -1, 1, x -> x.exp()
                .expand(Shape.of(2, 3, 4))
                .pow(2));
        unary(cases, "Cast", matrix, -1, 1, x -> x.exp().cast(ElementType.FLOAT));
        unary(cases, "Gemm with itself", Shape.of(3, 3), -1, 1, x -> x.matMul(x));
        for (Shape other :
                List.of(matrix, Shape.of(4), Shape.of(3, 1), Shape.of(1, 4), Shape.of(), Shape.of(2, 1, 4))) {
            binary(cases, "Add", matrix, other, (x, y) -> x.add(y).exp());
            binary(cases, "Sub", other, matrix, (x, y) -> x.sub(y).exp());
            binary(cases, "Mul", matrix, other, (x, y) -> x.mul(y).exp());
            binary(cases, "Div", other, matrix, (x, y) -> x.div(y.add(2.5f)).exp());
            binary(cases, "Div by", matrix, other, (x, y) -> x.div(y.add(2.5f)));
            binary(cases, "Min", matrix, other, (x, y) -> x.mul(0.1f)
                    .min(y.add(2))
                    .exp());
            binary(cases, "Max", matrix, other, (x, y) -> x.mul(0.1f)
                    .max(y.add(2))
                    .exp());
            binary(
                    cases,
                    "Where",
                    matrix,
                    other,
                    (x, y) -> Tensor.where(x.stopGradient().less(x.graph().constant(-5)), x.exp(), y.exp()));
        }
        binary(cases, "MatMul", matrix, Shape.of(4, 2), (x, y) -> x.matMul(y).tanh());
        binary(cases, "MatMul flat", Shape.of(2, 3, 4), Shape.of(4, 2), (x, y) -> x.matMul(y)
                .tanh());
        binary(cases, "MatMul batched", Shape.of(2, 3, 4), Shape.of(2, 4, 2), (x, y) -> x.matMul(y)
                .tanh());
        binary(cases, "MatMul broadcast", Shape.of(3, 4), Shape.of(2, 4, 2), (x, y) -> x.matMul(y)
                .tanh());
        binary(cases, "Gemm bias", Shape.of(3, 2), Shape.of(2), (x, y) -> x.gemm(
                        x.graph().constant(new float[] {1, 2, -1, 0.5f}, Shape.of(2, 2)), y)
                .tanh());
        for (boolean a : new boolean[] {false, true}) {
            for (boolean b : new boolean[] {false, true}) {
                binary(
                        cases,
                        "Gemm " + a + b,
                        a ? Shape.of(4, 3) : matrix,
                        b ? Shape.of(2, 4) : Shape.of(4, 2),
                        (x, y) -> Products.gemm(x, y, null, a, b).tanh());
            }
        }
        binary(cases, "Concat rows", Shape.of(2, 3), Shape.of(1, 3), (x, y) -> Tensor.concat(0, List.of(x, y))
                .softmax(0));
        binary(cases, "Concat columns", Shape.of(2, 3), Shape.of(2, 1), (x, y) -> Tensor.concat(1, List.of(x, y))
                .softmax(1));
        return cases.stream().map(Arguments::of);
    }

    private interface Binary {
        Tensor apply(Tensor x, Tensor y);
    }

    private static void unary(
            List<Case> cases, String name, Shape shape, double low, double high, UnaryOperator<Tensor> build) {
        cases.add(new Case(name + " " + shape, List.of(shape), low, high, in -> build.apply(in.get(0))));
    }

    private static void binary(List<Case> cases, String name, Shape a, Shape b, Binary build) {
        cases.add(new Case(name + " " + a + " " + b, List.of(a, b), -1, 1, in -> build.apply(in.get(0), in.get(1))));
    }

    @ParameterizedTest
    @MethodSource("operators")
    void firstAndSecondDerivativeAgreeWithCentralDifferences(Case operator) {
        long seed = operator.name().hashCode();
        check(operator, operator.shapes(), seed);
    }

    @ParameterizedTest
    @MethodSource("operators")
    void derivativesAreTheSameWhenTheBatchIsUnknown(Case operator) {
        List<Shape> unknown = new ArrayList<>();
        for (Shape shape : operator.shapes()) {
            boolean batch = shape.rank() == 2
                    && shape.dim(0) == 3
                    && !operator.name().startsWith("Reshape")
                    && !operator.name().contains("itself")
                    && !operator.name().startsWith("Expand");
            unknown.add(batch ? shape.with(0, Shape.UNKNOWN) : shape);
        }
        if (!unknown.equals(operator.shapes())) {
            check(operator, unknown, operator.name().hashCode());
        }
    }

    private static void check(Case operator, List<Shape> declared, long seed) {
        String at = operator.name() + " seed " + seed;
        SplittableRandom random = new SplittableRandom(seed);
        Graph graph = new Graph();
        List<Tensor> inputs = new ArrayList<>();
        Map<String, float[]> values = new LinkedHashMap<>();
        for (int i = 0; i < declared.size(); i++) {
            inputs.add(graph.input("x" + i, ElementType.FLOAT, declared.get(i)));
            values.put("x" + i, random((int) operator.shapes().get(i).size(), operator.low(), operator.high(), random));
        }
        Tensor output = operator.build().apply(inputs);
        Tensor weights = graph.input("weights", ElementType.FLOAT, knownPart(output.shape()));
        values.put("weights", random((int) weights.shape().size(), 0.5, 1.5, random));
        Tensor first = output.mul(weights).sum();
        List<Tensor> gradients = Gradient.of(first, inputs);
        agree(at + " first", first, inputs, gradients, values);

        Tensor second = graph.constant(0);
        for (int i = 0; i < inputs.size(); i++) {
            assertThat(gradients.get(i).shape()).isEqualTo(inputs.get(i).shape());
            Tensor direction = graph.input("v" + i, ElementType.FLOAT, declared.get(i));
            values.put("v" + i, random((int) operator.shapes().get(i).size(), 0.5, 1.5, random));
            second = second.add(gradients.get(i).mul(direction).sum());
        }
        agree(at + " second", second, inputs, Gradient.of(second, inputs), values);
    }

    private static void agree(
            String at, Tensor loss, List<Tensor> inputs, List<Tensor> gradients, Map<String, float[]> values) {
        try (Program program =
                Program.builder(loss.graph()).output("loss", loss).build()) {
            for (int i = 0; i < inputs.size(); i++) {
                float[] gradient = Evaluation.of(gradients.get(i), values);
                float[] x = Objects.requireNonNull(values.get(inputs.get(i).name()));
                assertThat(gradient).as(at).hasSameSizeAs(x);
                for (int k = 0; k < x.length; k++) {
                    float before = x[k];
                    x[k] = before + STEP;
                    double above = loss(program, values);
                    double width = x[k];
                    x[k] = before - STEP;
                    double below = loss(program, values);
                    width -= x[k];
                    x[k] = before;
                    double expected = (above - below) / width;
                    assertThat((double) gradient[k])
                            .as("%s input %d element %d", at, i, k)
                            .isCloseTo(expected, within(3e-3 + 5e-3 * Math.abs(expected)));
                }
            }
        }
    }

    private static double loss(Program program, Map<String, float[]> values) {
        Feeds feeds = new Feeds();
        program.inputNames().forEach(name -> feeds.floats(name, Objects.requireNonNull(values.get(name))));
        try (Result result = program.run(feeds)) {
            return result.scalar("loss");
        }
    }

    /** Returns the shape with 1 for what is unknown, so that it broadcasts. */
    private static Shape knownPart(Shape shape) {
        return Shape.of(LongStream.of(shape.dims()).map(dim -> Math.max(1, dim)).toArray());
    }

    private static float[] random(int size, double low, double high, SplittableRandom random) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextDouble(low, high);
        }
        return values;
    }

    @Test
    void equalMaximaShareTheGradient() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", ElementType.FLOAT, Shape.of(2, 3));
        Tensor gradient = Gradient.of(x.max(1).sum(), List.of(x)).get(0);
        assertThat(Evaluation.of(gradient, Map.of("x", new float[] {1, 3, 3, 5, 4, 2})))
                .containsExactly(0, 0.5f, 0.5f, 1, 0, 0);
    }

    @Test
    void theFirstOfEqualOperandsTakesTheGradientOfMinAndMax() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", ElementType.FLOAT, Shape.of(3));
        Tensor y = graph.constant(new float[] {1, 2, 3}, Shape.of(3));
        Map<String, float[]> values = Map.of("x", new float[] {0, 2, 4});
        assertThat(Evaluation.of(Gradient.of(x.min(y).sum(), List.of(x)).get(0), values))
                .containsExactly(1, 1, 0);
        assertThat(Evaluation.of(Gradient.of(x.max(y).sum(), List.of(x)).get(0), values))
                .containsExactly(0, 1, 1);
    }

    @Test
    void nothingFlowsThroughStopGradientComparisonsOrIndices() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 3));
        Tensor oneHot = x.argMax(1).oneHot(3);
        Tensor loss = x.stopGradient().mul(x).add(oneHot).sum();
        Tensor gradient = Gradient.of(loss, List.of(x)).get(0);
        float[] values = {1, 2, 3, 6, 5, 4};
        assertThat(Evaluation.of(gradient, Map.of("x", values))).containsExactly(values);
        assertThat(Evaluation.of(oneHot, Map.of("x", values))).containsExactly(0, 0, 1, 1, 0, 0);
    }

    @Test
    void whatTheLossDoesNotDependOnHasZeroGradient() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 2));
        Tensor y = graph.input("y", ElementType.FLOAT, Shape.of(2));
        List<Tensor> gradients = Gradient.of(y.sum(), List.of(x, y));
        assertThat(Evaluation.of(gradients.get(0), Map.of("x", new float[] {1, 2, 3, 4})))
                .containsExactly(0, 0, 0, 0);
        assertThat(Evaluation.of(gradients.get(1), Map.of())).containsExactly(1, 1);
    }

    @Test
    void fiftyUnrolledStepsAreBuiltAndDifferentiatedTwiceInUnderASecond() {
        long start = System.nanoTime();
        Graph graph = new Graph();
        Tensor theta = graph.input("theta", ElementType.FLOAT, Shape.of(3 * 65));
        Tensor state = graph.input("state", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 8));
        Tensor loss = graph.constant(0);
        for (int step = 0; step < 50; step++) {
            List<Tensor> parts = theta.split(0, 64, 1, 64, 1, 64, 1);
            for (int layer = 0; layer < 3; layer++) {
                state = state.gemm(parts.get(2 * layer).reshape(Shape.of(8, 8)), parts.get(2 * layer + 1))
                        .tanh();
            }
            loss = loss.add(state.pow(2).mean());
        }
        Tensor gradient = Gradient.of(loss, List.of(theta)).get(0);
        Tensor product = Gradient.of(gradient.mul(theta.stopGradient()).sum(), List.of(theta))
                .get(0);
        byte[] model = graph.toModel(Map.of("product", product));
        double seconds = (System.nanoTime() - start) / 1e9;
        assertThat(model).isNotEmpty();
        assertThat(graph.nodes()).hasSizeGreaterThan(2000);
        assertThat(seconds).isLessThan(1);
    }
}
