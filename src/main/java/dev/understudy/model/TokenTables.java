package dev.understudy.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.understudy.graph.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * What one step of a network computes from its token alone, computed once for every token: a step then looks a row up
 * where it multiplied. For a gated recurrent unit that is x W + b of every token, and nearly half of the work of
 * reading.
 *
 * <pre>
 * token ──► Gather ──► Gemm ──► Split ──► with the state    becomes    token ──► Gather of a table ──► with the state
 * </pre>
 *
 * <p>A row of a table is what the network itself gives for its token. Tables are shared by all sessions of a model.
 */
final class TokenTables implements AutoCloseable {
    /** Operators that make each row of their result of the same row of one operand and of constants. */
    private static final Set<String> BY_ROWS =
            Set.of("Gather", "Gemm", "MatMul", "Add", "Sub", "Mul", "Split", "Sigmoid", "Tanh", "Relu", "Identity");

    /** A model whose tables would take more is left as it is. */
    private static final long MOST_BYTES = 64L << 20;

    /** Tokens computed at once: as many as rows of the largest batch, for which the intake check bounds memory. */
    private static final int BLOCK = 1024;

    private static final String SUFFIX = ".table";

    private final byte[] model;
    private final Map<String, OnnxTensor> tables;

    private TokenTables(byte[] model, Map<String, OnnxTensor> tables) {
        this.model = model;
        this.tables = Map.copyOf(tables);
    }

    /**
     * Makes the tables of a model; none where it computes nothing of a token alone.
     *
     * @param onnx one step, with an input {@code token} INT64 {@code [batch]}
     * @param vocabulary number of tokens
     * @param options of the session that computes them
     * @throws InvalidModelException if the bytes are no model
     */
    static TokenTables of(byte[] onnx, int vocabulary, OrtSession.SessionOptions options) {
        return of(onnx, vocabulary, BLOCK, options);
    }

    /** As {@link #of(byte[], int, OrtSession.SessionOptions)}, with so many tokens at once. */
    static TokenTables of(byte[] onnx, int vocabulary, int block, OrtSession.SessionOptions options) {
        ModelProto whole;
        try {
            whole = ModelProto.parseFrom(onnx);
        } catch (InvalidProtocolBufferException e) {
            throw new InvalidModelException("expected an ONNX model: " + e.getMessage(), e);
        }
        Set<String> names = atTheBorder(whole.getGraph());
        Map<String, OnnxTensor> tables = names.isEmpty() ? Map.of() : compute(whole, names, vocabulary, block, options);
        return tables.isEmpty()
                ? new TokenTables(onnx, Map.of())
                : new TokenTables(lookedUp(whole, names).toByteArray(), tables);
    }

    /** Returns the values that are made of the token alone and used together with something else. */
    private static Set<String> atTheBorder(GraphProto graph) {
        Set<String> constants = new HashSet<>();
        graph.getInitializerList().forEach(each -> constants.add(each.getName()));
        Set<String> ofToken = new HashSet<>(Set.of(AutoregressivePolicy.TOKEN));
        Set<String> border = new LinkedHashSet<>();
        for (NodeProto node : graph.getNodeList()) {
            List<String> inputs = node.getInputList();
            if (!inputs.isEmpty() && constants.containsAll(inputs)) {
                constants.addAll(node.getOutputList());
            } else if (isByRows(node, constants, ofToken)) {
                ofToken.addAll(node.getOutputList());
            } else {
                inputs.stream().filter(ofToken::contains).forEach(border::add);
            }
        }
        border.remove(AutoregressivePolicy.TOKEN);
        return border;
    }

    private static boolean isByRows(NodeProto node, Set<String> constants, Set<String> ofToken) {
        boolean isGather = node.getOpType().equals("Gather");
        String operand = isGather && node.getInputCount() > 1 ? node.getInput(1) : node.getInput(0);
        return BY_ROWS.contains(node.getOpType())
                && (isGather ? operand.equals(AutoregressivePolicy.TOKEN) && attribute(node, "axis", 0) == 0 : true)
                && (!node.getOpType().equals("Split") || attribute(node, "axis", 0) == 1)
                && attribute(node, "transA", 0) == 0
                && ofToken.contains(operand)
                && (isGather || !operand.equals(AutoregressivePolicy.TOKEN))
                && node.getInputList().stream().allMatch(input -> input.equals(operand) || constants.contains(input));
    }

    private static long attribute(NodeProto node, String name, long otherwise) {
        return node.getAttributeList().stream()
                .filter(each -> each.getName().equals(name))
                .mapToLong(AttributeProto::getI)
                .findFirst()
                .orElse(otherwise);
    }

