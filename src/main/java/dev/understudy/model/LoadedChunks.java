package dev.understudy.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.ChunkPlayer;
import dev.understudy.graph.OnnxRuntime;
import dev.understudy.policy.ChunkedPolicy;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Set;

/** The chunks of a model of a {@link ChunkedPolicy}, for one thread at a time. */
public final class LoadedChunks implements ChunkPlayer.Chunks, AutoCloseable {
    private final int observationSize;
    private final int columns;
    private final int length;
    private final OrtEnvironment environment = OnnxRuntime.environment();
    private final OrtSession session;

    private LoadedChunks(byte[] onnx, int observationSize, ActionSpace actions, int length) {
        this.observationSize = observationSize;
        this.columns = length * actions.policyOutputs();
        this.length = length;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setDeterministicCompute(true);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            session = environment.createSession(onnx, options);
            requireWidth();
        } catch (OrtException e) {
            throw new InvalidModelException("ONNX Runtime does not load the model: " + e.getMessage(), e);
        }
    }

    private void requireWidth() throws OrtException {
        NodeInfo chunk = session.getOutputInfo().get(ChunkedPolicy.CHUNK);
        if (chunk == null
                || !(chunk.getInfo() instanceof TensorInfo tensor)
                || tensor.getShape().length != 2
                || tensor.getShape()[1] != columns) {
            throw new InvalidModelException("expected an output %s of %d columns, got %s"
                    .formatted(ChunkedPolicy.CHUNK, columns, chunk == null ? "none" : chunk.getInfo()));
        }
    }

    /**
     * Loads what a learner exported or a model that has passed its check.
     *
     * @param length actions of a chunk
     * @throws InvalidModelException if the model has no chunks, or others
     */
    public static LoadedChunks of(byte[] onnx, int observationSize, ActionSpace actions, int length) {
        return new LoadedChunks(onnx, observationSize, actions, length);
    }

    /** Returns how many actions a chunk of a model has; 1 where it says nothing of chunks. */
    public static int length(ModelMetadata metadata) {
        return Integer.parseInt(metadata.extra().getOrDefault(ChunkedPolicy.LENGTH, "1"));
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public void predict(float[] observations, int rows, float[] chunks) {
        try (OnnxTensor input = OnnxTensor.createTensor(
                        environment,
                        FloatBuffer.wrap(observations, 0, rows * observationSize),
                        new long[] {rows, observationSize});
                OrtSession.Result result =
                        session.run(Map.of(LoadedPolicy.OBSERVATION, input), Set.of(ChunkedPolicy.CHUNK))) {
            ((OnnxTensor) result.get(0)).getFloatBuffer().get(chunks, 0, rows * columns);
        } catch (OrtException e) {
            throw new IllegalStateException("the model failed on %d rows: %s".formatted(rows, e.getMessage()), e);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("could not close the session of a model", e);
        }
    }
}
