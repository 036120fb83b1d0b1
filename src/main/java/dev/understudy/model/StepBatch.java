package dev.understudy.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.understudy.graph.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Native memory for the steps of some replies at once: their tokens, their states and the logits. Two buffers of states
 * take turns as input and output, so nothing is copied between steps. Used by one thread at a time.
 */
final class StepBatch implements AutoCloseable {
    private final OrtEnvironment environment = OnnxRuntime.environment();
    private final StepSessions sessions;
    private final int vocabulary;
    private final int stateSize;
    private int capacity;
    private LongBuffer tokens = bytes(0).asLongBuffer();
    private FloatBuffer current = bytes(0).asFloatBuffer();
    private FloatBuffer next = bytes(0).asFloatBuffer();
    private FloatBuffer logits = bytes(0).asFloatBuffer();
    private float[] logitsRead = {};
    private @Nullable Step step;

    /** A step of the first rows, and the one after it, whose states go the other way. */
    private record Step(int rows, List<OnnxTensor> tensors, Direction forth, Direction back) {
        Step turned() {
            Direction before = forth;
            return new Step(rows, tensors, back, before);
        }
    }

    /** What a step reads and writes. */
    private record Direction(
            Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> read, Map<String, OnnxTensor> spoken) {}

    StepBatch(StepSessions sessions) {
        this.sessions = sessions;
        this.vocabulary = sessions.vocabulary();
        this.stateSize = sessions.stateSize();
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

    /**
     * Takes the first rows one step on.
     *
     * @param speaks whether logits are computed
     */
    void step(int rows, boolean speaks) throws OrtException {
        Step taken = step(rows);
        sessions.run(speaks, taken.forth.inputs, speaks ? taken.forth.spoken : taken.forth.read);
        FloatBuffer before = current;
        current = next;
        next = before;
        step = taken.turned();
    }

    private Step step(int rows) throws OrtException {
        Step known = step;
        if (known == null || known.rows != rows) {
            close();
            OnnxTensor token = OnnxTensor.createTensor(environment, tokens.slice(0, rows), new long[] {rows});
            OnnxTensor said = tensor(logits, rows, vocabulary);
            OnnxTensor from = tensor(current, rows, stateSize);
            OnnxTensor to = tensor(next, rows, stateSize);
            known = new Step(
                    rows,
                    List.of(token, said, from, to),
                    direction(token, said, from, to),
                    direction(token, said, to, from));
            step = known;
        }
        return known;
    }

    private Direction direction(OnnxTensor token, OnnxTensor said, OnnxTensor from, OnnxTensor to) {
        Map<String, OnnxTensor> inputs = new HashMap<>(sessions.tables());
        inputs.put(StepSessions.TOKEN, token);
        inputs.put(StepSessions.STATE, from);
        return new Direction(
                Map.copyOf(inputs),
                Map.of(StepSessions.NEXT_STATE, to),
                Map.of(StepSessions.LOGITS, said, StepSessions.NEXT_STATE, to));
    }

    private OnnxTensor tensor(FloatBuffer buffer, int rows, int columns) throws OrtException {
        return OnnxTensor.createTensor(environment, buffer.slice(0, rows * columns), new long[] {rows, columns});
    }

    /** Frees the tensors; they are made again when a step is taken. */
    @Override
    public void close() {
        Step known = step;
        step = null;
        if (known != null) {
            known.tensors.forEach(OnnxTensor::close);
        }
    }
}
