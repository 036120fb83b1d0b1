package dev.understudy.graph;

import ai.onnx.proto.OnnxMl;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes the part of a graph that leads to given outputs as an ONNX model. */
final class ModelWriter {
    static final int OPSET = 18;
    static final int IR_VERSION = 8;

    private final Graph graph;
    private final Map<String, Tensor> outputs;
    private final boolean[] used;
    private final @Nullable String[] names;

    ModelWriter(Graph graph, Map<String, Tensor> outputs) {
        this.graph = graph;
        this.outputs = outputs;
        this.used = new boolean[graph.tensors()];
        this.names = new String[graph.tensors()];
    }

    byte[] write() {
        checkOutputs();
        List<Node> nodes = reachable();
        List<Tensor> inputs =
                graph.inputs().stream().filter(input -> used[input.id()]).toList();
        checkCollisions(inputs);
        boolean oneBatch =
                inputs.stream().filter(input -> !input.shape().isKnown()).count() == 1;

        OnnxMl.GraphProto.Builder body = OnnxMl.GraphProto.newBuilder().setName("understudy");
        for (Tensor input : inputs) {
            body.addInput(describe(input.name(), input, oneBatch ? "batch" : "batch_" + input.name()));
        }
        List<OnnxMl.NodeProto> copies = nameOutputs(body, oneBatch);
        TreeMap<Integer, Tensor> constants = new TreeMap<>();
        for (Node node : nodes) {
            body.addNode(write(node));
            for (Tensor operand : node.inputs()) {
                if (operand.constantOrNull() != null) {
                    constants.put(operand.id(), operand);
                }
            }
        }
        for (Tensor output : outputs.values()) {
            if (output.constantOrNull() != null) {
                constants.put(output.id(), output);
            }
        }
        constants.values().forEach(constant -> body.addInitializer(initializer(constant)));
        copies.forEach(body::addNode);
        return OnnxMl.ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .addOpsetImport(OnnxMl.OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .setProducerName("understudy")
                .setGraph(body)
                .build()
                .toByteArray();
    }

    private void checkOutputs() {
        if (outputs.isEmpty()) {
            throw new IllegalArgumentException("Model: expected at least one output, got none");
        }
        outputs.forEach((name, tensor) -> {
            Graph.checkName(name);
            if (tensor.graph() != graph) {
                throw new IllegalArgumentException(
                        "Model: expected output %s to be of this graph, got %s of another".formatted(name, tensor));
            }
        });
    }

    private void checkCollisions(List<Tensor> inputs) {
        Set<String> inputNames = new HashSet<>();
        inputs.forEach(input -> inputNames.add(input.name()));
        for (String name : outputs.keySet()) {
            if (inputNames.contains(name)) {
                throw new IllegalArgumentException("Model: expected output names unlike the inputs', got " + name);
            }
        }
    }

    private List<Node> reachable() {
        outputs.values().forEach(output -> used[output.id()] = true);
        List<Node> nodes = new ArrayList<>();
        for (int i = graph.nodes().size() - 1; i >= 0; i--) {
            Node node = graph.nodes().get(i);
            if (node.outputs().stream().anyMatch(output -> used[output.id()])) {
                node.inputs().forEach(input -> used[input.id()] = true);
                nodes.add(node);
            }
        }
        Collections.reverse(nodes);
        return nodes;
    }

    /** Names what operators give after the outputs; an input, constant or second name needs a copy. */
    private List<OnnxMl.NodeProto> nameOutputs(OnnxMl.GraphProto.Builder body, boolean oneBatch) {
        List<OnnxMl.NodeProto> copies = new ArrayList<>();
        outputs.forEach((name, tensor) -> {
            body.addOutput(describe(name, tensor, oneBatch ? "batch" : null));
            if (tensor.node() != null && names[tensor.id()] == null) {
                names[tensor.id()] = name;
            } else {
                copies.add(OnnxMl.NodeProto.newBuilder()
                        .setOpType("Identity")
                        .setName("_to_" + name)
                        .addInput(name(tensor))
                        .addOutput(name)
                        .build());
            }
        });
        return copies;
    }

    private String name(Tensor tensor) {
        String name = names[tensor.id()];
        return name == null ? tensor.name() : name;
    }

    private OnnxMl.NodeProto write(Node node) {
        OnnxMl.NodeProto.Builder proto =
                OnnxMl.NodeProto.newBuilder().setOpType(node.operator().name()).setName("_n" + node.id());
        node.inputs().forEach(input -> proto.addInput(name(input)));
        node.outputs().forEach(output -> proto.addOutput(name(output)));
        node.attributes().forEach((name, value) -> proto.addAttribute(attribute(name, value)));
        return proto.build();
    }

    private static OnnxMl.AttributeProto attribute(String name, Object value) {
        OnnxMl.AttributeProto.Builder proto = OnnxMl.AttributeProto.newBuilder().setName(name);
        if (value instanceof Long number) {
            proto.setType(OnnxMl.AttributeProto.AttributeType.INT).setI(number);
        } else if (value instanceof String word) {
            proto.setType(OnnxMl.AttributeProto.AttributeType.STRING)
                    .setS(com.google.protobuf.ByteString.copyFromUtf8(word));
        } else if (value instanceof List<?> numbers) {
            proto.setType(OnnxMl.AttributeProto.AttributeType.INTS);
            numbers.forEach(number -> proto.addInts((Long) number));
        } else {
            throw new IllegalStateException("expected a number, word or list for attribute " + name + ", got " + value);
        }
        return proto.build();
    }

    private static OnnxMl.TensorProto initializer(Tensor tensor) {
        Constant constant = tensor.requireConstant();
        OnnxMl.TensorProto.Builder proto = OnnxMl.TensorProto.newBuilder()
                .setName(tensor.name())
                .setDataType(constant.type().onnxCode())
                .setRawData(constant.bytes());
        for (long dim : constant.shape().dims()) {
            proto.addDims(dim);
        }
        return proto.build();
    }

    private static OnnxMl.ValueInfoProto describe(String name, Tensor tensor, @Nullable String batch) {
        OnnxMl.TensorShapeProto.Builder shape = OnnxMl.TensorShapeProto.newBuilder();
        for (long dim : tensor.shape().dims()) {
            OnnxMl.TensorShapeProto.Dimension.Builder size = OnnxMl.TensorShapeProto.Dimension.newBuilder();
            if (dim != Shape.UNKNOWN) {
                size.setDimValue(dim);
            } else if (batch != null) {
                size.setDimParam(batch);
            }
            shape.addDim(size);
        }
        return OnnxMl.ValueInfoProto.newBuilder()
                .setName(name)
                .setType(OnnxMl.TypeProto.newBuilder()
                        .setTensorType(OnnxMl.TypeProto.Tensor.newBuilder()
                                .setElemType(tensor.type().onnxCode())
                                .setShape(shape)))
                .build();
    }
}
