package dev.understudy.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a model file may be made of: known operators, weights inside the file, finite, and no control flow. */
record ModelInspection(IntakeLimits limits) {
    static final int OPSET = 18;
    private static final int NEWEST_IR = 10;
    private static final Set<AttributeProto.AttributeType> PLAIN = Set.of(
            AttributeProto.AttributeType.FLOAT,
            AttributeProto.AttributeType.INT,
            AttributeProto.AttributeType.STRING,
            AttributeProto.AttributeType.TENSOR,
            AttributeProto.AttributeType.FLOATS,
            AttributeProto.AttributeType.INTS);

    void inspect(ModelProto model) {
        known(model, "model");
        if (model.getIrVersion() < 4 || model.getIrVersion() > NEWEST_IR) {
            throw new InvalidModelException(
                    "expected ONNX IR version 4 to %d, got %d".formatted(NEWEST_IR, model.getIrVersion()));
        }
        operatorSet(model.getOpsetImportList());
        if (model.getFunctionsCount() > 0) {
            throw new InvalidModelException("expected no functions, got %s"
                    .formatted(model.getFunctions(0).getName()));
        }
        if (model.getTrainingInfoCount() > 0) {
            throw new InvalidModelException("expected no training information, got some");
        }
        GraphProto graph = model.getGraph();
        if (graph.getSparseInitializerCount() > 0) {
            throw new InvalidModelException("expected dense weights, got sparse ones");
        }
        if (graph.getNodeCount() > limits.nodes()) {
            throw new InvalidModelException(
                    "expected at most %d operators, got %d".formatted(limits.nodes(), graph.getNodeCount()));
        }
        graph.getInitializerList().forEach(ModelInspection::weights);
        graph.getNodeList().forEach(ModelInspection::node);
    }

    private static void operatorSet(List<OperatorSetIdProto> imports) {
        for (OperatorSetIdProto set : imports) {
            boolean fits = standard(set.getDomain()) && set.getVersion() == OPSET;
            if (!fits || imports.size() > 1) {
                throw new InvalidModelException("expected operator set ai.onnx %d alone, got %s %d among %d"
                        .formatted(OPSET, set.getDomain(), set.getVersion(), imports.size()));
            }
        }
    }

    private static boolean standard(String domain) {
        return domain.isEmpty() || domain.equals("ai.onnx");
    }

    private static void node(NodeProto node) {
        if (!standard(node.getDomain()) || !ShapeArithmetic.OPERATORS.contains(node.getOpType())) {
            throw new InvalidModelException("operator %s%s is not on the list of those allowed (node '%s')"
                    .formatted(
                            node.getDomain().isEmpty() ? "" : node.getDomain() + ".",
                            node.getOpType(),
                            node.getName()));
        }
        for (AttributeProto attribute : node.getAttributeList()) {
            if (!PLAIN.contains(attribute.getType())
                    || !attribute.getRefAttrName().isEmpty()) {
                throw new InvalidModelException("expected a plain value in attribute %s of %s, got %s"
                        .formatted(attribute.getName(), node.getOpType(), attribute.getType()));
            }
            if (attribute.hasT()) {
                weights(attribute.getT());
            }
        }
    }

    /** Checks that a tensor has its data in the file, as many as its shape says, and finite. */
    private static void weights(TensorProto tensor) {
        String name = tensor.getName();
        if (tensor.getDataLocation() != TensorProto.DataLocation.DEFAULT || tensor.getExternalDataCount() > 0) {
            throw new InvalidModelException("expected the data of '%s' inside the file, got external data %s"
                    .formatted(
                            name,
                            tensor.getExternalDataList().stream()
                                    .map(entry -> entry.getKey() + "=" + entry.getValue())
                                    .toList()));
        }
        if (tensor.hasSegment()) {
            throw new InvalidModelException("expected '%s' in one piece, got a segment".formatted(name));
        }
        long elements = ShapeArithmetic.elements(
                tensor.getDimsList().stream().mapToLong(Long::longValue).toArray(), name);
        long found = stored(tensor);
        if (found != elements) {
            throw new InvalidModelException(
                    "expected %d elements in '%s' by its shape, got %d".formatted(elements, name, found));
        }
        finite(tensor);
    }

    private static long stored(TensorProto tensor) {
        return switch (tensor.getDataType()) {
            case TensorProto.DataType.FLOAT_VALUE ->
                tensor.hasRawData() ? raw(tensor, Float.BYTES) : tensor.getFloatDataCount();
            case TensorProto.DataType.INT64_VALUE ->
                tensor.hasRawData() ? raw(tensor, Long.BYTES) : tensor.getInt64DataCount();
            case TensorProto.DataType.INT32_VALUE ->
                tensor.hasRawData() ? raw(tensor, Integer.BYTES) : tensor.getInt32DataCount();
            case TensorProto.DataType.BOOL_VALUE -> tensor.hasRawData() ? raw(tensor, 1) : tensor.getInt32DataCount();
            default ->
                throw new InvalidModelException("expected FLOAT, INT64, INT32 or BOOL in '%s', got type %d"
                        .formatted(tensor.getName(), tensor.getDataType()));
        };
    }

    private static long raw(TensorProto tensor, int width) {
        int size = tensor.getRawData().size();
        return size % width == 0 ? size / width : -1;
    }

    private static void finite(TensorProto tensor) {
        if (tensor.getDataType() != TensorProto.DataType.FLOAT_VALUE) {
            return;
        }
        ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        int count = tensor.hasRawData() ? raw.remaining() / Float.BYTES : tensor.getFloatDataCount();
        for (int i = 0; i < count; i++) {
            float value = tensor.hasRawData() ? raw.getFloat(i * Float.BYTES) : tensor.getFloatData(i);
            if (!Float.isFinite(value)) {
                throw new InvalidModelException(
                        "expected finite weights, got %s at element %d of '%s'".formatted(value, i, tensor.getName()));
            }
        }
    }

    /** Refuses fields this reader does not know: ONNX Runtime may know them. */
    private static void known(Message message, String where) {
        if (!message.getUnknownFields().asMap().isEmpty()) {
            throw new InvalidModelException("expected fields of ONNX IR %d alone, got unknown fields %s in %s"
                    .formatted(NEWEST_IR, message.getUnknownFields().asMap().keySet(), where));
        }
        for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
            if (field.getKey().getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                continue;
            }
            if (field.getValue() instanceof Collection<?> many) {
                many.forEach(one -> known((Message) one, field.getKey().getName()));
            } else {
                known((Message) field.getValue(), field.getKey().getName());
            }
        }
    }
}
