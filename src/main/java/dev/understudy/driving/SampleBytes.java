package dev.understudy.driving;

import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;

/** How samples and numbers are written into saved states: big-endian; versions are those of the state around them. */
public final class SampleBytes {
    private SampleBytes() {}

    /** Writes a sample. */
    public static void write(DataOutput out, FollowingSample sample) throws IOException {
        out.writeUTF(sample.vehicle());
        out.writeUTF(sample.trip());
        out.writeLong(sample.sequence());
        out.writeLong(sample.timeMs());
        out.writeUTF(sample.actor().name());
        out.writeUTF(sample.label());
        out.writeDouble(sample.speedMetersPerSecond());
        out.writeDouble(sample.gapMeters());
        out.writeDouble(sample.leaderSpeedMetersPerSecond());
    }

    /** Reads what {@link #write} wrote. */
    public static FollowingSample read(DataInput in) throws IOException {
        return new FollowingSample(
                in.readUTF(),
                in.readUTF(),
                in.readLong(),
                in.readLong(),
                Actor.valueOf(in.readUTF()),
                in.readUTF(),
                in.readDouble(),
                in.readDouble(),
                in.readDouble());
    }

    static void writeFloats(DataOutputStream out, float[] values) throws IOException {
        out.writeInt(values.length);
        for (float value : values) {
            out.writeFloat(value);
        }
    }

    static float[] readFloats(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available() / Float.BYTES) {
            throw new IOException("expected at most %d numbers, got %d".formatted(in.available() / 4, length));
        }
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = in.readFloat();
        }
        return values;
    }
}
