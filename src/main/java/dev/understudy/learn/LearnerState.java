package dev.understudy.learn;

import dev.understudy.data.Texts;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The whole memory of a learner: flat vectors (parameters, moments, scaler statistics) and counters, each by name.
 * Arrays are not copied: whoever hands one over must not write to it afterwards.
 *
 * @param vectors parameters, optimiser moments and the like
 * @param statistics sums that need more than a float's precision
 * @param counters steps, epochs, and where an update stopped
 */
public record LearnerState(
        SortedMap<String, float[]> vectors, SortedMap<String, double[]> statistics, SortedMap<String, Long> counters) {

    private static final int FORMAT = 1;

    public LearnerState {
        vectors = Collections.unmodifiableSortedMap(new TreeMap<>(vectors));
        statistics = Collections.unmodifiableSortedMap(new TreeMap<>(statistics));
        counters = Collections.unmodifiableSortedMap(new TreeMap<>(counters));
    }

    /** Returns the vector of that name. */
    public float[] vector(String name) {
        return present(vectors, name);
    }

    /** Returns the statistics of that name. */
    public double[] statistic(String name) {
        return present(statistics, name);
    }

    /** Returns the counter of that name, 0 if it was never set. */
    public long counter(String name) {
        return counters.getOrDefault(name, 0L);
    }

    private static <T> T present(Map<String, T> map, String name) {
        T value = map.get(name);
        if (value == null) {
            throw new NoSuchElementException(
                    "expected %s in the learner's state, found %s".formatted(name, map.keySet()));
        }
        return value;
    }

    /** Returns whether every number of every vector is finite. */
    public boolean isFinite() {
        for (float[] vector : vectors.values()) {
            for (float value : vector) {
                if (!Float.isFinite(value)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Returns the state as bytes: a version, then the three maps, big-endian. Equal states give equal bytes. */
    public byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(FORMAT);
            out.writeInt(vectors.size());
            for (Map.Entry<String, float[]> entry : vectors.entrySet()) {
                Texts.write(entry.getKey(), out);
                out.writeInt(entry.getValue().length);
                ByteBuffer buffer = ByteBuffer.allocate(4 * entry.getValue().length);
                buffer.asFloatBuffer().put(entry.getValue());
                out.write(buffer.array());
            }
            out.writeInt(statistics.size());
            for (Map.Entry<String, double[]> entry : statistics.entrySet()) {
                Texts.write(entry.getKey(), out);
                out.writeInt(entry.getValue().length);
                for (double value : entry.getValue()) {
                    out.writeDouble(value);
                }
            }
            out.writeInt(counters.size());
            for (Map.Entry<String, Long> entry : counters.entrySet()) {
                Texts.write(entry.getKey(), out);
                out.writeLong(entry.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads what {@link #toBytes} wrote.
     *
     * @throws IllegalArgumentException if the bytes are of another format or end early
     */
    public static LearnerState fromBytes(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int format = in.readInt();
            if (format != FORMAT) {
                throw new IllegalArgumentException(
                        "expected learner state of format %d, got %d".formatted(FORMAT, format));
            }
            SortedMap<String, float[]> vectors = new TreeMap<>();
            for (int left = in.readInt(); left > 0; left--) {
                String name = Texts.read(in);
                float[] values = new float[in.readInt()];
                ByteBuffer.wrap(in.readNBytes(4 * values.length))
                        .asFloatBuffer()
                        .get(values);
                vectors.put(name, values);
            }
            SortedMap<String, double[]> statistics = new TreeMap<>();
            for (int left = in.readInt(); left > 0; left--) {
                String name = Texts.read(in);
                double[] values = new double[in.readInt()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = in.readDouble();
                }
                statistics.put(name, values);
            }
            SortedMap<String, Long> counters = new TreeMap<>();
            for (int left = in.readInt(); left > 0; left--) {
                counters.put(Texts.read(in), in.readLong());
            }
            return new LearnerState(vectors, statistics, counters);
        } catch (IOException | java.nio.BufferUnderflowException | NegativeArraySizeException e) {
            throw new IllegalArgumentException("learner state of %d bytes ends early".formatted(bytes.length), e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LearnerState that && Arrays.equals(toBytes(), that.toBytes());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(toBytes());
    }

    @Override
    public String toString() {
        return "LearnerState[vectors=%s, counters=%s]".formatted(vectors.keySet(), counters);
    }
}
