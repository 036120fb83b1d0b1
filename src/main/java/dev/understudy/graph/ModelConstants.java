package dev.understudy.graph;

import ai.onnx.proto.OnnxMl;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the parameters back that {@link Graph#toModel} wrote as constants. */
public final class ModelConstants {
    private ModelConstants() {}

    /**
     * Returns parameters by their numbers.
     *
     * @param model ONNX bytes
     * @param numbered a model of the same graph, whose parameters are their numbers
     * @param first the number of the first of them; no other constant is as large
     * @param count how many there are
     * @return {@code [count]}; null if the model is of another graph, or is none, or lacks one of them
     */
    public static float @Nullable [] read(byte[] model, byte[] numbered, int first, int count) {
        OnnxMl.GraphProto graph;
        OnnxMl.GraphProto numbers;
        try {
            graph = OnnxMl.ModelProto.parseFrom(model).getGraph();
            numbers = OnnxMl.ModelProto.parseFrom(numbered).getGraph();
        } catch (InvalidProtocolBufferException e) {
            return null;
        }
        List<OnnxMl.TensorProto> constants = graph.getInitializerList();
        // Two constants that are equal are written as one: then the inputs of the nodes have other names.
        if (!graph.getNodeList().equals(numbers.getNodeList()) || constants.size() != numbers.getInitializerCount()) {
            return null;
        }
        float[] found = new float[count];
        Arrays.fill(found, Float.NaN);
        for (int i = 0; i < constants.size(); i++) {
            FloatBuffer values = floats(constants.get(i));
            FloatBuffer names = floats(numbers.getInitializer(i));
            if (values.remaining() != names.remaining()) {
                return null;
            }
            while (names.hasRemaining()) {
                float value = values.get();
                int number = (int) names.get() - first;
                if (number >= 0 && number < count) {
                    found[number] = value;
                }
            }
        }
        for (float value : found) {
            if (!Float.isFinite(value)) {
                return null;
            }
        }
        return found;
    }

    private static FloatBuffer floats(OnnxMl.TensorProto constant) {
        boolean isFloat = constant.getDataType() == ElementType.FLOAT.onnxCode();
        return isFloat
                ? constant.getRawData()
                        .asReadOnlyByteBuffer()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer()
                : FloatBuffer.allocate(0);
    }
}
