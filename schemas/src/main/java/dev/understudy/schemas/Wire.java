package dev.understudy.schemas;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.jspecify.annotations.Nullable;

/** Avro's encoding of the field types that the records share. */
final class Wire {
    private Wire() {}

    /** A union of null and double; NaN stands for null. */
    static void writeMeasured(double value, BinaryEncoder out) throws IOException {
        if (Double.isNaN(value)) {
            out.writeIndex(0);
        } else {
            out.writeIndex(1);
            out.writeDouble(value);
        }
    }

    static double readMeasured(BinaryDecoder in) throws IOException {
        return branch(in) == 0 ? Double.NaN : in.readDouble();
    }

    static void writeOptionalBytes(byte @Nullable [] value, BinaryEncoder out) throws IOException {
        if (value == null) {
            out.writeIndex(0);
        } else {
            out.writeIndex(1);
            out.writeBytes(value);
        }
    }

    static byte @Nullable [] readOptionalBytes(BinaryDecoder in) throws IOException {
        if (branch(in) == 0) {
            return null;
        }
        ByteBuffer buffer = in.readBytes(null);
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    static void writeFloats(float[] values, BinaryEncoder out) throws IOException {
        out.writeArrayStart();
        out.setItemCount(values.length);
        for (float value : values) {
            out.startItem();
            out.writeFloat(value);
        }
        out.writeArrayEnd();
    }

    static float[] readFloats(BinaryDecoder in) throws IOException {
        float[] values = new float[0];
        int filled = 0;
        for (long block = in.readArrayStart(); block > 0; block = in.arrayNext()) {
            checkItems(block, Float.BYTES, in);
            values = Arrays.copyOf(values, filled + (int) block);
            for (int i = 0; i < block; i++) {
                values[filled++] = in.readFloat();
            }
        }
        return values;
    }

    static void writeOptionalFloats(float @Nullable [] values, BinaryEncoder out) throws IOException {
        if (values == null) {
            out.writeIndex(0);
        } else {
            out.writeIndex(1);
            writeFloats(values, out);
        }
    }

    static float @Nullable [] readOptionalFloats(BinaryDecoder in) throws IOException {
        return branch(in) == 0 ? null : readFloats(in);
    }

    static void writeOptional(@Nullable String value, BinaryEncoder out) throws IOException {
        out.writeIndex(value == null ? 0 : 1);
        if (value != null) {
            out.writeString(value);
        }
    }

    static @Nullable String readOptionalText(BinaryDecoder in) throws IOException {
        return branch(in) == 0 ? null : in.readString();
    }

    static void writeOptional(@Nullable Long value, BinaryEncoder out) throws IOException {
        out.writeIndex(value == null ? 0 : 1);
        if (value != null) {
            out.writeLong(value);
        }
    }

    static @Nullable Long readOptionalLong(BinaryDecoder in) throws IOException {
        return branch(in) == 0 ? null : in.readLong();
    }

    static void writeTexts(List<String> values, BinaryEncoder out) throws IOException {
        out.writeArrayStart();
        out.setItemCount(values.size());
        for (String value : values) {
            out.startItem();
            out.writeString(value);
        }
        out.writeArrayEnd();
    }

    static List<String> readTexts(BinaryDecoder in) throws IOException {
        List<String> values = new ArrayList<>();
        for (long block = in.readArrayStart(); block > 0; block = in.arrayNext()) {
            checkItems(block, 1, in);
            for (int i = 0; i < block; i++) {
                values.add(in.readString());
            }
        }
        return values;
    }

    static int readZeroOrOne(BinaryDecoder in) throws IOException {
        int value = in.readInt();
        if (value != 0 && value != 1) {
            throw new IOException("expected 0 or 1, found " + value);
        }
        return value;
    }

    /** Entries in the order of their keys, so that equal maps give equal bytes. */
    static void writeFigures(Map<String, Double> values, BinaryEncoder out) throws IOException {
        out.writeMapStart();
        out.setItemCount(values.size());
        for (Map.Entry<String, Double> entry : new TreeMap<>(values).entrySet()) {
            out.startItem();
            out.writeString(entry.getKey());
            out.writeDouble(entry.getValue());
        }
        out.writeMapEnd();
    }

    static SortedMap<String, Double> readFigures(BinaryDecoder in) throws IOException {
        SortedMap<String, Double> values = new TreeMap<>();
        for (long block = in.readMapStart(); block > 0; block = in.mapNext()) {
            checkItems(block, 1 + Double.BYTES, in);
            for (int i = 0; i < block; i++) {
                values.put(in.readString(), in.readDouble());
            }
        }
        return values;
    }

    static void writeCounts(Map<String, Long> values, BinaryEncoder out) throws IOException {
        out.writeMapStart();
        out.setItemCount(values.size());
        for (Map.Entry<String, Long> entry : new TreeMap<>(values).entrySet()) {
            out.startItem();
            out.writeString(entry.getKey());
            out.writeLong(entry.getValue());
        }
        out.writeMapEnd();
    }

    static SortedMap<String, Long> readCounts(BinaryDecoder in) throws IOException {
        SortedMap<String, Long> values = new TreeMap<>();
        for (long block = in.readMapStart(); block > 0; block = in.mapNext()) {
            checkItems(block, 2, in);
            for (int i = 0; i < block; i++) {
                values.put(in.readString(), in.readLong());
            }
        }
        return values;
    }

    private static int branch(BinaryDecoder in) throws IOException {
        int branch = in.readIndex();
        if (branch != 0 && branch != 1) {
            throw new IOException("expected branch 0 or 1 of a union with null, found " + branch);
        }
        return branch;
    }

    /** Keeps a length made of garbage from reserving memory. */
    private static void checkItems(long count, int leastBytesEach, BinaryDecoder in) throws IOException {
        if (count > in.remainingBytes() / leastBytesEach) {
            throw new IOException("expected " + count + " items, found " + in.remainingBytes() + " bytes");
        }
    }
}
