package dev.understudy.data;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * How trajectories are written into saved states: big-endian, lengths first. Rows are their number, their width and
 * their elements; the number r of rows of bytes is written as -1 - r.
 */
public final class TrajectoryBytes {
    /** Most bytes of rows that are believed. */
    private static final long MOST_BYTES = 1L << 30;

    private TrajectoryBytes() {}

    /** Writes one trajectory. */
    public static void write(DataOutput out, Trajectory trajectory) throws IOException {
        Texts.write(trajectory.trip(), out);
        Texts.write(trajectory.entity(), out);
        out.writeLong(trajectory.startMs());
        out.writeLong(trajectory.stepMs());
        write(out, trajectory.observations());
        write(out, trajectory.actions());
    }

    /** Reads what {@link #write} wrote. */
    public static Trajectory read(DataInput in) throws IOException {
        return new Trajectory(
                Texts.read(in), Texts.read(in), in.readLong(), in.readLong(), readRows(in), (Matrix) readRows(in));
    }

    private static void write(DataOutput out, Rows rows) throws IOException {
        out.writeInt(rows instanceof ByteRows ? -1 - rows.rows() : rows.rows());
        out.writeInt(rows.columns());
        if (rows instanceof ByteRows bytes) {
            out.write(bytes.values());
            return;
        }
        ByteBuffer buffer = ByteBuffer.allocate(Float.BYTES * rows.floats().length);
        buffer.asFloatBuffer().put(rows.floats());
        out.write(buffer.array());
    }

    private static Rows readRows(DataInput in) throws IOException {
        int written = in.readInt();
        int columns = in.readInt();
        Rows.Type type = written < 0 ? Rows.Type.UINT8 : Rows.Type.FLOAT32;
        int rows = written < 0 ? -1 - written : written;
        long size = (long) rows * columns * (type == Rows.Type.UINT8 ? 1 : Float.BYTES);
        if (columns < 1 || size > MOST_BYTES) {
            throw new IOException("expected rows of at most %d bytes in all, found %d x %d numbers"
                    .formatted(MOST_BYTES, rows, columns));
        }
        byte[] bytes = new byte[(int) size];
        in.readFully(bytes);
        if (type == Rows.Type.UINT8) {
            return new ByteRows(rows, columns, bytes);
        }
        Rows floats = type.room(rows, columns);
        ByteBuffer.wrap(bytes).asFloatBuffer().get(floats.floats());
        return floats;
    }
}
