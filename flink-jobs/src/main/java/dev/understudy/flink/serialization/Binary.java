package dev.understudy.flink.serialization;

import dev.understudy.data.Rows;
import dev.understudy.data.Texts;
import dev.understudy.domain.Step;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Precedence;
import dev.understudy.schemas.Role;
import java.io.IOException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** The binary forms of records inside the jobs, big-endian; their versions are the codecs'. */
public final class Binary {
    private Binary() {}

    public static void writeStep(Step step, DataOutputView out) throws IOException {
        Texts.write(step.policy(), out);
        Texts.write(step.entity(), out);
        Texts.write(step.episode(), out);
        out.writeLong(step.sequence());
        out.writeLong(step.timeMs());
        Texts.write(step.label(), out);
        out.writeLong(step.run());
        Codec.writeBytes(step.observation().toBytes(), out);
        Codec.writeFloats(step.action(), out);
        out.writeInt(step.partition());
        out.writeLong(step.offset());
        out.writeLong(step.readyMs());
    }

    /** Reads a step; one that was written before steps had a policy has none, and its state is of one policy alone. */
    public static Step readStep(boolean hasPolicy, DataInputView in) throws IOException {
        return new Step(
                hasPolicy ? Texts.read(in) : "",
                Texts.read(in),
                Texts.read(in),
                in.readLong(),
                in.readLong(),
                Texts.read(in),
                in.readLong(),
                Rows.fromBytes(Codec.readBytes(in)),
                Codec.readFloats(in),
                in.readInt(),
                in.readLong(),
                in.readLong());
    }

    public static void writeArtifactKey(ArtifactKey key, DataOutputView out) throws IOException {
        Texts.write(key.policy(), out);
        Texts.write(key.sha256(), out);
        out.writeInt(key.chunk());
    }

    public static ArtifactKey readArtifactKey(DataInputView in) throws IOException {
        return new ArtifactKey(Texts.read(in), Texts.read(in), in.readInt());
    }

    public static void writePrecedence(Precedence precedence, DataOutputView out) throws IOException {
        out.writeLong(precedence.epoch());
        out.writeBoolean(precedence.by() == Role.OPERATOR);
        out.writeLong(precedence.decidedAtMs());
    }

    public static Precedence readPrecedence(DataInputView in) throws IOException {
        return new Precedence(in.readLong(), in.readBoolean() ? Role.OPERATOR : Role.GATE, in.readLong());
    }

    public static void writeFigures(Map<String, Double> figures, DataOutputView out) throws IOException {
        out.writeInt(figures.size());
        for (Map.Entry<String, Double> figure : figures.entrySet()) {
            Texts.write(figure.getKey(), out);
            out.writeDouble(figure.getValue());
        }
    }

    public static SortedMap<String, Double> readFigures(DataInputView in) throws IOException {
        SortedMap<String, Double> figures = new TreeMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            figures.put(Texts.read(in), in.readDouble());
        }
        return figures;
    }
}
