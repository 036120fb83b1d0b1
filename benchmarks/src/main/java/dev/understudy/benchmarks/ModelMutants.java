package dev.understudy.benchmarks;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.understudy.model.ModelFile;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Files that are almost a good model. Those that were changed by accident have some bytes changed, moved, lost or
 * added. Those that were changed by hand are still ONNX files, of another graph or with other weights, and are sealed
 * again; they keep the golden vectors of the good model.
 */
final class ModelMutants {
    private static final List<String> OPERATORS = List.of(
            "Add",
            "Sub",
            "Mul",
            "Div",
            "Max",
            "Min",
            "Tanh",
            "Relu",
            "Sigmoid",
            "Exp",
            "Log",
            "Sqrt",
            "Neg",
            "Abs",
            "Identity",
            "Softmax",
            "Gemm",
            "Concat",
            "Split",
            "Reshape",
            "ArgMax",
            "ReduceSum",
            "MatMul",
            "Sum",
            "Expand",
            "Cast",
            "ConstantOfShape",
            "Slice",
            "Where",
            "Loop");

    private static final int LONGEST_RANGE = 32;

    private final ModelFile good;
    private final ModelProto model;

    ModelMutants(ModelFile good) {
        this.good = good;
        try {
            model = ModelProto.parseFrom(good.bytes());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("expected a model file, got " + good, e);
        }
    }

    /** Returns a mutant by accident. */
    byte[] byAccident(SplittableRandom random) {
        byte[] bytes = good.bytes().clone();
        int times = 1 + random.nextInt(3);
        for (int i = 0; i < times && bytes.length > LONGEST_RANGE; i++) {
            bytes = damaged(bytes, random);
        }
        return bytes;
    }

    private static byte[] damaged(byte[] bytes, SplittableRandom random) {
        int at = random.nextInt(bytes.length);
        int length = Math.min(1 + random.nextInt(LONGEST_RANGE), bytes.length - at);
        switch (random.nextInt(7)) {
            case 0, 1, 2 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 3 -> bytes[at] = (byte) random.nextInt(256);
            case 4 -> { // lost
                System.arraycopy(bytes, at + length, bytes, at, bytes.length - at - length);
                return Arrays.copyOf(bytes, bytes.length - length);
            }
            case 5 -> { // said again
                byte[] longer = Arrays.copyOf(bytes, bytes.length + length);
                System.arraycopy(bytes, at, longer, at + length, bytes.length - at);
                return longer;
            }
            default -> { // moved over others
                int from = random.nextInt(bytes.length - length + 1);
                System.arraycopy(bytes, from, bytes, at, length);
            }
        }
        return bytes;
    }

    /** Returns a mutant by hand. */
    byte[] byHand(SplittableRandom random) {
        GraphProto.Builder graph = model.getGraph().toBuilder();
        if (random.nextInt(2) == 0) {
            weight(graph, random);
        } else {
            structure(graph, random);
        }
        return ModelFile.create(model.toBuilder().setGraph(graph).build().toByteArray(), good.metadata())
                .bytes();
    }

    private static void weight(GraphProto.Builder graph, SplittableRandom random) {
        int which = random.nextInt(graph.getInitializerCount());
        TensorProto tensor = graph.getInitializer(which);
        byte[] raw = tensor.getRawData().toByteArray();
        int at = random.nextInt(raw.length);
        raw[at] ^= (byte) (1 << random.nextInt(8));
        graph.setInitializer(which, tensor.toBuilder().setRawData(ByteString.copyFrom(raw)));
    }

    private static void structure(GraphProto.Builder graph, SplittableRandom random) {
        int at = random.nextInt(graph.getNodeCount());
        NodeProto.Builder node = graph.getNode(at).toBuilder();
        switch (random.nextInt(8)) {
            case 0 -> node.setOpType(OPERATORS.get(random.nextInt(OPERATORS.size())));
            case 1 -> node.setInput(random.nextInt(node.getInputCount()), tensor(graph, random));
            case 2 -> node.addInput(random.nextInt(4) == 0 ? "" : tensor(graph, random));
            case 3 ->
                node.addAttribute(AttributeProto.newBuilder()
                        .setName(List.of("axis", "keepdims", "transB", "to", "alpha")
                                .get(random.nextInt(5)))
                        .setType(AttributeProto.AttributeType.INT)
                        .setI(random.nextInt(-2, 12)));
            case 4 -> {
                graph.addNode(at, NodeProto.newBuilder(node.build()).setOutput(0, "more"));
                return;
            }
            case 5 -> {
                graph.removeNode(at);
                return;
            }
            case 6 -> {
                int which = random.nextInt(graph.getInitializerCount());
                TensorProto.Builder tensor = graph.getInitializer(which).toBuilder();
                long size = List.of(0L, 1L, -1L, 2L, 64L, 1L << 31, 1L << 62).get(random.nextInt(7));
                if (tensor.getDimsCount() > 0 && random.nextBoolean()) {
                    tensor.setDims(random.nextInt(tensor.getDimsCount()), size);
                } else {
                    tensor.addDims(size);
                }
                graph.setInitializer(which, tensor);
                return;
            }
            default -> {
                int other = random.nextInt(graph.getNodeCount());
                NodeProto moved = graph.getNode(other);
                graph.setNode(other, node.build());
                node = moved.toBuilder();
            }
        }
        graph.setNode(at, node);
    }

    private static String tensor(GraphProto.Builder graph, SplittableRandom random) {
        if (random.nextBoolean()) {
            return graph.getInitializer(random.nextInt(graph.getInitializerCount()))
                    .getName();
        }
        return graph.getNode(random.nextInt(graph.getNodeCount())).getOutput(0);
    }
}
