package dev.understudy.flink.serialization;

import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.jspecify.annotations.Nullable;

/** Flink's type information for a type that has a {@link Codec}. */
final class CodecType<T> extends TypeInformation<T> {
    private static final long serialVersionUID = 1L;

    private final Codec<T> codec;

    CodecType(Codec<T> codec) {
        this.codec = codec;
    }

    @Override
    public boolean isBasicType() {
        return false;
    }

    @Override
    public boolean isTupleType() {
        return false;
    }

    @Override
    public int getArity() {
        return 1;
    }

    @Override
    public int getTotalFields() {
        return 1;
    }

    @Override
    public Class<T> getTypeClass() {
        return codec.type();
    }

    @Override
    public boolean isKeyType() {
        return false;
    }

    @Override
    public TypeSerializer<T> createSerializer(SerializerConfig config) {
        return codec.serializer();
    }

    @Override
    public String toString() {
        return "CodecType<" + codec.type().getSimpleName() + ">";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CodecType<?> that && codec.getClass() == that.codec.getClass();
    }

    @Override
    public int hashCode() {
        return codec.getClass().hashCode();
    }

    @Override
    public boolean canEqual(Object other) {
        return other instanceof CodecType;
    }
}
