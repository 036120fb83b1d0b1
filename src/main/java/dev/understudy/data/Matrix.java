package dev.understudy.data;

import java.util.Arrays;

/**
 * A matrix of floats in row-major order. It does not copy what it is given: who hands an array over must not write to
 * it afterwards.
 *
 * @param rows number of rows, at least 0
 * @param columns number of columns, at least 1
 * @param values the elements, {@code [rows * columns]}
 */
public record Matrix(int rows, int columns, float[] values) implements Rows {
    public Matrix {
        if (rows < 0 || columns < 1) {
            throw new IllegalArgumentException(
                    "expected rows >= 0 and columns >= 1, got %d x %d".formatted(rows, columns));
        }
        if (values.length != rows * columns) {
            throw new IllegalArgumentException("expected %d values for a %d x %d matrix, got %d"
                    .formatted(rows * columns, rows, columns, values.length));
        }
    }

    @Override
    public float at(int row, int column) {
        return values[row * columns + column];
    }

    /** Returns a copy of one row, {@code [columns]}. */
    public float[] row(int row) {
        return Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
    }

    @Override
    public Type type() {
        return Type.FLOAT32;
    }

    @Override
    public float[] floats() {
        return values;
    }

    @Override
    public void copy(int from, int count, Rows target, int at) {
        System.arraycopy(values, from * columns, target.floats(), at * columns, count * columns);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Matrix that
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
        return "Matrix[%d x %d]".formatted(rows, columns);
    }
}
