package dev.understudy.data;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** How trajectories are written into saved states: big-endian, lengths first. */
public final class TrajectoryBytes {
    private TrajectoryBytes() {}

    /** Writes one trajectory. */
    public static void write(DataOutputStream out, Trajectory trajectory) throws IOException {
        out.writeUTF(trajectory.trip());
        out.writeUTF(trajectory.entity());
        out.writeLong(trajectory.startMs());
        out.writeLong(trajectory.stepMs());
        write(out, trajectory.observations());
        write(out, trajectory.actions());
    }

    /** Reads what {@link #write} wrote. */
    public static Trajectory read(DataInputStream in) throws IOException {
        return new Trajectory(in.readUTF(), in.readUTF(), in.readLong(), in.readLong(), readMatrix(in), readMatrix(in));
    }

    private static void write(DataOutputStream out, Matrix matrix) throws IOException {
        out.writeInt(matrix.rows());
        out.writeInt(matrix.columns());
        ByteBuffer buffer = ByteBuffer.allocate(Float.BYTES * matrix.values().length);
        buffer.asFloatBuffer().put(matrix.values());
        out.write(buffer.array());
    }

    private static Matrix readMatrix(DataInputStream in) throws IOException {
        int rows = in.readInt();
        int columns = in.readInt();
        if (rows < 0 || columns < 1 || (long) rows * columns > in.available() / Float.BYTES) {
            throw new EOFException("expected %d x %d numbers, got %d bytes".formatted(rows, columns, in.available()));
        }
        float[] values = new float[rows * columns];
        ByteBuffer.wrap(in.readNBytes(Float.BYTES * values.length))
                .asFloatBuffer()
                .get(values);
        return new Matrix(rows, columns, values);
    }
}
