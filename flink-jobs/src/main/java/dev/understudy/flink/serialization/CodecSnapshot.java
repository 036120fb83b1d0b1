package dev.understudy.flink.serialization;

import dev.understudy.data.Texts;
import java.io.IOException;
import java.util.Map;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/** What a checkpoint says about the codec it was written with: its class and the version of its format. */
public final class CodecSnapshot<T> implements TypeSerializerSnapshot<T> {
    private static final int SNAPSHOT_VERSION = 1;
    private static final String JOBS = "dev.understudy.flink.";

    /** Where the codecs of what is kept in state were in earlier builds, and where they are. */
    private static final Map<String, String> MOVED = Map.of(
            JOBS + "EntityProgress$Form", JOBS + "assemble.EntityProgress$Form",
            JOBS + "WindowBatch$Form", JOBS + "window.WindowBatch$Form",
            JOBS + "TrainingProgress$Form", JOBS + "train.TrainingProgress$Form",
            JOBS + "ModelShelf$Form", JOBS + "models.ModelShelf$Form",
            JOBS + "GateProgress$Form", JOBS + "gate.GateProgress$Form",
            JOBS + "HeldOutTrip$Form", JOBS + "gate.HeldOutTrip$Form",
            JOBS + "Codecs$StepForm", JOBS + "serialization.Codecs$StepForm",
            JOBS + "Codecs$CandidateForm", JOBS + "serialization.Codecs$CandidateForm");

    private @Nullable Codec<T> codec;
    private int version;

    /** For Flink, which then calls {@link #readSnapshot}. */
    public CodecSnapshot() {}

    CodecSnapshot(Codec<T> codec, int version) {
        this.codec = codec;
        this.version = version;
    }

    private Codec<T> codec() {
        if (codec == null) {
            throw new IllegalStateException("expected a snapshot that was read or written, found an empty one");
        }
        return codec;
    }

    @Override
    public int getCurrentVersion() {
        return SNAPSHOT_VERSION;
    }

    @Override
    public void writeSnapshot(DataOutputView out) throws IOException {
        Texts.write(codec().getClass().getName(), out);
        out.writeInt(version);
    }

    @Override
    @SuppressWarnings("unchecked")
    public void readSnapshot(int readVersion, DataInputView in, ClassLoader loader) throws IOException {
        String written = Texts.read(in);
        String name = MOVED.getOrDefault(written, written);
        version = in.readInt();
        try {
            codec = (Codec<T>) Class.forName(name, true, loader)
                    .asSubclass(Codec.class)
                    .getConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException | ClassCastException e) {
            throw new IOException("expected a codec with a public constructor without arguments, found " + name, e);
        }
    }

    @Override
    public TypeSerializer<T> restoreSerializer() {
        return new CodecSerializer<>(codec(), version);
    }

    @Override
    public TypeSerializerSchemaCompatibility<T> resolveSchemaCompatibility(TypeSerializerSnapshot<T> older) {
        if (!(older instanceof CodecSnapshot<T> that)
                || that.codec().getClass() != codec().getClass()
                || that.version > version) {
            return TypeSerializerSchemaCompatibility.incompatible();
        }
        return that.version == version
                ? TypeSerializerSchemaCompatibility.compatibleAsIs()
                : TypeSerializerSchemaCompatibility.compatibleAfterMigration();
    }
}
