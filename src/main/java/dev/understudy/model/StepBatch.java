package dev.understudy.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.understudy.graph.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Native memory for the steps of some replies at once: their tokens, their states and the logits. Two buffers of states
 * take turns as input and output. Used by one thread at a time.
 */
final class StepBatch implements AutoCloseable {
    private final OrtEnvironment environment = OnnxRuntime.environment();
    private final int vocabulary;
    private final int stateSize;
    private int capacity;
    private LongBuffer tokens = bytes(0).asLongBuffer();
    private FloatBuffer current = bytes(0).asFloatBuffer();
    private FloatBuffer next = bytes(0).asFloatBuffer();
    private FloatBuffer logits = bytes(0).asFloatBuffer();
    private float[] logitsRead = {};
    private @Nullable Tensors tensors;

    /** Looks at the first rows of the buffers. */
    private record Tensors(int rows, OnnxTensor tokens, OnnxTensor logits, OnnxTensor current, OnnxTensor next) {
        Tensors swapped() {
            return new Tensors(rows, tokens, logits, next, current);
        }
    }

    StepBatch(int vocabulary, int stateSize) {
        this.vocabulary = vocabulary;
        this.stateSize = stateSize;
    }

    /** Makes room for rows; what was put before is lost if there was too little. */
    void reserve(int rows) {
        if (rows > capacity) {
            close();
            capacity = rows;
            tokens = bytes(rows * Long.BYTES).asLongBuffer();
            current = bytes(rows * stateSize * Float.BYTES).asFloatBuffer();
            next = bytes(rows * stateSize * Float.BYTES).asFloatBuffer();
            logits = bytes(rows * vocabulary * Float.BYTES).asFloatBuffer();
        }
    }

    private static ByteBuffer bytes(int count) {
        return ByteBuffer.allocateDirect(count).order(ByteOrder.nativeOrder());
    }

    /** Sets the state of a row. */
    void put(int row, float[] state) {
        current.put(row * stateSize, state);
    }

    /** Sets what a row reads next. */
    void token(int row, int token) {
        tokens.put(row, token);
    }

    /** Returns a copy of the state of a row. */
    float[] state(int row) {
        float[] state = new float[stateSize];
        current.get(row * stateSize, state);
        return state;
    }

    /** Copies a row, its state and what it reads next, to the place of another. */
    void move(int from, int to) {
        current.put(to * stateSize, current, from * stateSize, stateSize);
        tokens.put(to, tokens.get(from));
    }

    /** Returns the logits of the last step, {@code [rows, vocabulary]} or longer; overwritten by the next call. */
    float[] logits(int rows) {
        if (logitsRead.length < rows * vocabulary) {
            logitsRead = new float[rows * vocabulary];
        }
        logits.get(0, logitsRead, 0, rows * vocabulary);
        return logitsRead;
    }

    /** Takes the first rows one step on. */
    void step(OrtSession session, int rows, boolean speaks) throws OrtException {
        Tensors seen = tensors(rows);
        Map<String, OnnxTensor> inputs =
                Map.of(AutoregressivePolicy.TOKEN, seen.tokens, AutoregressivePolicy.STATE, seen.current);
        Map<String, OnnxTensor> outputs = speaks
                ? Map.of(AutoregressivePolicy.LOGITS, seen.logits, AutoregressivePolicy.NEXT_STATE, seen.next)
                : Map.of(AutoregressivePolicy.NEXT_STATE, seen.next);
        session.run(inputs, outputs).close();
        FloatBuffer before = current;
        current = next;
        next = before;
        tensors = seen.swapped();
    }

    private Tensors tensors(int rows) throws OrtException {
        Tensors seen = tensors;
        if (seen == null || seen.rows != rows) {
            close();
            seen = new Tensors(
                    rows,
                    OnnxTensor.createTensor(environment, tokens.slice(0, rows), new long[] {rows}),
                    tensor(logits, rows, vocabulary),
                    tensor(current, rows, stateSize),
                    tensor(next, rows, stateSize));
            tensors = seen;
        }
        return seen;
    }

    private OnnxTensor tensor(FloatBuffer buffer, int rows, int columns) throws OrtException {
        return OnnxTensor.createTensor(environment, buffer.slice(0, rows * columns), new long[] {rows, columns});
    }

    /** Frees the tensors; they are made again when a step is taken. */
    @Override
    public void close() {
        Tensors seen = tensors;
        tensors = null;
        if (seen != null) {
            List.of(seen.tokens, seen.logits, seen.current, seen.next).forEach(OnnxTensor::close);
        }
    }
}
