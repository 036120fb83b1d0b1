package dev.understudy.streams;

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
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.data.Matrix;
import dev.understudy.driving.CarFollowing;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.TreeMap;

/** Car-following models that give one acceleration whatever they observe, at the cost of a 64-64 tanh network. */
final class TestModels {
    private static final int N = CarFollowing.observationSize();
    private static final int HIDDEN = 64;

    private TestModels() {}

    /** Returns a model that says {@code acceleration}, m/s^2. */
    static ModelFile constant(float acceleration) {
        return constant(CarFollowing.POLICY, acceleration);
    }

    /** Returns a model of a variant of car following that says {@code acceleration}, m/s^2. */
    static ModelFile constant(String policy, float acceleration) {
        GraphProto.Builder graph = GraphProto.newBuilder()
                .setName("constant")
                .addInput(value("observation", N))
                .addInitializer(floats("W1", 0.01f, N, HIDDEN))
                .addInitializer(floats("W2", 0.01f, HIDDEN, HIDDEN))
                .addInitializer(floats("W3", 0, HIDDEN, 1))
                .addInitializer(floats("b", acceleration, 1))
                .addInitializer(floats("low", CarFollowing.MIN_ACCELERATION))
                .addInitializer(floats("high", CarFollowing.MAX_ACCELERATION))
                .addInitializer(floats("zero", 0))
                .addInitializer(floats("minusOne", -1))
                .addNode(node("Gemm", "z1", "observation", "W1"))
                .addNode(node("Tanh", "h1", "z1"))
                .addNode(node("Gemm", "z2", "h1", "W2"))
                .addNode(node("Tanh", "h2", "z2"))
                .addNode(node("Gemm", "mean", "h2", "W3", "b"))
                .addNode(node("Identity", "mode", "mean"))
                .addNode(node("Clip", "action", "mode", "low", "high"))
                .addNode(node("Mul", "nothing", "mean", "zero"))
                .addNode(node("Add", "logStd", "nothing", "minusOne"));
        List.of("action", "mode", "mean", "logStd").forEach(name -> graph.addOutput(value(name, 1)));
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(18))
                .setGraph(graph)
                .build();
        return ModelFile.create(model.toByteArray(), metadata(policy, acceleration));
    }

    /** Returns a model file of a learner's export. */
    static ModelFile of(byte[] exported) {
        float[] action = new float[1];
        try (LoadedPolicy policy =
                LoadedPolicy.load(ModelFile.create(exported, metadata(CarFollowing.POLICY, 0)), N, 1)) {
            policy.act(new float[N], 1, action);
        }
        return ModelFile.create(exported, metadata(CarFollowing.POLICY, action[0]));
    }

    /** Returns a model of a task of control that has learned nothing. */
    static ModelFile untrained(ControlPolicySpec spec, String policy, long seed) {
        try (Learner learner = spec.learner(Algorithms.CLONING, 1)) {
            return ModelFile.createGolden(
                    learner.export(learner.initialState(seed)),
                    new ModelMetadata(
                            policy,
                            "",
                            0,
                            1,
                            List.of(),
                            seed,
                            spec.fingerprint(),
                            "{}",
                            new Matrix(1, spec.observationSize(), new float[spec.observationSize()]),
                            new Matrix(1, 1, new float[1]),
                            "test",
                            "none",
                            new TreeMap<>()));
        }
    }

    private static ModelMetadata metadata(String policy, float acceleration) {
        return new ModelMetadata(
                policy,
                "",
                0,
                1,
                List.of(),
                1,
                CarFollowing.fingerprint(),
                "{}",
                new Matrix(1, N, new float[N]),
                new Matrix(1, 1, new float[] {acceleration}),
                "test",
                "none",
                new TreeMap<>());
    }

    private static ValueInfoProto value(String name, int columns) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(TensorProto.DataType.FLOAT_VALUE)
                                .setShape(TensorShapeProto.newBuilder()
                                        .addDim(Dimension.newBuilder().setDimParam("batch"))
                                        .addDim(Dimension.newBuilder().setDimValue(columns)))))
                .build();
    }

    private static TensorProto floats(String name, float value, int... shape) {
        TensorProto.Builder tensor =
                TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE);
        int size = 1;
        for (int dimension : shape) {
            tensor.addDims(dimension);
            size *= dimension;
        }
        ByteBuffer raw = ByteBuffer.allocate(Float.BYTES * size).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < size; i++) {
            raw.putFloat(value);
        }
        return tensor.setRawData(ByteString.copyFrom(raw.flip())).build();
    }

    private static NodeProto node(String operator, String output, String... inputs) {
        return NodeProto.newBuilder()
                .setOpType(operator)
                .addAllInput(List.of(inputs))
                .addOutput(output)
                .build();
    }
}
