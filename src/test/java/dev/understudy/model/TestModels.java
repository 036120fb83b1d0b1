package dev.understudy.model;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.environment.ActionSpace;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.TreeMap;

/**
 * Models worked out by hand: mean = weight * (sum of the observation) + bias, action clipped to [-1, 1], logStd = -1.
 */
final class TestModels {
    static final String POLICY = "test/sum";
    static final String FINGERPRINT = "layout-1";
    static final int N = 3;
    static final int K = 1;
    static final ActionSpace ACTIONS = new ActionSpace.Continuous(K, -1, 1);

    private TestModels() {}

    static IntakeCheck check() {
        return check(IntakeLimits.defaults());
    }

    static IntakeCheck check(IntakeLimits limits) {
        return new IntakeCheck(POLICY, FINGERPRINT, Rows.Type.FLOAT32, N, ACTIONS, limits);
    }

    static ModelFile file(float weight, float bias) {
        return ModelFile.create(model(weight, bias).build().toByteArray(), metadata(weight, bias));
    }

    static LoadedPolicy loaded(float weight, float bias) {
        return LoadedPolicy.load(file(weight, bias), N, K);
    }

    static ModelFile file(ModelProto.Builder model) {
        return ModelFile.create(model.build().toByteArray(), metadata(1, 0));
    }

    /** Golden vectors: observations (0, 0, 0) and (0.1, 0.2, 0.3), whose sums are 0 and 0.6. */
    static ModelMetadata metadata(float weight, float bias) {
        float[] golden = {clip(bias), clip(weight * 0.6f + bias)};
        return new ModelMetadata(
                POLICY,
                "",
                1_000,
                2_000,
                List.of("driving.logs.v1-0@5-90", "driving.logs.v1-1@0-7"),
                7,
                FINGERPRINT,
                "{\"lossAfter\":0.5}",
                new Matrix(2, N, new float[] {0, 0, 0, 0.1f, 0.2f, 0.3f}),
                new Matrix(2, K, golden),
                "0.1.0",
                "CC-BY-4.0",
                new TreeMap<>(java.util.Map.of("baseline.idm", "1.5,0.7")));
    }

    private static float clip(float value) {
        return Math.max(-1, Math.min(1, value));
    }

    static ModelProto.Builder model(float weight, float bias) {
        return wrap(graph(weight, bias));
    }

    static ModelProto.Builder wrap(GraphProto.Builder graph) {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(18))
                .setGraph(graph);
    }

    static GraphProto.Builder graph(float weight, float bias) {
        return GraphProto.newBuilder()
                .setName("sum")
                .addInput(value("observation", N))
                .addOutput(value("action", K))
                .addOutput(value("mode", K))
                .addOutput(value("mean", K))
                .addOutput(value("logStd", K))
                .addInitializer(floats("W", new long[] {N, K}, weight, weight, weight))
                .addInitializer(floats("b", new long[] {K}, bias))
                .addInitializer(floats("low", new long[0], -1))
                .addInitializer(floats("high", new long[0], 1))
                .addInitializer(floats("zero", new long[0], 0))
                .addNode(node("Gemm", "mean", "observation", "W", "b"))
                .addNode(node("Identity", "mode", "mean"))
                .addNode(node("Clip", "action", "mode", "low", "high"))
                .addNode(node("Mul", "nothing", "mean", "zero"))
                .addNode(node("Add", "logStd", "nothing", "low"));
    }

    static ValueInfoProto value(String name, int columns) {
        return value(
                name,
                TensorProto.DataType.FLOAT_VALUE,
                Dimension.newBuilder().setDimParam("batch").build(),
                Dimension.newBuilder().setDimValue(columns).build());
    }

    static ValueInfoProto value(String name, int type, Dimension... dimensions) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type)
                                .setShape(TensorShapeProto.newBuilder().addAllDim(List.of(dimensions)))))
                .build();
    }

    static TensorProto floats(String name, long[] shape, float... values) {
        TensorProto.Builder tensor =
                TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE);
        for (long dimension : shape) {
            tensor.addDims(dimension);
        }
        ByteBuffer raw = ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        return tensor.setRawData(ByteString.copyFrom(raw)).build();
    }

    static TensorProto longs(String name, long... values) {
        ByteBuffer raw = ByteBuffer.allocate(Long.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asLongBuffer().put(values);
        return TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.INT64_VALUE)
                .addDims(values.length)
                .setRawData(ByteString.copyFrom(raw))
                .build();
    }

    static NodeProto node(String operator, String output, String... inputs) {
        return NodeProto.newBuilder()
                .setOpType(operator)
                .setName(output)
                .addAllInput(List.of(inputs))
                .addOutput(output)
                .build();
    }

    static AttributeProto subgraph(String name) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.GRAPH)
                .setG(GraphProto.newBuilder().setName("inner"))
                .build();
    }
}
