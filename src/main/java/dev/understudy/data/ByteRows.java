package dev.understudy.data;

import java.util.Arrays;

/**
 * Rows of whole numbers from 0 to 255, such as the pixels of frames. Nothing is copied.
 *
 * @param rows number of rows, at least 0
 * @param columns number of columns, at least 1
 * @param values the elements, unsigned, {@code [rows * columns]}
 */
public record ByteRows(int rows, int columns, byte[] values) implements Rows {
    public ByteRows {
        if (rows < 0 || columns < 1 || values.length != rows * columns) {
            throw new IllegalArgumentException("expected %d x %d values, rows >= 0 and columns >= 1, got %d"
                    .formatted(rows, columns, values.length));
        }
    }

    @Override
    public float at(int row, int column) {
        return values[row * columns + column] & 0xFF;
    }

    @Override
    public Type type() {
        return Type.UINT8;
    }

    @Override
    public void copy(int from, int count, Rows target, int at) {
        System.arraycopy(values, from * columns, ((ByteRows) target).values, at * columns, count * columns);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ByteRows that
                && rows == that.rows
                && columns == that.columns
                && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * rows + columns) + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "ByteRows[%d x %d]".formatted(rows, columns);
    }
}
