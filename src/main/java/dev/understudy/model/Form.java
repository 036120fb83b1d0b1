package dev.understudy.model;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a tensor of the dialect is: elements of one type, either one array or one for each row of the batch.
 *
 * @param type what its elements are
 * @param perRow whether there is one for each row; its first axis is the batch then, which {@code dims} leaves out
 * @param dims the other sizes
 * @param content the numbers of a whole-number constant, which say a shape; null of everything else
 */
record Form(Type type, boolean perRow, int[] dims, long @Nullable [] content) {
    /** Most axes of a tensor, the batch included. */
    static final int MOST_AXES = 6;

    /** Most elements of a tensor, or of its part of one row. */
    static final long MOST_ELEMENTS = 1L << 24;

    /** What elements are. */
    enum Type {
        FLOAT(Float.BYTES),
        UINT8(1),
        BOOL(1),
        INT64(Long.BYTES);

        private final int bytes;

        Type(int bytes) {
            this.bytes = bytes;
        }
    }

    static Form floats(boolean perRow, int... dims) {
        return new Form(Type.FLOAT, perRow, dims, null);
    }

    /** Returns the number of axes, the batch included. */
    int axes() {
        return dims.length + (perRow ? 1 : 0);
    }

    /** Returns the size of an axis; 0 for the batch. */
    int size(int axis) {
        return perRow ? axis == 0 ? 0 : dims[axis - 1] : dims[axis];
    }

    /** Returns the number of elements, of one row if there are rows. */
    long elements() {
        long elements = 1;
        for (int dim : dims) {
            elements = Math.min(MOST_ELEMENTS + 1, elements * dim);
        }
        return elements;
    }

    /** Returns the number of elements in a batch of rows. */
    long elements(int rows) {
        return perRow ? rows * elements() : elements();
    }

    /** Returns the bytes that it takes in a batch of rows. */
    long bytes(int rows) {
        return elements(rows) * type.bytes;
    }

    /** Returns the form with axes of these sizes; 0 stands for the batch, as {@link #size} has it. */
    Form withSizes(int... sizes) {
        return new Form(type, perRow, perRow ? Arrays.copyOfRange(sizes, 1, sizes.length) : sizes, null);
    }

    int[] sizes() {
        return IntStream.range(0, axes()).map(this::size).toArray();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Form that
                && type == that.type
                && perRow == that.perRow
                && Arrays.equals(dims, that.dims)
                && Arrays.equals(content, that.content);
    }

    @Override
    public int hashCode() {
        return 31 * type.hashCode() + Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return IntStream.of(sizes())
                .mapToObj(size -> size == 0 ? "batch" : Integer.toString(size))
                .collect(Collectors.joining(", ", type + " [", "]"));
    }
}
