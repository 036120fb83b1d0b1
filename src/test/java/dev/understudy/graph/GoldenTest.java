package dev.understudy.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses, gradients and Hessian-vector products against PyTorch's, made once by make_golden.py. */
final class GoldenTest {
    private static final Map<String, float[]> GOLDEN = read();

    private interface Loss extends Function<List<Tensor>, Tensor> {}

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        cases.add(Arguments.of("gaussian", List.of(Shape.of(48)), (Loss) in -> gaussian(in.get(0))));
        cases.add(Arguments.of("categorical", List.of(Shape.of(51)), (Loss) in -> categorical(in.get(0))));
        add(cases, "neg", a -> a.mul(a).neg());
        add(cases, "exp", Tensor::exp);
        add(cases, "tanh", Tensor::tanh);
        add(cases, "sigmoid", Tensor::sigmoid);
        add(cases, "softplus", Tensor::softplus);
        add(cases, "relu", a -> a.relu().mul(a));
        add(cases, "abs", a -> a.abs().mul(a));
        add(cases, "softmax", a -> a.softmax(1));
        add(cases, "logSoftmax", a -> a.logSoftmax(1));
        add(cases, "clip", a -> a.clip(-0.5f, 0.5f).mul(a));
        add(cases, "log", a -> a.mul(a).add(1).log());
        add(cases, "sqrt", a -> a.mul(a).add(1).sqrt());
        add(cases, "pow", a -> a.mul(a).add(1).pow(1.7f));
        add(cases, "sum", a -> a.exp().sum(true, 0).mul(a));
        add(cases, "mean", a -> a.sub(a.mean(true, 1)).pow(2));
        add(cases, "max", a -> a.max(true, 1).mul(a));
        add(
                cases,
                "transpose",
                a -> a.exp().reshape(Shape.of(4, 3)).transpose(1, 0).tanh().softmax(0));
        add(
                cases,
                "slice",
                a -> Tensor.concat(
                        1, List.of(a.slice(1, 2, 4).exp(), a.slice(1, 0, 2).tanh())));
        add(cases, "gather", a -> a.exp().gather(0, a.graph().vector(2, 0, 2)).pow(2));
        add(cases, "expand", a -> a.exp().sum(true, 1).expand(Shape.of(3, 4)).pow(2));
        addTwo(cases, "add", (a, b) -> a.add(b).exp());
        addTwo(cases, "sub", (a, b) -> a.sub(b).exp());
        addTwo(cases, "mul", (a, b) -> a.mul(b).exp());
        addTwo(cases, "div", (a, b) -> a.div(b.mul(b).add(1)));
        addTwo(cases, "min", (a, b) -> a.min(b).exp());
        addTwo(cases, "maximum", (a, b) -> a.max(b).exp());
        addTwo(cases, "where", (a, b) -> Tensor.where(a.less(a.graph().constant(0)), a.exp(), b.exp()));
        Loss product = in -> weighted(in.get(0).matMul(in.get(1)).tanh());
        cases.add(Arguments.of("matMul", List.of(Shape.of(3, 2), Shape.of(2, 4)), product));
        cases.add(Arguments.of("batched", List.of(Shape.of(2, 3, 2), Shape.of(2, 2, 4)), product));
        return cases.stream();
    }

    private interface Unary {
        Tensor apply(Tensor a);
    }

    private interface Binary {
        Tensor apply(Tensor a, Tensor b);
    }

    private static void add(List<Arguments> cases, String name, Unary operator) {
        cases.add(Arguments.of(name, List.of(Shape.of(3, 4)), (Loss) in -> weighted(operator.apply(in.get(0)))));
    }

    private static void addTwo(List<Arguments> cases, String name, Binary operator) {
        cases.add(Arguments.of(name, List.of(Shape.of(3, 4), Shape.of(4)), (Loss)
                in -> weighted(operator.apply(in.get(0), in.get(1)))));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithTheReference(String name, List<Shape> shapes, Loss build) {
        Graph graph = new Graph();
        Map<String, float[]> values = new HashMap<>();
        List<Tensor> inputs = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            inputs.add(graph.input("x" + i, ElementType.FLOAT, shapes.get(i)));
            values.put("x" + i, golden(name, "x" + i));
            values.put("v" + i, golden(name, "v" + i));
        }
        Tensor loss = build.apply(inputs);
        List<Tensor> gradients = Gradient.of(loss, inputs);
        Tensor dot = graph.constant(0);
        for (int i = 0; i < inputs.size(); i++) {
            dot = dot.add(gradients
                    .get(i)
                    .mul(graph.input("v" + i, ElementType.FLOAT, shapes.get(i)))
                    .sum());
        }
        List<Tensor> products = Gradient.of(dot, inputs);
        close(name + " loss", Evaluation.of(loss, values), golden(name, "loss"));
        for (int i = 0; i < inputs.size(); i++) {
            close(name + " gradient", Evaluation.of(gradients.get(i), values), golden(name, "g" + i));
            close(name + " Hessian-vector product", Evaluation.of(products.get(i), values), golden(name, "h" + i));
        }
    }

    private static Tensor gaussian(Tensor theta) {
        Graph graph = theta.graph();
        List<Tensor> parts = theta.split(0, 46, 2);
        Tensor logStd = parts.get(1);
        Tensor mean = TrainingStepTiming.network(
                parts.get(0), graph.constant(golden("data", "x"), Shape.of(5, 3)), 3, 4, 4, 2);
        Tensor actions = graph.constant(golden("data", "actions"), Shape.of(5, 2));
        Tensor z = actions.sub(mean).mul(logStd.neg().exp());
        return z.pow(2)
                .mul(0.5f)
                .add(logStd)
                .add((float) (0.5 * Math.log(2 * Math.PI)))
                .sum(1)
                .mean();
    }

    private static Tensor categorical(Tensor theta) {
        Graph graph = theta.graph();
        Tensor logits =
                TrainingStepTiming.network(theta, graph.constant(golden("data", "x"), Shape.of(5, 3)), 3, 4, 4, 3);
        Tensor expert = graph.constant(new long[] {0, 2, 1, 2, 0}, Shape.of(5)).oneHot(3);
        return logits.logSoftmax(1).mul(expert).sum(1).mean().neg();
    }

    private static Tensor weighted(Tensor output) {
        float[] weights = new float[12];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) (0.5 + i / 11.0);
        }
        return output.mul(output.graph().constant(weights, Shape.of(3, 4))).sum();
    }

    private static void close(String what, float[] actual, float[] expected) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            assertThat(actual[i])
                    .as("%s element %d", what, i)
                    .isCloseTo(expected[i], within(2e-5f + 2e-5f * Math.abs(expected[i])));
        }
    }

    private static float[] golden(String name, String quantity) {
        return Objects.requireNonNull(GOLDEN.get(name + "," + quantity), name + "," + quantity);
    }

    private static Map<String, float[]> read() {
        Map<String, float[]> golden = new HashMap<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(GoldenTest.class.getResourceAsStream("golden.csv"), "golden.csv"),
                StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                int comma = line.lastIndexOf(',');
                String[] words = line.substring(comma + 1).split(" ", -1);
                float[] values = new float[words.length];
                for (int i = 0; i < words.length; i++) {
                    values[i] = Float.parseFloat(words[i]);
                }
                golden.put(line.substring(0, comma), values);
            }
        } catch (IOException e) {
            throw new IllegalStateException("could not read golden.csv", e);
        }
        return golden;
    }
}
