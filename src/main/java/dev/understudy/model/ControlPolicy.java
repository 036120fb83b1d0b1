package dev.understudy.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.understudy.policy.Policy;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/**
 * A model of a control task, loaded to be evaluated: input {@code observation} float32 {@code [batch, n]}, output
 * {@code action}, either INT64 {@code [batch]}, the index of a choice, or float32 {@code [batch, k]}. For models that
 * are not served; those pass an {@link IntakeCheck}. For one thread at a time.
 */
public final class ControlPolicy implements Policy, AutoCloseable {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    private final OrtSession session;
    private final int observationSize;
    private final int actionSize;
    private final boolean choosing;

    /**
     * Loads a model.
     *
     * @param observationSize n
     * @param actionSize k; 1 for a choice
     * @throws InvalidModelException if it does not load, or takes or gives something else
     */
    public ControlPolicy(byte[] onnx, int observationSize, int actionSize) {
        this.observationSize = observationSize;
        this.actionSize = actionSize;
        try {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setDeterministicCompute(true);
            session = environment.createSession(onnx, options);
        } catch (OrtException e) {
            options.close();
            throw new InvalidModelException("ONNX Runtime does not load the model: " + e.getMessage(), e);
        }
        try {
            this.choosing = check();
        } catch (OrtException | InvalidModelException e) {
            close();
            throw new InvalidModelException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Returns whether the action is a choice. */
    private boolean check() throws OrtException {
        NodeInfo input = session.getInputInfo().get(LoadedPolicy.OBSERVATION);
        if (session.getNumInputs() != 1
                || input == null
                || !(input.getInfo() instanceof TensorInfo observation)
                || observation.type != OnnxJavaType.FLOAT
                || observation.getShape().length != 2
                || observation.getShape()[1] != observationSize) {
            throw new InvalidModelException("expected one input observation FLOAT [batch, %d], got %s"
                    .formatted(observationSize, session.getInputInfo()));
        }
        NodeInfo output = session.getOutputInfo().get(LoadedPolicy.ACTION);
        if (output == null || !(output.getInfo() instanceof TensorInfo action)) {
            throw new InvalidModelException("expected an output action, got " + session.getOutputNames());
        }
        long[] shape = action.getShape();
        boolean index = action.type == OnnxJavaType.INT64 && shape.length == 1 && actionSize == 1;
        boolean numbers = action.type == OnnxJavaType.FLOAT && shape.length == 2 && shape[1] == actionSize;
        if (!index && !numbers) {
            throw new InvalidModelException("expected an output action, INT64 [batch] or FLOAT [batch, %d], got %s %s"
                    .formatted(actionSize, action.type, Arrays.toString(shape)));
        }
        return index;
    }

    @Override
    public int observationSize() {
        return observationSize;
    }

    @Override
    public int actionSize() {
        return actionSize;
    }

    @Override
    public void act(float[] observations, int rows, float[] actions) {
        FloatBuffer input = FloatBuffer.wrap(observations, 0, rows * observationSize);
        try (OnnxTensor observation = OnnxTensor.createTensor(environment, input, new long[] {rows, observationSize});
                OrtSession.Result result =
                        session.run(Map.of(LoadedPolicy.OBSERVATION, observation), Set.of(LoadedPolicy.ACTION))) {
            OnnxValue value = result.get(0);
            if (choosing) {
                LongBuffer chosen = ((OnnxTensor) value).getLongBuffer();
                for (int row = 0; row < rows; row++) {
                    actions[row] = chosen.get(row);
                }
            } else {
                ((OnnxTensor) value).getFloatBuffer().get(actions, 0, rows * actionSize);
            }
        } catch (OrtException e) {
            throw new IllegalStateException("the model failed on %d rows: %s".formatted(rows, e.getMessage()), e);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("the model did not close: " + e.getMessage(), e);
        } finally {
            options.close();
        }
    }
}
