package dev.understudy.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The one signature every policy has: input {@code observation} float32 {@code [batch, n]}; outputs {@code action},
 * {@code mode}, {@code mean} and {@code logStd}, float32 {@code [batch, k]}.
 */
record ModelSignature(int observationSize, int actionSize) {

    void check(GraphProto graph) {
        names("inputs", graph.getInputList(), List.of(LoadedPolicy.OBSERVATION));
        names("outputs", graph.getOutputList(), LoadedPolicy.OUTPUTS);
        graph.getInputList().forEach(input -> type(input, observationSize));
        graph.getOutputList().forEach(output -> type(output, actionSize));
    }

    /** Returns the shape every output must have when {@code rows} observations come in. */
    Map<String, long[]> outputs(int rows) {
        Map<String, long[]> shapes = new HashMap<>();
        LoadedPolicy.OUTPUTS.forEach(name -> shapes.put(name, new long[] {rows, actionSize}));
        return shapes;
    }

    private static void names(String what, List<ValueInfoProto> found, List<String> expected) {
        TreeSet<String> names = new TreeSet<>();
        found.forEach(value -> names.add(value.getName()));
        if (found.size() != expected.size() || !names.equals(new TreeSet<>(expected))) {
            throw new InvalidModelException("expected %s %s, got %s".formatted(what, expected, names));
        }
    }

    private static void type(ValueInfoProto value, int size) {
        TypeProto.Tensor tensor = value.getType().getTensorType();
        List<Dimension> dimensions = tensor.getShape().getDimList();
        boolean fits = value.getType().hasTensorType()
                && tensor.getElemType() == TensorProto.DataType.FLOAT_VALUE
                && dimensions.size() == 2
                && !dimensions.get(0).hasDimValue()
                && dimensions.get(1).getDimValue() == size;
        if (!fits) {
            throw new InvalidModelException("expected %s to be FLOAT [batch, %d], got %s"
                    .formatted(value.getName(), size, describe(value.getType())));
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
