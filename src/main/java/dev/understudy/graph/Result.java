package dev.understudy.graph;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtSession;
import java.util.Map;

/**
 * What one run of a {@link Program} gave. Outputs whose shape is known when the program is built are kept in the
 * program's memory and are overwritten by its next run: read them before. Close it when done.
 */
public final class Result implements AutoCloseable {
    private final Program program;
    private final long run;
    private final Map<String, Slot> slots;
    private final OrtSession.Result natives;

    Result(Program program, long run, Map<String, Slot> slots, OrtSession.Result natives) {
        this.program = program;
        this.run = run;
        this.slots = slots;
        this.natives = natives;
    }

    /**
     * Returns a copy of a float output, row-major.
     *
     * @throws IllegalArgumentException if there is no such output
     * @throws IllegalStateException if the program ran again or was closed since
     */
    public float[] floats(String output) {
        program.requireCurrent(run);
        Slot slot = slots.get(output);
        if (slot != null) {
            return slot.floats();
        }
        java.nio.FloatBuffer buffer = tensor(output).getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    /** Returns the first element of a float output, as of a loss. */
    public float scalar(String output) {
        return floats(output)[0];
    }

    /** Returns a copy of an INT64 output, row-major; throws as {@link #floats}. */
    public long[] longs(String output) {
        program.requireCurrent(run);
        Slot slot = slots.get(output);
        if (slot != null) {
            return slot.longs();
        }
        java.nio.LongBuffer buffer = tensor(output).getLongBuffer();
        long[] values = new long[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    private OnnxTensor tensor(String output) {
        return (OnnxTensor) natives.get(output)
                .orElseThrow(() -> new IllegalArgumentException("expected an output of the program, got " + output));
    }

    @Override
    public void close() {
        natives.close();
    }
}
