package dev.understudy.schemas;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One piece of a model file, or its encoded {@link ArtifactManifest}, as the {@link ArtifactKey} says.
 *
 * @param bytes as they stand in the topic; not copied
 */
public record ArtifactChunk(byte[] bytes) {
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ArtifactChunk that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "ArtifactChunk[" + bytes.length + " bytes]";
    }
}
