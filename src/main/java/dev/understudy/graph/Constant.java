package dev.understudy.graph;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Values fixed when a graph is built.
 *
 * @param type element type
 * @param shape known sizes only
 * @param bytes the elements in row-major order, little-endian, as ONNX keeps them
 */
record Constant(ElementType type, Shape shape, ByteString bytes) {

    static Constant of(float[] values, Shape shape) {
        check(values.length, shape);
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return new Constant(ElementType.FLOAT, shape, ByteString.copyFrom(bytes));
    }

    static Constant of(long[] values, Shape shape) {
        check(values.length, shape);
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asLongBuffer().put(values);
        return new Constant(ElementType.INT64, shape, ByteString.copyFrom(bytes));
    }

    /** Returns the first element of a float constant. */
    float first() {
        return bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).getFloat();
    }

    /** Returns the elements of an integer constant. */
    long[] longs() {
        long[] values = new long[bytes.size() / 8];
        bytes.asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asLongBuffer()
                .get(values);
        return values;
    }

    private static void check(int length, Shape shape) {
        if (!shape.isKnown() || shape.size() != length) {
            throw new IllegalArgumentException(
                    "Constant: expected as many values as shape %s has elements, got %d".formatted(shape, length));
        }
    }
}