    /**
     * Returns the values of every token; none if they are not one row for each, or too large. They are computed in
     * blocks, as what comes between takes a multiple of a table.
     */
    private static Map<String, OnnxTensor> compute(
            ModelProto whole, Set<String> names, int vocabulary, int block, OrtSession.SessionOptions options) {
        GraphProto.Builder graph = whole.getGraph().toBuilder().clearOutput().clearInput();
        whole.getGraph().getInputList().stream()
                .filter(input -> input.getName().equals(AutoregressivePolicy.TOKEN))
                .forEach(graph::addInput);
        names.forEach(name -> graph.addOutput(floats(name, List.of())));
        byte[] part = OutputSubset.of(whole.toBuilder().setGraph(graph).build(), names);
        Map<String, FloatBuffer> rows = new LinkedHashMap<>();
        try (OrtSession session = OnnxRuntime.environment().createSession(part, options)) {
            int size = Math.min(block, vocabulary);
            for (int next = 0; next < vocabulary; next += size) {
                // The last block is as large as any, or its sums might be rounded otherwise.
                int from = Math.min(next, vocabulary - size);
                if (!compute(session, from, size, vocabulary, rows)) {
                    return Map.of();
                }
            }
            return tables(rows, vocabulary);
        } catch (OrtException e) {
            return Map.of(); // such a model is run as it is
        }
    }

    /** Puts the values of some tokens into tables of all of them; returns whether they are rows that find room. */
    private static boolean compute(
            OrtSession session, int from, int size, int vocabulary, Map<String, FloatBuffer> rows) throws OrtException {
        LongBuffer block = LongBuffer.wrap(LongStream.range(from, from + size).toArray());
        try (OnnxTensor tokens = OnnxTensor.createTensor(OnnxRuntime.environment(), block, new long[] {size});
                OrtSession.Result result = session.run(Map.of(AutoregressivePolicy.TOKEN, tokens))) {
            long bytes = 0;
            for (Map.Entry<String, OnnxValue> each : result) {
                long[] shape = ((OnnxTensor) each.getValue()).getInfo().getShape();
                bytes += shape.length == 2 && shape[0] == size ? vocabulary * shape[1] * Float.BYTES : MOST_BYTES + 1;
            }
            if (bytes > MOST_BYTES) {
                return false;
            }
            for (Map.Entry<String, OnnxValue> each : result) {
                FloatBuffer values = ((OnnxTensor) each.getValue()).getFloatBuffer();
                int columns = values.remaining() / size;
                rows.computeIfAbsent(each.getKey(), any -> direct(vocabulary * columns))
                        .put(from * columns, values, 0, size * columns);
            }
            return true;
        }
    }

    private static FloatBuffer direct(int floats) {
        return ByteBuffer.allocateDirect(floats * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    private static Map<String, OnnxTensor> tables(Map<String, FloatBuffer> rows, int vocabulary) throws OrtException {
        Map<String, OnnxTensor> tables = new LinkedHashMap<>();
        for (Map.Entry<String, FloatBuffer> each : rows.entrySet()) {
            FloatBuffer all = each.getValue();
            long[] shape = {vocabulary, all.capacity() / vocabulary};
            tables.put(each.getKey() + SUFFIX, OnnxTensor.createTensor(OnnxRuntime.environment(), all, shape));
        }
        return tables;
    }

    /** Returns the model with those values looked up in tables that are inputs. */
    private static ModelProto lookedUp(ModelProto whole, Set<String> names) {
        GraphProto.Builder graph = whole.getGraph().toBuilder().clearNode();
        for (String name : names) {
            graph.addInput(floats(name + SUFFIX, List.of("tokens", name + ".columns")))
                    .addNode(NodeProto.newBuilder()
                            .setName(name + ".lookup")
                            .setOpType("Gather")
                            .addInput(name + SUFFIX)
                            .addInput(AutoregressivePolicy.TOKEN)
                            .addOutput(name));
        }
        for (NodeProto node : whole.getGraph().getNodeList()) {
            NodeProto.Builder kept = node.toBuilder();
            boolean isNeeded = false;
            for (int i = 0; i < node.getOutputCount(); i++) {
                boolean isLookedUp = names.contains(node.getOutput(i));
                isNeeded |= !isLookedUp;
                if (isLookedUp) {
                    kept.setOutput(i, node.getOutput(i) + ".computed");
                }
            }
            if (isNeeded) {
                graph.addNode(kept);
            }
        }
        return whole.toBuilder().setGraph(graph).build();
    }

    private static ValueInfoProto floats(String name, List<String> dimensions) {
        TypeProto.Tensor.Builder type = TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE);
        if (!dimensions.isEmpty()) {
            List<Dimension> all = new ArrayList<>();
            dimensions.forEach(
                    each -> all.add(Dimension.newBuilder().setDimParam(each).build()));
            type.setShape(TensorShapeProto.newBuilder().addAllDim(all));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(type))
                .build();
    }

    /** Returns the model that looks up, with the nodes that lead to some of its outputs. */
    byte[] model(Set<String> outputs) {
        return OutputSubset.of(model, outputs);
    }

    /** Returns what that model needs beside token and state, by the names of its inputs. */
    Map<String, OnnxTensor> inputs() {
        return tables;
    }

    /** Frees the tables. */
    @Override
    public void close() {
        tables.values().forEach(OnnxTensor::close);
    }
}
