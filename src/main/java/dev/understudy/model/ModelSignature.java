package dev.understudy.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.understudy.data.Rows;
import dev.understudy.environment.ActionSpace;
import dev.understudy.policy.ChunkedPolicy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The inputs and outputs of a model, which follow from what a policy does.
 *
 * <ul>
 *   <li>Numbers: input {@code observation} float32 or uint8 {@code [batch, n]}; outputs {@code action}, {@code mode},
 *       {@code mean} and {@code logStd}, float32 {@code [batch, k]}.
 *   <li>Choices: the same input; outputs {@code action} and {@code mode}, int64 {@code [batch]}; {@code logits},
 *       float32 {@code [batch, count]}.
 *   <li>Either, of a policy of the next actions at once, has the further output {@code chunk}, float32 {@code [batch,
 *       columns]}: see {@link ChunkedPolicy}.
 *   <li>Texts, one token after another: inputs {@code token}, int64 {@code [batch]}, and {@code state}, float32
 *       {@code [batch, d]}; outputs {@code logits}, float32 {@code [batch, vocabulary]}, and {@code nextState}, as
 *       {@code state}. How wide they are, the model says.
 *   <li>Rewards: input {@code observation} float32 {@code [batch, n]} and, where they read actions, {@code action}
 *       float32 {@code [batch, columns]}; output {@code reward}, float32 {@code [batch, 1]}.
 *   <li>Texts, chosen at once: input {@code features}, int64 {@code [batch, n]}; one or two outputs, float32
 *       {@code [batch, columns]}. Their names and widths, the model says; whoever loads it knows them.
 * </ul>
 */
record ModelSignature(List<Value> inputs, List<Value> outputs) {
    private static final int WIDEST = 1 << 16;
    private static final int MOST_OUTPUTS = 2;

    /** An input or output; {@code columns} is its width, 0 for one whole number for each row. */
    record Value(String name, TensorProto.DataType type, int columns) {
        private long[] shape(long rows) {
            return columns == 0 ? new long[] {rows} : new long[] {rows, columns};
        }

        private Form form() {
            Form.Type element = type == TensorProto.DataType.FLOAT
                    ? Form.Type.FLOAT
                    : type == TensorProto.DataType.UINT8 ? Form.Type.UINT8 : Form.Type.INT64;
            return new Form(element, true, columns == 0 ? new int[0] : new int[] {columns}, null);
        }
    }

    /**
     * An output.
     *
     * @param columns its width; 0 for the index of a choice, which is a whole number for each row
     */
    record Output(String name, int columns) {
        boolean isChoice() {
            return columns == 0;
        }

        /** Returns how many numbers there are for a row. */
        int numbers() {
            return Math.max(1, columns);
        }

        long[] shape(long rows) {
            return value().shape(rows);
        }

        private Value value() {
            return new Value(name, isChoice() ? TensorProto.DataType.INT64 : TensorProto.DataType.FLOAT, columns);
        }
    }

    /** Returns the signature that a graph must have. */
    static ModelSignature of(Rows.Type observationType, int observationSize, ActionSpace actions, GraphProto graph) {
        if (actions instanceof ActionSpace.Text && has(FeaturePolicy.FEATURES, graph.getInputList())) {
            return ofFeatures(graph);
        }
        if (actions instanceof ActionSpace.Text) {
            int d = width(AutoregressivePolicy.STATE, graph.getInputList());
            int vocabulary = width(AutoregressivePolicy.LOGITS, graph.getOutputList());
            return new ModelSignature(
                    List.of(
                            new Value(AutoregressivePolicy.TOKEN, TensorProto.DataType.INT64, 0),
                            new Value(AutoregressivePolicy.STATE, TensorProto.DataType.FLOAT, d)),
                    List.of(
                            new Value(AutoregressivePolicy.LOGITS, TensorProto.DataType.FLOAT, vocabulary),
                            new Value(AutoregressivePolicy.NEXT_STATE, TensorProto.DataType.FLOAT, d)));
        }
        TensorProto.DataType observed =
                observationType == Rows.Type.UINT8 ? TensorProto.DataType.UINT8 : TensorProto.DataType.FLOAT;
        return new ModelSignature(
                List.of(new Value(LoadedPolicy.OBSERVATION, observed, observationSize)),
                Stream.concat(outputs(actions).stream().map(Output::value), chunk(actions, graph).stream())
                        .toList());
    }

