package dev.understudy.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.understudy.graph.OnnxRuntime;
import java.util.Map;
import java.util.Set;

/**
 * One step of a recurrent network, compiled: with its logits to speak, without to read. Any number of threads may run
 * it at once; each run takes one thread.
 */
final class StepSessions implements AutoCloseable {
    static final String TOKEN = AutoregressivePolicy.TOKEN;
    static final String STATE = AutoregressivePolicy.STATE;
    static final String LOGITS = AutoregressivePolicy.LOGITS;
    static final String NEXT_STATE = AutoregressivePolicy.NEXT_STATE;

    private final OrtSession.SessionOptions options;
    private final TokenTables tables;
    private final OrtSession speaking;
    private final OrtSession reading;
    private final int vocabulary;
    private final int stateSize;

    /**
     * Compiles a model.
     *
     * @throws OrtException if ONNX Runtime does not load it
     * @throws InvalidModelException if it is not one step of a recurrent network
     */
    StepSessions(byte[] onnx) throws OrtException {
        options = new OrtSession.SessionOptions();
        TokenTables made = null;
        OrtSession opened = null;
        try {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setDeterministicCompute(true);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            try (OrtSession whole = OnnxRuntime.environment().createSession(onnx, options)) {
                stateSize = columns(whole.getInputInfo(), STATE, OnnxJavaType.FLOAT);
                vocabulary = columns(whole.getOutputInfo(), LOGITS, OnnxJavaType.FLOAT);
                int next = columns(whole.getOutputInfo(), NEXT_STATE, OnnxJavaType.FLOAT);
                if (next != stateSize || !whole.getInputNames().equals(Set.of(TOKEN, STATE))) {
                    throw new InvalidModelException(
                            "expected inputs token and state and a nextState as wide as state, got %s"
                                    .formatted(whole.getInputInfo()));
                }
            }
            made = TokenTables.of(onnx, vocabulary, options);
            opened = OnnxRuntime.environment().createSession(made.model(Set.of(LOGITS, NEXT_STATE)), options);
            reading = OnnxRuntime.environment().createSession(made.model(Set.of(NEXT_STATE)), options);
            speaking = opened;
            tables = made;
        } catch (OrtException | InvalidModelException e) {
            if (opened != null) {
                opened.close();
            }
            if (made != null) {
                made.close();
            }
            options.close();
            throw e;
        }
    }

    private static int columns(Map<String, NodeInfo> values, String name, OnnxJavaType type) {
        NodeInfo info = values.get(name);
        if (info != null
                && info.getInfo() instanceof TensorInfo tensor
                && tensor.type == type
                && tensor.getShape().length == 2
                && tensor.getShape()[1] > 0) {
            return (int) tensor.getShape()[1];
        }
        throw new InvalidModelException("expected %s %s [batch, n], got %s".formatted(name, type, info));
    }

    /** Returns the number of tokens it knows. */
    int vocabulary() {
        return vocabulary;
    }

    /** Returns d, the width of its state. */
    int stateSize() {
        return stateSize;
    }

    /** Returns what a step needs beside token and state, by the names of its inputs. */
    Map<String, OnnxTensor> tables() {
        return tables.inputs();
    }

    /** Takes a step, which writes into the tensors of its outputs: those of both, or the next state alone. */
    void run(boolean speaks, Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) throws OrtException {
        (speaks ? speaking : reading).run(inputs, outputs).close();
    }

    @Override
    public void close() throws OrtException {
        try {
            reading.close();
            speaking.close();
        } finally {
            tables.close();
            options.close();
        }
    }
}
