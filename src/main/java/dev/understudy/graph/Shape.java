package dev.understudy.graph;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The sizes of a tensor's dimensions, outermost first; {@code []} is a scalar. The first may be {@link #UNKNOWN}: the
 * batch, known only when a program runs.
 *
 * <p>Two unknown dimensions that meet in one operator are taken to be equal. An unknown one and a known one larger than
 * 1 are a shape error: nothing could tell whether to broadcast.
 */
public final class Shape {
    /** The size of a batch that is known only when a program runs. */
    public static final long UNKNOWN = -1;

    private static final Shape SCALAR = new Shape(new long[0]);

    private final long[] dims;

    private Shape(long[] dims) {
        this.dims = dims;
    }

    /**
     * Returns a shape.
     *
     * @param dims sizes, each at least 1; the first may be {@link #UNKNOWN}
     * @throws IllegalArgumentException for any other size
     */
    public static Shape of(long... dims) {
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] < 1 && !(i == 0 && dims[i] == UNKNOWN)) {
                throw new IllegalArgumentException(
                        "expected sizes of at least 1 (or UNKNOWN for the first), got " + Arrays.toString(dims));
            }
        }
        return inner(dims);
    }

    /** Returns a shape whose unknown sizes may be anywhere, as after a transposition. */
    static Shape inner(long... dims) {
        return dims.length == 0 ? SCALAR : new Shape(dims.clone());
    }

    /** Returns the number of dimensions. */
    public int rank() {
        return dims.length;
    }

    /** Returns the size of dimension {@code i}, or {@link #UNKNOWN}. */
    public long dim(int i) {
        return dims[i];
    }

    /** Returns a copy of the sizes. */
    public long[] dims() {
        return dims.clone();
    }

    /** Returns whether every size is known. */
    public boolean isKnown() {
        return unknowns() == 0;
    }

    /**
     * Returns the number of elements.
     *
     * @throws IllegalStateException if a size is unknown
     */
    public long size() {
        if (!isKnown()) {
            throw new IllegalStateException("expected a shape with known sizes, got " + this);
        }
        return knownSize();
    }

    /**
     * Returns the shape two operands broadcast to, as NumPy does: aligned at the last dimension, sizes equal or 1.
     *
     * @throws IllegalArgumentException if they do not fit
     */
    public Shape broadcast(Shape other) {
        return broadcast("Broadcast", other);
    }

    /** As {@link #broadcast(Shape)}, naming the operator in the error. */
    Shape broadcast(String operator, Shape other) {
        int rank = Math.max(rank(), other.rank());
        long[] result = new long[rank];
        for (int i = 0; i < rank; i++) {
            long mine = fromEnd(rank - i);
            long theirs = other.fromEnd(rank - i);
            if (mine != theirs && mine != 1 && theirs != 1) {
                throw new IllegalArgumentException(
                        "%s: expected shapes that broadcast, got %s and %s".formatted(operator, this, other));
            }
            result[i] = mine == 1 ? theirs : mine;
        }
        return inner(result);
    }

    /** Returns whether this and another shape broadcast to exactly the given one. */
    boolean fits(Shape other, Shape result) {
        for (int i = 1; i <= result.rank(); i++) {
            long mine = fromEnd(i);
            if ((mine == 1 ? other.fromEnd(i) : mine) != result.fromEnd(i)) {
                return false;
            }
        }
        return true;
    }

    /** Returns the product of the known sizes. */
    long knownSize() {
        long size = 1;
        for (long dim : dims) {
            if (dim != UNKNOWN) {
                size *= dim;
            }
        }
        return size;
    }

    /** Returns how many sizes are unknown. */
    int unknowns() {
        int count = 0;
        for (long dim : dims) {
            if (dim == UNKNOWN) {
                count++;
            }
        }
        return count;
    }

    /** Returns the axis counted from the front, where -1 is the last. */
    int axis(String operator, int axis) {
        if (axis < -dims.length || axis >= dims.length) {
            throw new IllegalArgumentException("%s: expected an axis from %d to %d, got %d for shape %s"
                    .formatted(operator, -dims.length, dims.length - 1, axis, this));
        }
        return axis < 0 ? axis + dims.length : axis;
    }

    /** Returns this shape with one size replaced. */
    Shape with(int axis, long size) {
        long[] result = dims.clone();
        result[axis] = size;
        return inner(result);
    }

    private long fromEnd(int position) {
        return position > dims.length ? 1 : dims[dims.length - position];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape that && Arrays.equals(dims, that.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /** Returns for example {@code [*, 17]}, where * is an unknown size. */
    @Override
    public String toString() {
        return LongStream.of(dims)
                .mapToObj(dim -> dim == UNKNOWN ? "*" : Long.toString(dim))
                .collect(Collectors.joining(", ", "[", "]"));
    }
}
