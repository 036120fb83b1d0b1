package dev.understudy.data;

import java.nio.ByteBuffer;

/**
 * Rows of numbers of one type and width, such as observations: float32 ({@link Matrix}) or uint8 ({@link ByteRows}, for
 * frames and text). They keep their type from the wire to the model's input. Whoever allocates rows may write to them
 * until they are handed on.
 */
public sealed interface Rows permits Matrix, ByteRows {
    /** What the numbers of a row are. */
    enum Type {
        /** Numbers of 32 bits. */
        FLOAT32(0),
        /** Whole numbers from 0 to 255. */
        UINT8(1);

        private final byte code;

        Type(int code) {
            this.code = (byte) code;
        }

        /** Allocates rows. */
        public Rows room(int rows, int columns) {
            return this == FLOAT32
                    ? new Matrix(rows, columns, new float[rows * columns])
                    : new ByteRows(rows, columns, new byte[rows * columns]);
        }
    }

    /** Returns the type of the numbers. */
    Type type();

    /** Returns the number of rows. */
    int rows();

    /** Returns the width of a row. */
    int columns();

    /** Returns the element at {@code row} and {@code column}. */
    float at(int row, int column);

    /**
     * Copies rows to others of the same type and width.
     *
     * @param from first row copied
     * @param count how many
     * @param target where to, from row {@code at} on
     */
    void copy(int from, int count, Rows target, int at);

    /**
     * Returns the elements of rows of floats, not copied, {@code [rows * columns]}.
     *
     * @throws IllegalStateException if they are of another type
     */
    default float[] floats() {
        throw new IllegalStateException("expected rows of %s, got %s".formatted(Type.FLOAT32, type()));
    }

    /** Returns them as bytes, big-endian: type, rows, columns, elements. */
    default byte[] toBytes() {
        boolean isFloat = type() == Type.FLOAT32;
        ByteBuffer out = ByteBuffer.allocate(1 + 2 * Integer.BYTES + rows() * columns() * (isFloat ? Float.BYTES : 1));
        out.put(type().code).putInt(rows()).putInt(columns());
        if (isFloat) {
            out.asFloatBuffer().put(floats());
        } else {
            out.put(((ByteRows) this).values());
        }
        return out.array();
    }

    /** Reads what {@link #toBytes} wrote. */
    static Rows fromBytes(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        Type type = in.get() == Type.FLOAT32.code ? Type.FLOAT32 : Type.UINT8;
        Rows rows = type.room(in.getInt(), in.getInt());
        if (rows instanceof ByteRows whole) {
            in.get(whole.values());
        } else {
            in.asFloatBuffer().get(rows.floats());
        }
        return rows;
    }

    /** Returns a copy of one row. */
    default Rows copyOf(int row) {
        return copyOf(row, 1);
    }

    /** Returns some rows as rows of their own. */
    default Rows copyOf(int from, int count) {
        Rows copy = type().room(count, columns());
        copy(from, count, copy, 0);
        return copy;
    }
}
