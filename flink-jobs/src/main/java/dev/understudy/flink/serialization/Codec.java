package dev.understudy.flink.serialization;

import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Writes and reads one type. A subclass is public, has a public constructor without arguments (a checkpoint names it by
 * its class) and no state of its own.
 *
 * @param <T> what is written
 */
public abstract class Codec<T> implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Returns the type written. */
    public abstract Class<T> type();

    /** Returns the version of the format that {@link #write} produces; it rises with every change of the format. */
    public int version() {
        return 1;
    }

    /** Returns whether values may be shared instead of copied. */
    public boolean immutable() {
        return true;
    }

    /** Writes a value in the format of {@link #version()}. */
    public abstract void write(T value, DataOutputView out) throws IOException;

    /**
     * Reads a value.
     *
     * @param version the version it was written in, at most {@link #version()}
     */
    public abstract T read(int version, DataInputView in) throws IOException;

    /** Returns this codec as Flink's type information. */
    public final TypeInformation<T> typeInformation() {
        return new CodecType<>(this);
    }

    /** Returns this codec as Flink's serialiser. */
    public final CodecSerializer<T> serializer() {
        return new CodecSerializer<>(this, version());
    }

    /** Writes an array of bytes with its length. */
    public static void writeBytes(byte[] bytes, DataOutputView out) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    /** Reads what {@link #writeBytes} wrote. */
    public static byte[] readBytes(DataInputView in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }

    /** Writes an array of floats with its length. */
    public static void writeFloats(float[] values, DataOutputView out) throws IOException {
        out.writeInt(values.length);
        for (float value : values) {
            out.writeFloat(value);
        }
    }

    /** Reads what {@link #writeFloats} wrote. */
    public static float[] readFloats(DataInputView in) throws IOException {
        float[] values = new float[in.readInt()];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.readFloat();
        }
        return values;
    }
}