    /** Returns the output of the next actions, where a graph has one: as wide as some number of actions. */
    private static List<Value> chunk(ActionSpace actions, GraphProto graph) {
        if (!has(ChunkedPolicy.CHUNK, graph.getOutputList())) {
            return List.of();
        }
        int width = width(ChunkedPolicy.CHUNK, graph.getOutputList());
        if (width % actions.policyOutputs() != 0) {
            throw new InvalidModelException("expected a %s of a multiple of %d columns, got %d"
                    .formatted(ChunkedPolicy.CHUNK, actions.policyOutputs(), width));
        }
        return List.of(new Value(ChunkedPolicy.CHUNK, TensorProto.DataType.FLOAT, width));
    }

    /**
     * Returns the signature of a reward.
     *
     * @param actionColumns of an encoded action; 0 where actions are not read
     */
    static ModelSignature ofReward(int observationSize, int actionColumns) {
        Value observation = new Value(LoadedPolicy.OBSERVATION, TensorProto.DataType.FLOAT, observationSize);
        Value action = new Value(LoadedPolicy.ACTION, TensorProto.DataType.FLOAT, actionColumns);
        return new ModelSignature(
                actionColumns == 0 ? List.of(observation) : List.of(observation, action),
                List.of(new Value(LoadedReward.REWARD, TensorProto.DataType.FLOAT, 1)));
    }

    private static boolean has(String name, List<ValueInfoProto> values) {
        return values.stream().anyMatch(value -> value.getName().equals(name));
    }

    private static ModelSignature ofFeatures(GraphProto graph) {
        List<ValueInfoProto> outputs = graph.getOutputList();
        if (outputs.isEmpty() || outputs.size() > MOST_OUTPUTS) {
            throw new InvalidModelException("expected 1 to %d outputs, got %d".formatted(MOST_OUTPUTS, outputs.size()));
        }
        return new ModelSignature(
                List.of(new Value(
                        FeaturePolicy.FEATURES,
                        TensorProto.DataType.INT64,
                        width(FeaturePolicy.FEATURES, graph.getInputList()))),
                outputs.stream()
                        .map(value ->
                                new Value(value.getName(), TensorProto.DataType.FLOAT, width(value.getName(), outputs)))
                        .toList());
    }

    /** Returns the outputs of a policy of numbers or choices. */
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

    /** Returns the width that a graph declares of a value; 1 where it declares none, which then does not fit. */
    private static int width(String name, List<ValueInfoProto> values) {
        for (ValueInfoProto value : values) {
            List<Dimension> dimensions =
                    value.getType().getTensorType().getShape().getDimList();
            if (value.getName().equals(name) && dimensions.size() == 2) {
                return (int) Math.max(1, Math.min(WIDEST, dimensions.get(1).getDimValue()));
            }
        }
        return 1;
    }

    void check(GraphProto graph) {
        check("inputs", graph.getInputList(), inputs);
        check("outputs", graph.getOutputList(), outputs);
    }

    private static void check(String what, List<ValueInfoProto> found, List<Value> expected) {
        Map<String, Value> byName = new LinkedHashMap<>();
        expected.forEach(value -> byName.put(value.name(), value));
        names(what, found, List.copyOf(byName.keySet()));
        found.forEach(value -> type(value, Objects.requireNonNull(byName.get(value.getName()))));
    }

    /** Returns the form of every input, by name. */
    Map<String, Form> inputForms() {
        return forms(inputs);
    }

    /** Returns the form of every output, by name. */
    Map<String, Form> outputForms() {
        return forms(outputs);
    }

    private static Map<String, Form> forms(List<Value> values) {
        Map<String, Form> forms = new LinkedHashMap<>();
        values.forEach(value -> forms.put(value.name(), value.form()));
        return forms;
    }

    private static void names(String what, List<ValueInfoProto> found, List<String> expected) {
        TreeSet<String> names = new TreeSet<>();
        found.forEach(value -> names.add(value.getName()));
        if (found.size() != expected.size() || !names.equals(new TreeSet<>(expected))) {
            throw new InvalidModelException("expected %s %s, got %s".formatted(what, expected, names));
        }
    }

    private static void type(ValueInfoProto value, Value expected) {
        TypeProto.Tensor tensor = value.getType().getTensorType();
        List<Dimension> dimensions = tensor.getShape().getDimList();
        boolean fits = value.getType().hasTensorType()
                && tensor.getElemType() == expected.type().getNumber()
                && dimensions.size() == expected.shape(1).length
                && !dimensions.get(0).hasDimValue()
                && (expected.columns() == 0 || dimensions.get(1).getDimValue() == expected.columns());
        if (!fits) {
            throw new InvalidModelException("expected %s to be %s, got %s"
                    .formatted(
                            value.getName(),
                            expected.columns() == 0
                                    ? expected.type() + " [batch]"
                                    : "%s [batch, %d]".formatted(expected.type(), expected.columns()),
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
