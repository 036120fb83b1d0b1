package dev.understudy.schemas;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Puts model files together from the records of {@code models.artifacts.v1}, in whatever order and however often the
 * records come. Not for several threads.
 */
public final class ArtifactAssembly {
    private final Map<ArtifactKey, ArtifactChunk> waiting = new HashMap<>();

    /**
     * A whole model file.
     *
     * @param policy name of the policy
     * @param sha256 its hash, verified
     * @param bytes its bytes
     */
    public record Artifact(String policy, String sha256, byte[] bytes) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Artifact that && policy.equals(that.policy) && sha256.equals(that.sha256);
        }

        @Override
        public int hashCode() {
            return sha256.hashCode();
        }

        @Override
        public String toString() {
            return "Artifact[" + policy + " " + sha256 + ", " + bytes.length + " bytes]";
        }
    }

    /**
     * Takes one record and returns the file that it completes, if it does. A complete or broken file is forgotten.
     *
     * @param chunk null for a record that was deleted
     * @throws UndecodableException if the chunks do not add up to the file that the manifest says
     */
    public Optional<Artifact> offer(ArtifactKey key, @Nullable ArtifactChunk chunk) {
        if (chunk == null) {
            waiting.remove(key);
            return Optional.empty();
        }
        waiting.put(key, chunk);
        boolean done = false;
        try {
            Optional<Artifact> file = assemble(key.policy(), key.sha256(), waiting::get);
            done = file.isPresent();
            return file;
        } catch (UndecodableException e) {
            done = true;
            throw e;
        } finally {
            if (done) {
                waiting.keySet()
                        .removeIf(other -> other.sha256().equals(key.sha256())
                                && other.policy().equals(key.policy()));
            }
        }
    }

    /** How many records wait for the rest of their file. */
    public int waiting() {
        return waiting.size();
    }

    /**
     * Returns a file from a store of its records, or empty while some are missing.
     *
     * @param lookup gives the record of a key, or null
     * @throws UndecodableException if the chunks do not add up to the file that the manifest says
     */
    public static Optional<Artifact> assemble(
            String policy, String sha256, Function<ArtifactKey, @Nullable ArtifactChunk> lookup) {
        ArtifactChunk closing = lookup.apply(ArtifactKey.manifest(policy, sha256));
        if (closing == null) {
            return Optional.empty();
        }
        ArtifactManifest manifest = Codecs.MANIFEST.decode(closing.bytes());
        check(policy, sha256, manifest);
        byte[] file = new byte[(int) manifest.sizeBytes()];
        int filled = 0;
        for (int i = 0; i < manifest.chunks(); i++) {
            ArtifactChunk chunk = lookup.apply(new ArtifactKey(policy, sha256, i));
            if (chunk == null) {
                return Optional.empty();
            }
            int length = chunk.bytes().length;
            if (length > file.length - filled) {
                throw new UndecodableException("expected " + file.length + " bytes in " + manifest.chunks()
                        + " chunks of " + policy + " " + sha256 + ", found more");
            }
            System.arraycopy(chunk.bytes(), 0, file, filled, length);
            filled += length;
        }
        String found = Artifacts.sha256(file);
        if (filled != file.length || !found.equals(sha256)) {
            throw new UndecodableException("expected " + file.length + " bytes of " + policy + " with SHA-256 " + sha256
                    + ", found " + filled + " bytes with " + found);
        }
        return Optional.of(new Artifact(policy, sha256, file));
    }

    private static void check(String policy, String sha256, ArtifactManifest manifest) {
        long size = manifest.sizeBytes();
        if (!manifest.policy().equals(policy) || !manifest.sha256().equals(sha256)) {
            throw new UndecodableException("expected a manifest of " + policy + " " + sha256 + ", found one of "
                    + manifest.policy() + " " + manifest.sha256());
        }
        if (size < 1 || size > Artifacts.MAX_BYTES || manifest.chunks() < 1 || manifest.chunks() > size) {
            throw new UndecodableException("expected a manifest of 1 to " + Artifacts.MAX_BYTES + " bytes, found "
                    + size + " bytes in " + manifest.chunks() + " chunks of " + policy + " " + sha256);
        }
    }
}
