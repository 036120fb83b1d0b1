package dev.understudy.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.understudy.data.Rows;
import dev.understudy.environment.ActionSpace;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The signature of a policy: input {@code observation} float32 or uint8 {@code [batch, n]}; the outputs follow from its
 * actions.
 *
 * <ul>
 *   <li>Numbers: {@code action}, {@code mode}, {@code mean} and {@code logStd}, float32 {@code [batch, k]}.
 *   <li>Choices: {@code action} and {@code mode}, int64 {@code [batch]}; {@code logits}, float32 {@code [batch,
 *       count]}.
 * </ul>
 */
record ModelSignature(Rows.Type observationType, int observationSize, ActionSpace space) {
    /**
     * An output.
     *
     * @param columns its width; 0 for the index of a choice, which is a whole number for each row
     */
    record Output(String name, int columns) {
        private TensorProto.DataType type() {
            return isChoice() ? TensorProto.DataType.INT64 : TensorProto.DataType.FLOAT;
        }

        boolean isChoice() {
            return columns == 0;
        }

        /** Returns how many numbers there are for a row. */
        int numbers() {
            return Math.max(1, columns);
        }

        long[] shape(long rows) {
            return isChoice() ? new long[] {rows} : new long[] {rows, columns};
        }
    }

    /** Returns the outputs of a policy with these actions. */
    static List<Output> outputs(ActionSpace actions) {
        if (actions instanceof ActionSpace.Discrete discrete) {
            return List.of(
                    new Output(LoadedPolicy.ACTION, 0),
                    new Output(LoadedPolicy.MODE, 0),
                    new Output(LoadedPolicy.LOGITS, discrete.count()));
        }
        return Stream.of(LoadedPolicy.ACTION, LoadedPolicy.MODE, LoadedPolicy.MEAN, LoadedPolicy.LOG_STD)
                .map(name -> new Output(name, actions.size()))
                .toList();
    }

    void check(GraphProto graph) {
        names("inputs", graph.getInputList(), List.of(LoadedPolicy.OBSERVATION));
        Map<String, Output> outputs = new LinkedHashMap<>();
        outputs(space).forEach(output -> outputs.put(output.name(), output));
        names("outputs", graph.getOutputList(), List.copyOf(outputs.keySet()));
        TensorProto.DataType observed =
                observationType == Rows.Type.UINT8 ? TensorProto.DataType.UINT8 : TensorProto.DataType.FLOAT;
        graph.getInputList()
                .forEach(input -> type(input, observed, new Output(LoadedPolicy.OBSERVATION, observationSize)));
        graph.getOutputList().forEach(value -> {
            Output output = Objects.requireNonNull(outputs.get(value.getName()));
            type(value, output.type(), output);
        });
    }

    /** Returns the shape every output must have when {@code rows} observations come in. */
    Map<String, long[]> outputs(int rows) {
        Map<String, long[]> shapes = new HashMap<>();
        outputs(space).forEach(output -> shapes.put(output.name(), output.shape(rows)));
        return shapes;
    }

    private static void names(String what, List<ValueInfoProto> found, List<String> expected) {
        TreeSet<String> names = new TreeSet<>();
        found.forEach(value -> names.add(value.getName()));
        if (found.size() != expected.size() || !names.equals(new TreeSet<>(expected))) {
            throw new InvalidModelException("expected %s %s, got %s".formatted(what, expected, names));
        }
    }

    private static void type(ValueInfoProto value, TensorProto.DataType elements, Output expected) {
        TypeProto.Tensor tensor = value.getType().getTensorType();
        List<Dimension> dimensions = tensor.getShape().getDimList();
        boolean fits = value.getType().hasTensorType()
                && tensor.getElemType() == elements.getNumber()
                && dimensions.size() == expected.shape(1).length
                && !dimensions.get(0).hasDimValue()
                && (expected.isChoice() || dimensions.get(1).getDimValue() == expected.columns());
        if (!fits) {
            throw new InvalidModelException("expected %s to be %s, got %s"
                    .formatted(
                            value.getName(),
                            expected.isChoice()
                                    ? "INT64 [batch]"
                                    : "%s [batch, %d]".formatted(elements, expected.columns()),
                            describe(value.getType())));
        }
    }

    private static String describe(TypeProto type) {
        if (!type.hasTensorType()) {
            return "something that is not a tensor";
        }
        StringBuilder text = new StringBuilder();
        TensorProto.DataType element =
                TensorProto.DataType.forNumber(type.getTensorType().getElemType());
        text.append(element).append(" [");
        String separator = "";
        for (Dimension dimension : type.getTensorType().getShape().getDimList()) {
            text.append(separator)
                    .append(dimension.hasDimValue() ? Long.toString(dimension.getDimValue()) : dimension.getDimParam());
            separator = ", ";
        }
        return text.append(']').toString();
    }
}
