package dev.understudy.flink.serialization;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/** Flink's serialiser round a {@link Codec}: each value is its length, then the codec's bytes. */
public final class CodecSerializer<T> extends TypeSerializer<T> {
    private static final long serialVersionUID = 1L;

    private final Codec<T> codec;
    private final int readVersion;

    CodecSerializer(Codec<T> codec, int readVersion) {
        this.codec = codec;
        this.readVersion = readVersion;
    }

    Codec<T> codec() {
        return codec;
    }

    @Override
    public boolean isImmutableType() {
        return codec.immutable();
    }

    @Override
    public TypeSerializer<T> duplicate() {
        return this;
    }

    @Override
    @SuppressWarnings("NullAway") // Flink allows null where a type has no default value.
    public T createInstance() {
        return null;
    }

    @Override
    public T copy(T from) {
        if (codec.immutable()) {
            return from;
        }
        try {
            DataOutputSerializer out = new DataOutputSerializer(256);
            codec.write(from, out);
            return codec.read(codec.version(), new DataInputDeserializer(out.getSharedBuffer(), 0, out.length()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public T copy(T from, T reuse) {
        return copy(from);
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public void serialize(T value, DataOutputView target) throws IOException {
        DataOutputSerializer out = new DataOutputSerializer(256);
        codec.write(value, out);
        target.writeInt(out.length());
        target.write(out.getSharedBuffer(), 0, out.length());
    }

    @Override
    public T deserialize(DataInputView source) throws IOException {
        byte[] bytes = new byte[source.readInt()];
        source.readFully(bytes);
        return codec.read(readVersion, new DataInputDeserializer(bytes));
    }

    @Override
    public T deserialize(T reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        int length = source.readInt();
        target.writeInt(length);
        target.write(source, length);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CodecSerializer<?> that
                && codec.getClass() == that.codec.getClass()
                && readVersion == that.readVersion;
    }

    @Override
    public int hashCode() {
        return 31 * codec.getClass().hashCode() + readVersion;
    }

    @Override
    public TypeSerializerSnapshot<T> snapshotConfiguration() {
        return new CodecSnapshot<>(codec, codec.version());
    }
}
