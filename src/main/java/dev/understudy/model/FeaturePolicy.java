package dev.understudy.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.understudy.graph.OnnxRuntime;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A model that reads features of texts in one run, in service: input {@code features} INT64 {@code [batch, n]}, and
 * named float outputs {@code [batch, columns]}. What they mean, whoever loads it knows.
 *
 * <p>Any number of threads may ask it at once. It must not be closed while one of them does.
 */
public final class FeaturePolicy implements AutoCloseable {
    static final String FEATURES = "features";

    /** Rows in one run; more wait. */
    private static final int MOST_ROWS = 64;

    private final ModelFile file;
    private final OrtSession.SessionOptions options;
    private final OrtSession session;
    private final int room;
    private final Map<String, Integer> columns = new LinkedHashMap<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    private FeaturePolicy(ModelFile file, List<String> outputs) throws OrtException {
        this.file = file;
        options = new OrtSession.SessionOptions();
        OrtSession opened = null;
        try {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setDeterministicCompute(true);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            opened = OnnxRuntime.environment().createSession(file.bytes(), options);
            if (!opened.getInputNames().equals(Set.of(FEATURES))
                    || !opened.getOutputNames().equals(Set.copyOf(outputs))) {
                throw new InvalidModelException("expected input %s and outputs %s, got %s and %s"
                        .formatted(FEATURES, outputs, opened.getInputNames(), opened.getOutputNames()));
            }
            room = columns(opened.getInputInfo().get(FEATURES), OnnxJavaType.INT64);
            for (String output : outputs) {
                columns.put(output, columns(opened.getOutputInfo().get(output), OnnxJavaType.FLOAT));
            }
            session = opened;
        } catch (OrtException | InvalidModelException e) {
            if (opened != null) {
                opened.close();
            }
            options.close();
            throw e;
        }
    }

    private static int columns(@Nullable NodeInfo info, OnnxJavaType type) {
        if (info != null
                && info.getInfo() instanceof TensorInfo tensor
                && tensor.type == type
                && tensor.getShape().length == 2
                && tensor.getShape()[1] > 0) {
            return (int) tensor.getShape()[1];
        }
        throw new InvalidModelException("expected %s [batch, n], got %s".formatted(type, info));
    }

    /**
     * Loads a model.
     *
     * @param outputs those that it has
     * @throws InvalidModelException if ONNX Runtime refuses it, or it has another input or other outputs
     */
    public static FeaturePolicy load(ModelFile file, List<String> outputs) {
        try {
            return new FeaturePolicy(file, outputs);
        } catch (OrtException e) {
            throw new InvalidModelException("ONNX Runtime does not load the model: " + e.getMessage(), e);
        }
    }

    /** Returns the file it was loaded from. */
    public ModelFile file() {
        return file;
    }

    /** Returns n, how many features a row has room for. */
    public int room() {
        return room;
    }

    /** Returns how many numbers an output has. */
    public int columns(String output) {
        Integer count = columns.get(output);
        if (count == null) {
            throw new IllegalArgumentException("expected one of the outputs %s, got %s".formatted(columns, output));
        }
        return count;
    }

    /**
     * Returns an output of rows of features, {@code [rows, columns]}.
     *
     * @param features {@code [rows, n]}
     */
    public float[] run(String output, long[] features) {
        if (closed.get()) {
            throw new IllegalStateException("model %s is closed".formatted(file.sha256()));
        }
        int rows = features.length / room;
        int width = columns(output);
        float[] all = new float[rows * width];
        for (int from = 0; from < rows; from += MOST_ROWS) {
            int count = Math.min(MOST_ROWS, rows - from);
            LongBuffer some = LongBuffer.wrap(Arrays.copyOfRange(features, from * room, (from + count) * room));
            try (OnnxTensor input = OnnxTensor.createTensor(OnnxRuntime.environment(), some, new long[] {count, room});
                    OrtSession.Result result = session.run(Map.of(FEATURES, input), Set.of(output))) {
                ((OnnxTensor) result.get(0)).getFloatBuffer().get(all, from * width, count * width);
            } catch (OrtException e) {
                throw new IllegalStateException(
                        "model %s failed on %d rows: %s".formatted(file.sha256(), rows, e.getMessage()), e);
            }
        }
        return all;
    }

    /** Frees the session. Closing twice does nothing. */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("could not close the session of model " + file.sha256(), e);
        } finally {
            options.close();
        }
    }
}
